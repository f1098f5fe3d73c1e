"""Texts that are cut into words already: pieces, and the word that each belongs to."""

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from rembert_tf.errors import InputError
from tests.tokenization.hostile import TEXT, THOROUGH
from tests.tokenization.rows import lists

SENTENCES = [["The", "quick", "brown"], [], ["日本", "", " ", "Straßenbahn", "[MASK]"], ["a"]]


def test_pieces_and_words(vocabulary, engine):
    tokenizer = vocabulary.engine(engine)
    encoded = lists(tokenizer.encode_words(SENTENCES))
    assert encoded.keys() == {"input_ids", "token_type_ids", "attention_mask", "word_ids"}
    for words, row, numbers in zip(SENTENCES, encoded["input_ids"], encoded["word_ids"], strict=True):
        expected = [
            (number, position)
            for position, word in enumerate(words)
            for number in vocabulary.reference.processor.encode(word) or [tokenizer.unk_token_id]
        ]
        assert list(zip(row, numbers, strict=True)) == [
            (tokenizer.cls_token_id, -1),
            *expected,
            (tokenizer.sep_token_id, -1),
        ]


def test_every_word_has_a_piece(vocabulary, engine):
    numbers = lists(vocabulary.engine(engine).encode_words(SENTENCES))["word_ids"]
    for words, row in zip(SENTENCES, numbers, strict=True):
        assert sorted(set(row) - {-1}) == list(range(len(words)))


@THOROUGH
@given(words=st.lists(st.lists(TEXT, max_size=5), min_size=1, max_size=8), split=st.booleans())
def test_both_engines(udef, words, split):
    words = [*words, ["x"]]  # lists of nothing alone say nothing about what they would hold
    arguments = {"split_special_tokens": split, "padding": True, "truncation": True, "max_length": 12}
    fast, python = (lists(tokenizer.encode_words(words, **arguments)) for tokenizer in (udef.tokenizer, udef.python))
    assert fast == python


def test_padding_truncation_and_windows(oss, engine):
    tokenizer = oss.engine(engine)
    padded = lists(tokenizer.encode_words(SENTENCES, padding="max_length", max_length=40, padding_side="left"))
    assert {len(row) for row in padded["word_ids"]} == {40}
    assert all(row[0] == -1 for row in padded["word_ids"])
    cut = lists(tokenizer.encode_words(SENTENCES, truncation=True, max_length=4))
    assert max(map(len, cut["word_ids"])) == 4
    call = {"truncation": True, "max_length": 6, "stride": 2, "return_overflowing_tokens": True}
    windows = lists(tokenizer.encode_words(SENTENCES, **call))
    whole = lists(tokenizer.encode_words(SENTENCES))["word_ids"]
    for sample, row in enumerate(whole):
        parts = [
            part[1:-1]
            for part, text in zip(windows["word_ids"], windows["overflow_to_sample_mapping"], strict=True)
            if text == sample
        ]
        assert parts[0] + [number for part in parts[1:] for number in part[2:]] == row[1:-1]


def test_a_single_text(oss, engine):
    tokenizer = oss.engine(engine)
    single, batch = lists(tokenizer.encode_words(["a", "bc"])), lists(tokenizer.encode_words([["a", "bc"]]))
    assert {name: [row] for name, row in single.items()} == batch
    assert lists(tokenizer.encode_words([]))["input_ids"] == []


def test_tensors(oss):
    ragged = tf.ragged.constant(SENTENCES, tf.string, ragged_rank=1)
    expected = lists(oss.python.encode_words(SENTENCES))
    assert lists(oss.tokenizer.encode_words(ragged)) == expected
    dense = lists(oss.tokenizer.encode_words(tf.constant([["a", "b"], ["c", ""]])))
    assert dense == lists(oss.python.encode_words([["a", "b"], ["c"]]))
    assert lists(oss.tokenizer.encode_words(tf.constant(["a", "b"]))) == lists(oss.python.encode_words(["a", "b"]))


WRONG = {
    "a text": ("some text", "words must be a list of words or a list of such lists, not 'some text'"),
    "a number": (3, "words must be a list of words"),
    "a number among words": ([["a"], ["b", 3]], r"words\[1\]\[1\] must be a string, not 3"),
    "a text among lists": ([["a"], "b"], r"words\[1\] must be a list of words, as other rows are, not 'b'"),
    "nothing among lists": ([["a"], None], r"words\[1\]"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_refused(oss, engine, what):
    value, said = WRONG[what]
    with pytest.raises(InputError, match=said):
        oss.engine(engine).encode_words(value)
