"""The client's typed results: one method for each kind of model."""

import asyncio
import contextlib

import numpy as np
import pytest

from rembert_tf.errors import InputError
from rembert_tf.serving import AsyncClient, Client
from rembert_tf.serving.client import Answer, Choice, Entity, Fill, Generated, Regression
from rembert_tf.serving.server import ModelServer
from tests.serving.heads_zoo import save_head

HEADS = ["entities", "answer", "answers", "fill_mask", "choose", "generate", "embed", "regress", "multi_label"]
HEADS += ["several_values"]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Head -> a server of it, started when it is first asked for."""
    with contextlib.ExitStack() as running:
        started = {}

        def server(name):
            if name not in started:
                base_path = save_head(tmp_path_factory.mktemp(name), name)
                started[name] = running.enter_context(ModelServer(base_path))
            return started[name]

        yield server


class _Awaited:
    """An AsyncClient with the face of a Client, so that each test asks both."""

    def __init__(self, url, **options):
        self._runner = asyncio.Runner()
        self._client = AsyncClient(url, **options)

    def __getattr__(self, method):
        return lambda *arguments: self._runner.run(_await(getattr(self._client, method), arguments))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._runner.run(self._client.close())
        self._runner.close()


async def _await(method, arguments):
    return await method(*arguments)


@pytest.fixture(scope="module")
def clients(servers):
    """Head -> a client of it."""
    with contextlib.ExitStack() as connected:
        yield {name: connected.enter_context(Client(servers(name).rest_url)) for name in HEADS}


@pytest.fixture(params=["rest", "grpc", "async rest", "async grpc"])
def connect(request, servers):
    """Head -> a client of its server; small batches, so that every input is cut."""
    with contextlib.ExitStack() as connected:

        def connect(name, **options):
            server = servers(name)
            kind = _Awaited if "async" in request.param else Client
            url = server.rest_url if "rest" in request.param else server.grpc_url
            return connected.enter_context(kind(url, batch_size=2, **options))

        yield connect


def test_entities(connect):
    first, empty, last = connect("entities").entities(["日本 été x", "", b"caf\xe9 b"])
    assert first == [
        Entity("W2", 0, 2, np.float32(0.2), "日本"),
        Entity("W3", 3, 6, np.float32(0.3), "été"),
        Entity("W1", 7, 8, np.float32(0.1), "x"),
    ]
    assert empty == []
    assert [entity.text for entity in last] == [None, None]  # no text that characters could be counted in


def test_answers(connect):
    assert connect("answer").answer(["wer", "?", ""], ["日本語です", "b", "c"]) == [
        Answer("日本語", 0, 3, 0.375),
        Answer("b", 0, 1, 0.125),
        Answer("", 0, 0, 0.0),
    ]
    assert connect("answers").answer(["wer"], ["日本語です"]) == [
        [Answer("日本語", 0, 3, 0.375), Answer("日", 0, 1, 0.375)]
    ]


def test_fills(connect):
    both = [Fill("yes", 0.75), Fill("no", 0.25)]
    texts = ["[MASK] a [MASK]", "none", "[MASK]"]
    assert connect("fill_mask").fill_mask(texts) == [[both, both], [], [both]]
    ((token, score),) = connect("fill_mask").fill_mask(["[MASK]"])[0][0][:1]
    assert (token, score) == ("yes", 0.75)


def test_choices_need_not_be_equally_many(connect):
    choices = [["a", "bbb"], ["c"], ["d", "ee", "f"]]
    answers = connect("choose").choose(["p", "q", "r"], choices)
    assert [(answer.choice, answer.text) for answer in answers] == [(1, "bbb"), (0, "c"), (1, "ee")]
    assert [answer.probabilities.tolist() for answer in answers] == [[0.25, 0.75], [1.0], [0.25, 0.5, 0.25]]
    assert isinstance(answers[0], Choice)


def test_generated(connect):
    assert connect("generate").generate(["a", "", "日"]) == [
        Generated("a!", 2),
        Generated("!", 2),
        Generated("日!", 2),
    ]


def test_embeddings(connect):
    vectors = connect("embed").embed(["été", "", "a"])
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[3, 5], [0, 0], [1, 1]]
    assert connect("embed").embed([]).shape == (0, 2)


def test_tokenize(connect):
    assert connect("embed").tokenize(["ab", "", "c"]) == [[98, 97], [], [99]]


def test_regressions(connect):
    assert connect("regress").regress(["abc", "", "d"]) == [Regression(3.0), Regression(0.0), Regression(1.0)]
    assert connect("several_values").regress(["é"])[0].score.tolist() == [1, 2]
    assert connect("several_values").classify(["é"])[0].score.tolist() == [1, 2]


def test_multi_label_models_have_names(connect):
    client = connect("multi_label")
    (answer,) = client.classify(["abc"], ["d"])
    assert (answer.label, answer.score, answer.probabilities.tolist()) == (None, None, [0.75, 0.5])
    assert client.labels() == ["sport", "天気"]


def test_empty_lists(connect):
    assert connect("entities").entities([]) == []
    assert connect("answer").answer([], []) == []
    assert connect("fill_mask").fill_mask([]) == []
    assert connect("choose").choose([], []) == []
    assert connect("generate").generate([]) == []
    assert connect("regress").regress([]) == []
    assert connect("embed").tokenize([]) == []


ARGUMENTS = {
    "classify": (["a"],),
    "regress": (["a"],),
    "entities": (["a"],),
    "answer": (["a"], ["b"]),
    "fill_mask": (["a"],),
    "choose": (["a"], [["b"]]),
    "generate": (["a"],),
    "embed": (["a"],),
}


class TestMistakes:
    @pytest.mark.parametrize("method", ARGUMENTS)
    def test_another_kind_of_model(self, clients, method):
        fitting = {"answers": "answer", "multi_label": "classify"}
        for name, client in clients.items():
            right = fitting.get(name, name)
            if right == method or (name, method) in [("regress", "classify")] or name == "several_values":
                continue
            with pytest.raises(
                InputError, match=rf"the model is not an? .*: it returns .*; it is an? .*: `{right}` asks it"
            ):
                getattr(client, method)(*ARGUMENTS[method])

    def test_labels_of_a_model_without_classes(self, clients):
        with pytest.raises(InputError, match="not a sequence classifier: it returns embedding"):
            clients["embed"].labels()

    @pytest.mark.parametrize(
        "name, method, arguments, message",
        [
            ("embed", "embed", ("abc",), "texts is one string; give a list"),
            ("embed", "embed", (b"abc",), "texts is one string; give a list"),
            ("embed", "embed", (3,), "texts must be a list of strings, not int"),
            ("embed", "embed", ([3],), "input text takes strings"),
            ("embed", "embed", ([None],), "input text takes strings"),
            ("embed", "tokenize", ([["a"]],), "input text has 2 dimensions"),
            ("multi_label", "classify", (["a"],), "the inputs are text; the model takes text, text_pair"),
            ("multi_label", "classify", (["a"], ["b", "c"]), "2 text_pairs for 1 texts"),
            ("multi_label", "classify", (["a"], "b"), "text_pairs is one string"),
            ("answer", "answer", (["a"], []), "0 contexts for 1 questions"),
            ("answer", "answer", (["a"], "context"), "contexts is one string"),
            ("choose", "choose", (["a", "b"], [["c"]]), "1 choices for 2 prompts"),
            ("choose", "choose", (["a", "b"], [["c"], []]), "prompt 1 has no choices"),
            ("choose", "choose", (["a"], ["bc"]), "choices of a prompt is one string"),
            ("embed", "entities", (["a"],), "it is an encoder: `embed` asks it"),
        ],
    )
    def test_arguments_that_do_not_fit(self, clients, name, method, arguments, message):
        with pytest.raises(InputError, match=message):
            getattr(clients[name], method)(*arguments)
