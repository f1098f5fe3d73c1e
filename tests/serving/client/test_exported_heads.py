"""Every head from export to typed results, over both interfaces."""

import contextlib

import numpy as np
import pytest

from rembert_tf.serving import Client
from rembert_tf.serving.client import Answer, Choice, Classification, Entity, Fill, Generated, Regression
from rembert_tf.serving.server import ModelServer
from tests.serving.exports import HEADS, VARIANTS

pytestmark = pytest.mark.slow

TEXTS = ["Guten Tag, Berlin [MASK]", "", "नमस्ते [MASK] दुनिया [MASK]", "今日は " * 30, "b"]
CHOICES = [["ja", "nein"], ["c"], ["d", "e", "f"], ["g", "h"], ["今"]]
EXPORTS = [*HEADS, *(variant for variant in VARIANTS if variant.name in ("pairs", "regression", "several labels"))]

# Export -> (method, arguments, type of one text's innermost result).
ASKED = {
    "classification": ("classify", (TEXTS,), Classification),
    "pairs": ("classify", (TEXTS, TEXTS[::-1]), Classification),
    "several labels": ("classify", (TEXTS,), Classification),
    "regression": ("regress", (TEXTS,), Regression),
    "embedding": ("embed", (TEXTS,), None),
    "token classification": ("entities", (TEXTS,), Entity),
    "question answering": ("answer", (TEXTS, TEXTS[::-1]), Answer),
    "multiple choice": ("choose", (TEXTS, CHOICES), Choice),
    "masked language model": ("fill_mask", (TEXTS,), Fill),
    "writing": ("generate", (TEXTS,), Generated),
}


@pytest.fixture(scope="module", params=EXPORTS, ids=str)
def exported(request, text_config, small_tokenizer, tmp_path_factory):
    """(name of the export, a client over REST, one over gRPC)."""
    base_path = tmp_path_factory.mktemp("exported")
    request.param.write(text_config, small_tokenizer, base_path)
    with contextlib.ExitStack() as opened:
        server = opened.enter_context(ModelServer(base_path))
        yield (
            request.param.name,
            *(opened.enter_context(Client(url, batch_size=2)) for url in (server.rest_url, server.grpc_url)),
        )


def innermost(result):
    while isinstance(result, list):
        result = result[0]
    return result


def numbers(result):
    """Every number of a result, in order."""
    if isinstance(result, (list, tuple)):
        return [number for item in result for number in numbers(item)]
    if isinstance(result, np.ndarray):
        return result.reshape(-1).tolist()
    if isinstance(result, (int, float)):
        return [float(result)]
    return [] if result is None or isinstance(result, str) else numbers(list(vars(result).values()))


def strings(result):
    """Every string of a result, in order."""
    if isinstance(result, str):
        return [result]
    if isinstance(result, (list, tuple)):
        return [text for item in result for text in strings(item)]
    return strings(list(vars(result).values())) if hasattr(result, "__dict__") else []


def test_typed_results(exported):
    name, over_rest, over_grpc = exported
    method, arguments, kind = ASKED[name]
    rest, grpc = getattr(over_rest, method)(*arguments), getattr(over_grpc, method)(*arguments)
    assert len(rest) == len(TEXTS)
    if kind is None:
        assert rest.dtype == np.float32
        assert rest.ndim == 2
    else:
        assert isinstance(innermost([row for row in rest if row != []]), kind)
    np.testing.assert_allclose(numbers(rest), numbers(grpc), atol=1e-5)
    assert strings(rest) == strings(grpc)


def test_spans_are_what_they_say(exported):
    name, client, _ = exported
    if name == "token classification":
        for text, found in zip(TEXTS, client.entities(TEXTS), strict=True):
            assert all(entity.text == text[entity.start : entity.end] != "" for entity in found)
    elif name == "question answering":
        for context, found in zip(TEXTS[::-1], client.answer(TEXTS, TEXTS[::-1]), strict=True):
            assert found.answer == context[found.start : found.end]
    elif name == "masked language model":
        assert [len(masks) for masks in client.fill_mask(TEXTS)] == [text.count("[MASK]") for text in TEXTS]
    elif name == "multiple choice":
        found = client.choose(TEXTS, CHOICES)
        assert [len(row.probabilities) for row in found] == [len(choices) for choices in CHOICES]
        np.testing.assert_allclose([row.probabilities.sum() for row in found], 1, atol=1e-6)
        assert [row.text for row in found] == [CHOICES[n][row.choice] for n, row in enumerate(found)]


def test_labels_are_in_the_order_of_probabilities(exported):
    name, client, over_grpc = exported
    if ASKED[name][0] != "classify":
        return
    labels = client.labels()
    assert labels == over_grpc.labels()
    for answer in client.classify(*ASKED[name][1]):
        assert len(answer.probabilities) == len(labels)
        assert answer.label in (None, labels[int(answer.probabilities.argmax())])


def test_tokens(exported, small_tokenizer):
    name, client, _ = exported
    if name == "classification":
        options = {"truncation": True, "max_length": 24, "split_special_tokens": True}
        assert client.tokenize(TEXTS) == small_tokenizer(TEXTS, **options)["input_ids"].to_list()
    else:
        assert len(client.tokenize(TEXTS)) == len(TEXTS)


def test_no_texts(exported):
    name, client, _ = exported
    method, arguments, _ = ASKED[name]
    empty = getattr(client, method)(*([] for _ in arguments))
    assert len(empty) == 0
    if name == "embedding":
        assert empty.shape == (0, client.embed(["a"]).shape[1])
