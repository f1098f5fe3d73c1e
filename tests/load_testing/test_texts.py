"""The load test's own texts fit every kind of model."""

import pytest

from rembert_tf.errors import InputError
from rembert_tf.load_testing.sender import rows
from rembert_tf.load_testing.texts import SENTENCES, own_columns
from rembert_tf.serving.client.heads import HEADS
from rembert_tf.serving.client.signatures import Signature, TensorSpec, to_arrays

STRINGS = TensorSpec(object, (None,))
TABLE = TensorSpec(object, (None, None))
INPUTS = {
    "answer": {"question": STRINGS, "context": STRINGS},
    "choose": {"prompt": STRINGS, "choices": TABLE},
    "generate": {"prompt": STRINGS},
}


def signature_of(head):
    return Signature(INPUTS.get(head.method, {"text": STRINGS}), dict.fromkeys(head.outputs, STRINGS))


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.kind)
def test_every_head(head):
    signature = signature_of(head)
    columns = own_columns(signature)
    assert set(columns) == set(signature.inputs)
    assert {len(values) for values in columns.values()} == {len(SENTENCES)}
    for batch_size in (1, 7, 100):
        arrays = to_arrays(rows(columns, 3, batch_size), signature)
        assert all(len(array) == batch_size for array in arrays.values())


def test_masks_pairs_and_contexts():
    mask = own_columns(signature_of(next(head for head in HEADS if head.method == "fill_mask")))
    assert all(text.count("[MASK]") == 1 for text in mask["text"])
    pairs = own_columns(Signature({"text": STRINGS, "text_pair": STRINGS}, {"label": STRINGS}))
    assert all(text != pair for text, pair in zip(pairs["text"], pairs["text_pair"], strict=True))
    contexts = own_columns(Signature(INPUTS["answer"], {"answer": STRINGS}))["context"]
    assert min(map(len, contexts)) > 4 * min(map(len, SENTENCES))


def test_many_languages_and_lengths():
    assert len(SENTENCES) == len(set(SENTENCES)) >= 20
    letters = set("".join(SENTENCES))
    for letter in ("a", "я", "α", "駅", "ร", "도", "ह", "ת", "م", "ü"):
        assert letter in letters
    lengths = sorted(map(len, SENTENCES))
    assert lengths[0] < 10 and lengths[-1] > 300


def test_a_model_that_takes_no_texts():
    with pytest.raises(InputError, match="the model takes a, b, c"):
        own_columns(Signature(dict.fromkeys("abc", STRINGS), {"y": STRINGS}))


def test_rows_follow_each_other():
    columns = {"text": ["a", "b", "c"], "text_pair": ["x", "y", "z"]}
    assert rows(columns, 0, 2) == {"text": ["a", "b"], "text_pair": ["x", "y"]}
    assert rows(columns, 1, 2) == {"text": ["c", "a"], "text_pair": ["z", "x"]}
    assert rows(columns, 1, 4)["text"] == ["b", "c", "a", "b"]
