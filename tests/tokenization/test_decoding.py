"""From ids back to texts."""

import pytest
import tensorflow as tf

from rembert_tf.errors import InputError
from tests.tokenization.rows import ids, lists


def test_every_recorded_row(vocabulary, engine):
    tokenizer, golden = vocabulary.engine(engine), vocabulary.golden["strings"]
    rows = [entry["slow"]["ids"] for entry in golden]
    assert lists(tokenizer.batch_decode(rows)) == [entry["slow_decode"] for entry in golden]
    skipping = lists(tokenizer.batch_decode(rows, skip_special_tokens=True))
    assert skipping == [entry["slow_decode_skip"] for entry in golden]
    for row, entry in list(zip(rows, golden, strict=True))[::20]:
        assert lists(tokenizer.decode(row)) == entry["slow_decode"]


def test_what_the_vocabulary_can_spell_comes_back(udef, engine):
    """Byte pieces spell everything that normalisation keeps."""
    tokenizer = udef.engine(engine)
    for text in ("Straßenbahn überprüfen", "नमस्ते दुनिया 😀", "今日は x", "a b?"):
        assert lists(tokenizer.decode(ids(tokenizer(text)), skip_special_tokens=True)) == text


def test_broken_byte_pieces(udef, engine):
    """Bytes that are no character become a replacement character each."""
    first, second = udef.python.convert_tokens_to_ids(["<0xE3>", "<0x81>"])
    assert lists(udef.engine(engine).decode([first, second, 683, first])) == "\ufffd\ufffdx\ufffd"


def test_one_id_an_empty_row_and_tensors(oss, engine):
    tokenizer = oss.engine(engine)
    assert lists(tokenizer.decode(1000)) == "[CLS]"
    assert lists(tokenizer.decode([])) == ""
    assert lists(tokenizer.batch_decode([])) == []
    assert lists(tokenizer.batch_decode([[], [1000], []])) == ["", "[CLS]", ""]
    encoded = oss.tokenizer(["Hello world", "a"], padding=True)["input_ids"]
    assert lists(tokenizer.decode(encoded[0])) == "[CLS] Hello world[SEP]"
    assert lists(tokenizer.batch_decode(encoded, skip_special_tokens=True)) == ["Hello world", "a"]


@pytest.mark.parametrize("outside", [-1, 1004])
def test_ids_outside_the_vocabulary(oss, engine, outside):
    with pytest.raises(InputError, match=f"token id {outside} is outside"):
        oss.engine(engine).decode([5, outside])


def test_a_row_is_no_batch(oss):
    with pytest.raises(InputError, match="must have rows of ids, not the shape"):
        oss.tokenizer.batch_decode(tf.constant([5, 6]))


def test_in_a_graph(vocabulary):
    decode = tf.function(
        lambda rows: vocabulary.tokenizer.batch_decode(rows, skip_special_tokens=True),
        input_signature=[tf.TensorSpec([None, None], tf.int32)],
        autograph=False,
    )
    encoded = vocabulary.tokenizer(["Hello [MASK] world", "", "né"], padding=True)["input_ids"]
    expected = vocabulary.python.batch_decode(encoded, skip_special_tokens=True)
    assert lists(decode(encoded)) == expected
    assert lists(decode(tf.zeros([0, 3], tf.int32))) == []
    for _ in range(50):  # SentencePiece's operation refuses such an id too, and must not be the first to
        with pytest.raises(tf.errors.InvalidArgumentError, match="a token id is outside the vocabulary"):
            decode(tf.constant([[len(vocabulary.tokenizer)]]))


def test_tokens_to_a_string(vocabulary, engine):
    tokenizer = vocabulary.engine(engine)
    for text in ("Hello world", "né [MASK]"):
        found = tokenizer.convert_ids_to_tokens(ids(tokenizer(text, add_special_tokens=False)))
        assert tokenizer.convert_tokens_to_string(found) == lists(
            tokenizer.decode(tokenizer.convert_tokens_to_ids(found))
        )
    row = ids(tokenizer("Hello [MASK]"))
    kept = tokenizer.convert_ids_to_tokens(row, skip_special_tokens=True)
    assert kept == [token for token in tokenizer.convert_ids_to_tokens(row) if token[0] != "["]


@pytest.mark.parametrize("token", ["<a>", "▁x", "日"])
def test_added_tokens_are_spelled_in_place(vocabulary, make, token):
    """A text's first space is dropped only where it begins the row."""
    tokenizer = make(vocabulary.model, additional_special_tokens=["<a>", "日"])
    text = f"{token} b{token}{token} c [MASK]{token}"
    row = ids(tokenizer(text, add_special_tokens=False))
    assert lists(tokenizer.decode(row)) == tokenizer.convert_tokens_to_string(tokenizer.convert_ids_to_tokens(row))
