"""Offsets: which characters of the given text a piece stands for.

The oracle is SentencePiece's own answer in bytes, turned into characters (see reference.py).
"""

import itertools

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.tokenization.hostile import BROKEN, TEXT, THOROUGH, compare
from tests.tokenization.rows import lists

BARE = {"add_special_tokens": False, "return_offsets_mapping": True}


def spans(tokenizer, texts, **arguments):
    """Returns ids and spans of texts as lists."""
    encoded = lists(tokenizer(texts, **BARE, **arguments))
    return encoded["input_ids"], [[tuple(span) for span in row] for row in encoded["offset_mapping"]]


def check(vocabulary, engine, texts, oracle, **arguments):
    ids, found = spans(vocabulary.engine(engine), texts, **arguments)
    expected = [oracle(text) for text in texts]
    rows = compare(vocabulary, texts, ids, [[number for number, _ in row] for row in expected], f"{engine}, offsets")
    for row in rows:
        assert found[row] == [span for _, span in expected[row]], repr(texts[row])


def test_every_recorded_text(vocabulary, engine, texts):
    check(vocabulary, engine, texts, vocabulary.reference.encode_with_spans)
    check(vocabulary, engine, texts, vocabulary.reference.raw_spans, split_special_tokens=True)


@THOROUGH
@given(texts=st.lists(TEXT, min_size=1, max_size=16))
def test_any_text(vocabulary, engine, texts):
    check(vocabulary, engine, texts, vocabulary.reference.encode_with_spans)
    check(vocabulary, engine, texts, vocabulary.reference.raw_spans, split_special_tokens=True)


@THOROUGH
@given(text=BROKEN)
def test_bytes_that_are_not_utf8_count_as_tensorflow_counts(vocabulary, engine, text):
    """A span reaches over the characters that its bytes touch; broken bytes are one character together."""
    _, starts = tf.strings.unicode_decode_with_offsets(text, "UTF-8", errors="replace")
    starts = starts.numpy().tolist()
    bounds = list(itertools.pairwise([*starts, len(text)]))
    pieces = vocabulary.reference.processor.encode(text, return_type="proto").pieces

    def characters(begin, end):
        first = sum(after <= begin for _, after in bounds)
        return first, first if begin == end else sum(before < end for before, _ in bounds)

    ids, found = spans(vocabulary.engine(engine), [text], split_special_tokens=True)
    if compare(vocabulary, [text], ids, [[piece.id for piece in pieces]], f"{engine}, offsets"):
        assert found[0] == [characters(piece.begin, piece.end) for piece in pieces]


CASES = {
    # text: spans of its pieces with the vocabulary that has byte pieces
    "a b": {"▁a": "a", "▁b": " b"},
    "a   b": {"▁a": "a", "▁b": "   b"},
    "x [MASK] y": {"[MASK]": "[MASK]"},
}


@pytest.mark.parametrize("text", CASES)
def test_what_spans_cut_out(udef, engine, text):
    tokenizer = udef.engine(engine)
    encoded = lists(tokenizer(text, **BARE))
    tokens = tokenizer.convert_ids_to_tokens(encoded["input_ids"])
    cut = {token: text[start:end] for token, (start, end) in zip(tokens, encoded["offset_mapping"], strict=True)}
    assert cut.items() >= CASES[text].items()


@pytest.mark.parametrize("text", ["㍿ w", "e\u0301e\u0301 w", "ﬁ ﷺ w", "か\u3099 w", "\u200b\u200b  w", "½½ w"])
def test_normalisation_changes_lengths(udef, engine, text):
    """One character becomes several, two become one: the spans still count the text as it was given."""
    _, (found,) = spans(udef.engine(engine), [text])
    assert found[-1][1] == len(text)
    assert text[found[-1][0] : found[-1][1]].strip() == "w"
    assert all(0 <= start <= end <= len(text) for start, end in found)


def test_byte_pieces_of_a_character_are_empty_but_for_the_last(udef, engine):
    ids, found = spans(udef.engine(engine), ["x 😀"])
    assert found == [[(0, 0), (0, 1), (1, 2), (2, 2), (2, 2), (2, 2), (2, 3)]]


def test_literals_span_their_characters_and_templates_none(oss, engine):
    text = "né  [MASK] é[SEP]"
    encoded = lists(oss.engine(engine)(text, return_offsets_mapping=True))
    tokens = oss.python.convert_ids_to_tokens(encoded["input_ids"])
    found = {token: tuple(span) for token, span in zip(tokens[1:-1], encoded["offset_mapping"][1:-1], strict=True)}
    assert (found["[MASK]"], found["[SEP]"]) == ((4, 10), (12, 17))
    assert encoded["offset_mapping"][0] == encoded["offset_mapping"][-1] == [0, 0]


def test_a_pair_counts_each_text_and_padding_is_empty(oss, engine):
    tokenizer = oss.engine(engine)
    encoded = lists(tokenizer(["ab"], ["cd e"], padding="max_length", max_length=20, return_offsets_mapping=True))
    (first,), (second,) = (spans(tokenizer, [text])[1] for text in ("ab", "cd e"))
    row = [tuple(span) for span in encoded["offset_mapping"][0]]
    assert row == [(0, 0), *first, (0, 0), *second] + [(0, 0)] * (20 - 2 - len(first) - len(second))
    left = lists(
        tokenizer(["ab"], padding="max_length", max_length=9, padding_side="left", return_offsets_mapping=True)
    )
    assert [tuple(span) for span in left["offset_mapping"][0]][-len(first) - 1 : -1] == first


LOWERED = [
    # İ is two code points in lower case, Ⱥ three bytes instead of two, K (Kelvin) one instead of three.
    "İSTANBUL x", "ȺȺ x", "\u212a\u212a x", "İ[MASK]İ x", "Σ x", "[CLS] İİ x",
]  # fmt: skip


@pytest.mark.parametrize("text", LOWERED)
def test_lower_casing_changes_lengths(udef, make, text):
    tokenizer = make(udef.model, do_lower_case=True)
    (ids,), (found,) = spans(tokenizer, [text])
    assert tokenizer.convert_ids_to_tokens(ids)[-1] == "x"
    assert found[-1] == (len(text) - 1, len(text))
    assert [start for start, _ in found] == sorted(start for start, _ in found)
    literal = next((token for token in ("[MASK]", "[CLS]") if token in text), None)
    if literal:
        begin = text.index(literal)
        assert found[ids.index(tokenizer.convert_tokens_to_ids(literal))] == (begin, begin + len(literal))


def test_the_first_letter_of_two_that_one_became(udef, make):
    """The dot that İ leaves behind belongs to it too."""
    tokenizer = make(udef.model, do_lower_case=True)
    (ids,), (found,) = spans(tokenizer, ["İ"])
    assert found[-1] == (0, 1)
    assert all(span in ((0, 0), (0, 1)) for span in found)


def test_no_texts_and_empty_ones(oss, engine):
    for texts in ([], [""], ["", "a", ""], [" "]):
        ids, found = spans(oss.engine(engine), texts)
        assert [len(row) for row in found] == [len(row) for row in ids] == [len(text.strip()) for text in texts]
