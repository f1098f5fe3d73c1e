"""The two engines against each other: every row of every kind of call, on texts made to break them."""

import unicodedata

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from rembert_tf.errors import InputError
from tests.golden import NOTES
from tests.tokenization.conftest import ENGINES
from tests.tokenization.hostile import BROKEN, LONG_TEXT, TEXT, THOROUGH, compare
from tests.tokenization.rows import lists

CALL = {"return_offsets_mapping": True, "return_special_tokens_mask": True}


def both(vocabulary, texts, pairs=None, **arguments):
    """Asserts that both engines return the same, or refuse with the same sentence."""
    found = []
    for tokenizer in (vocabulary.tokenizer, vocabulary.python):
        try:
            found.append(lists(tokenizer(texts, pairs, **CALL, **arguments)))
        except InputError as error:
            found.append(str(error))
    if isinstance(found[0], str) or isinstance(found[1], str):
        assert found[0] == found[1]
        return
    fast, python = found
    assert fast.keys() == python.keys()
    if arguments.get("truncation"):  # equal-score segmentations are cut in different places
        if fast != python:
            both(vocabulary, texts, pairs, split_special_tokens=arguments.get("split_special_tokens", False))
        return
    rows = compare(vocabulary, texts, fast["input_ids"], python["input_ids"], "engines on generated texts")
    for name in fast:
        assert [fast[name][row] for row in rows] == [python[name][row] for row in rows], name


@THOROUGH
@given(texts=st.lists(TEXT, min_size=1, max_size=16), split=st.sampled_from([False, True, "all_but_mask"]))
def test_any_text(vocabulary, texts, split):
    both(vocabulary, texts, split_special_tokens=split)


@THOROUGH
@given(texts=st.lists(BROKEN, min_size=1, max_size=16))
def test_bytes_that_are_not_utf8(vocabulary, texts):
    both(vocabulary, texts)


@THOROUGH
@given(texts=st.lists(LONG_TEXT, min_size=1, max_size=3))
def test_long_texts(vocabulary, texts):
    both(vocabulary, texts)


@THOROUGH
@given(
    texts=st.lists(TEXT, min_size=4, max_size=4),
    pairs=st.none() | st.lists(TEXT, min_size=4, max_size=4),
    arguments=st.fixed_dictionaries(
        {},
        optional={
            "add_special_tokens": st.booleans(),
            "padding": st.sampled_from([True, "longest", "max_length"]),
            "truncation": st.sampled_from([True, "longest_first", "only_first", "only_second"]),
            "max_length": st.integers(0, 24),
            "stride": st.integers(0, 6),
            "return_overflowing_tokens": st.booleans(),
            "pad_to_multiple_of": st.integers(1, 8),
            "padding_side": st.sampled_from(["left", "right"]),
        },
    ),
)
def test_any_arguments(oss, texts, pairs, arguments):
    both(oss, texts, pairs, **arguments)


@pytest.fixture(scope="module")
def lower_casing(udef):
    return {name: make(udef.model, do_lower_case=True) for name, make in ENGINES.items()}


@pytest.fixture(scope="module")
def contested():
    """Letters whose lower case Python and TensorFlow do not agree on: their tables are of different years."""
    letters = [chr(number) for number in range(0x20000) if not 0xD800 <= number < 0xE000]
    lowered = tf.strings.lower(tf.constant(letters), encoding="utf-8").numpy()
    return {letter for letter, ours in zip(letters, lowered, strict=True) if ours.decode() != letter.lower()} - {"\0"}


def test_few_letters_have_two_lower_cases(contested):
    NOTES["lower case"] = f"{len(contested)} letters that Python and TensorFlow lower-case differently"
    assert len(contested) <= 100
    assert all(letter.isupper() or letter.islower() or unicodedata.category(letter) == "Cn" for letter in contested)


@THOROUGH
@given(texts=st.lists(st.one_of(BROKEN, TEXT.map(str.encode)), min_size=1, max_size=20))
def test_lower_casing(lower_casing, contested, texts):
    texts = [text for text in texts if contested.isdisjoint(text.decode(errors="replace"))]
    python, fast = (lists(tokenizer(texts, **CALL)) for tokenizer in lower_casing.values())
    assert fast == python


@THOROUGH
@given(rows=st.lists(st.lists(st.integers(0, 7), max_size=12), min_size=1, max_size=8), skip=st.booleans())
def test_decoding(vocabulary, rows, skip):
    """Special, control, unknown, byte and ordinary pieces and appended tokens in any order."""
    tokenizer = vocabulary.python
    some = [
        *tokenizer.convert_tokens_to_ids(["▁", "▁a", "a", "s", "<0xE3>"]),
        1,
        len(tokenizer) - 1,
        tokenizer.cls_token_id,
    ]
    rows = [[some[number] for number in row] for row in rows]
    expected = tokenizer.batch_decode(rows, skip_special_tokens=skip)
    assert lists(vocabulary.tokenizer.batch_decode(rows, skip_special_tokens=skip)) == expected


@THOROUGH
@given(texts=st.lists(TEXT, min_size=1, max_size=20))
def test_tokens(vocabulary, texts):
    fast, python = (tokenizer.tokenize(texts) for tokenizer in (vocabulary.tokenizer, vocabulary.python))
    for text, ours, theirs in zip(texts, lists(fast), python, strict=True):
        assert ours == theirs or "".join(ours) == "".join(theirs), repr(text)  # equal-score segmentations
