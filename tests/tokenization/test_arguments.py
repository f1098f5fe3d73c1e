"""What a tokenizer's call accepts, and how it refuses the rest."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.errors import InputError
from tests.tokenization.rows import ids, lists

SAME_BATCH = {
    "tuple": ("Hello world", "né"),
    "mixed with bytes": ["Hello world", "né".encode()],
    "array of str": np.array(["Hello world", "né"]),
    "array of objects": np.array(["Hello world", "né"], dtype=object),
    "generator": lambda: (text for text in ("Hello world", "né")),
}


@pytest.mark.parametrize("form", SAME_BATCH)
def test_forms_of_a_batch(oss, engine, form):
    given = SAME_BATCH[form]
    given = given() if callable(given) else given
    assert ids(oss.engine(engine)(given)) == ids(oss.python(["Hello world", "né"]))


def test_a_tensor_of_texts(oss):
    assert ids(oss.tokenizer(tf.constant(["Hello world", "né"]))) == ids(oss.python(["Hello world", "né"]))


@pytest.mark.parametrize("form", ["Hello world", b"Hello world", tf.constant("Hello world")])
def test_a_single_text_gives_one_row(oss, engine, form):
    tokenizer = oss.engine("fast" if tf.is_tensor(form) else engine)
    single, batch = lists(tokenizer(form, "a pair")), lists(tokenizer(["Hello world"], ["a pair"]))
    assert {name: [row] for name, row in single.items()} == batch


def test_encode_returns_the_ids_of_a_call(oss, engine):
    tokenizer = oss.engine(engine)
    call = {"truncation": True, "max_length": 5, "padding": "max_length"}
    assert lists(tokenizer.encode("Hello world", "a", **call)) == ids(tokenizer("Hello world", "a", **call))
    assert lists(tokenizer.encode("a", add_special_tokens=False)) == [11]


REFUSED = {
    "a number": (3, "text must be a string or a list of strings, not 3"),
    "a dictionary": ({"text": "a"}, "text must be a string or a list of strings"),
    "a set": ({"a"}, "text must be a string or a list of strings"),
    "an array without axis": (np.array("a"), "text must be a string or a list of strings"),
    "a number among texts": (["a", "b", 3], r"text\[2\] must be a string, not 3"),
    "a missing text": (["a", None], r"text\[1\] must be a string, not None"),
    "not a number, as tables have it": (np.array(["a", float("nan")], object), r"text\[1\] must be a string, not nan"),
    "a list of words": ([["a", "b"]], r"text\[0\] must be a string, not \['a', 'b'\]"),
    "half a surrogate pair": (["a", "b\ud800"], r"text\[1\] holds half of a surrogate pair"),
    "half a surrogate pair alone": ("\ud800", "text holds half of a surrogate pair"),
}
REFUSED_TENSORS = {
    "numbers in a tensor": (tf.constant([1, 2]), "text must hold strings, not int32"),
    "a matrix": (tf.constant([["a"]]), r"text must be a text or a list of texts, not an array of shape \(1, 1\)"),
    "ragged": (tf.ragged.constant([["a"], ["b", "c"]]), "text must be a text or a list of texts"),
}


def refuse(tokenizer, value, said):
    with pytest.raises(InputError, match=said) as error:
        tokenizer(value)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match=said.replace("text", "text_pair", 1)):
        tokenizer(["a"], value)


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_text_is_refused(oss, engine, what):
    refuse(oss.engine(engine), *REFUSED[what])
    with pytest.raises(InputError, match=REFUSED[what][1]):
        oss.engine(engine).tokenize(REFUSED[what][0])


@pytest.mark.parametrize("what", REFUSED_TENSORS)
def test_tensors_that_are_no_texts_are_refused(oss, what):
    refuse(oss.tokenizer, *REFUSED_TENSORS[what])


def test_nothing_is_no_text_but_may_be_the_second(oss, engine):
    tokenizer = oss.engine(engine)
    with pytest.raises(InputError, match="text must be a string or a list of strings, not None"):
        tokenizer(None)
    assert ids(tokenizer("a", None)) == ids(tokenizer("a"))


WRONG = {
    "padding": ({"padding": "longst"}, "padding must be one of .*longest.*max_length.*not 'longst'"),
    "padding as a number": ({"padding": 1}, "padding must be one of .*not 1"),
    "truncation": ({"truncation": "first"}, "truncation must be one of .*only_first.*not 'first'"),
    "truncation as a number": ({"truncation": 0}, "truncation must be one of .*not 0"),
    "a fraction": ({"truncation": True, "max_length": 4.5}, "max_length must be.*not 4.5"),
    "a word": ({"padding": "max_length", "max_length": "8"}, "max_length must be.*not '8'"),
    "a negative length": ({"padding": "max_length", "max_length": -8}, "max_length must be.*not -8"),
    "a multiple of nothing": (
        {"padding": True, "pad_to_multiple_of": 0},
        "pad_to_multiple_of must be.*1 or more, not 0",
    ),
    "a length that is no multiple": (
        {"padding": True, "truncation": True, "max_length": 9, "pad_to_multiple_of": 8},
        "max_length=9 must be a multiple of pad_to_multiple_of=8",
    ),
    "a side": ({"padding": True, "padding_side": "top"}, "padding_side must be one of .*right.*left.*not 'top'"),
    "splitting": ({"split_special_tokens": "[MASK]"}, "split_special_tokens must be one of .*all_but_mask.*not"),
    "too small": ({"truncation": True, "max_length": 1}, "max_length=1 leaves no room for the 2 special tokens"),
    "no pair": ({"truncation": "only_second", "max_length": 9}, "only_second' needs a text pair"),
}


@pytest.mark.parametrize("what", WRONG)
def test_arguments_that_are_refused(oss, engine, what):
    arguments, said = WRONG[what]
    with pytest.raises(InputError, match=said):
        oss.engine(engine)(["some text"], **arguments)


def test_a_pair_needs_three_special_tokens(oss, engine):
    tokenizer = oss.engine(engine)
    with pytest.raises(InputError, match="max_length=2 leaves no room for the 3 special tokens"):
        tokenizer("a", "b", truncation=True, max_length=2)
    assert ids(tokenizer("a", "b", truncation=True, max_length=3)) == [1000, 1001, 1001]


def test_pairs_must_match(oss, engine):
    tokenizer = oss.engine(engine)
    with pytest.raises(InputError, match="text_pair has 1 rows, but text has 2"):
        tokenizer(["a", "b"], ["c"])


def test_a_text_that_cannot_stay_whole_is_named(oss, engine):
    tokenizer = oss.engine(engine)
    firsts, seconds = ["a", "b", "c"], ["short", "a long text of many pieces", "short"]
    with pytest.raises(InputError, match="only_first' keeps the second text whole.*6 pieces: in row 1"):
        tokenizer(firsts, seconds, truncation="only_first", max_length=9)
    with pytest.raises(InputError, match="only_second' keeps the first text whole.*6 pieces: in row 1"):
        tokenizer(seconds, firsts, truncation="only_second", max_length=9)


def test_an_empty_batch(oss, engine):
    tokenizer = oss.engine(engine)
    assert ids(tokenizer([])) == []
    for arguments in ({}, {"truncation": True, "max_length": 8}, {"split_special_tokens": True}):
        encoded = tokenizer([], [], padding=True, **arguments)
        assert all(rows == [] for rows in lists(encoded).values())
        if engine == "fast":
            assert {value.shape for value in encoded.values()} == {(0, 2)}
            assert tokenizer([], padding="max_length", max_length=8)["input_ids"].shape == (0, 8)


def test_empty_and_blank_texts(oss, engine):
    tokenizer = oss.engine(engine)
    for blank in ("", " ", "   "):
        assert ids(tokenizer(blank)) == [1000, 1001]
        assert ids(tokenizer(blank, blank)) == [1000, 1001, 1001]
        assert ids(tokenizer([blank], add_special_tokens=False)) == [[]]


def test_padding_makes_the_width_of_the_longest_row(oss, engine):
    tokenizer = oss.engine(engine)
    for texts in (["a"], ["a", "some longer text"]):
        for special in (True, False):
            ragged = ids(tokenizer(texts, add_special_tokens=special))
            padded = lists(tokenizer(texts, add_special_tokens=special, padding=True))
            assert {len(row) for row in padded["input_ids"]} == {max(map(len, ragged))}
            kept = [row[: len(short)] for row, short in zip(padded["input_ids"], ragged, strict=True)]
            assert kept == ragged
            assert [sum(row) for row in padded["attention_mask"]] == [len(row) for row in ragged]


def test_padding_to_a_length_cuts_nothing_unless_asked(oss, engine):
    tokenizer = oss.engine(engine)
    texts = ["a", "some longer text than six pieces"]
    whole = ids(tokenizer(texts))
    padded = ids(tokenizer(texts, padding="max_length", max_length=6))
    assert list(map(len, padded)) == [len(whole[1])] * 2
    cut = ids(tokenizer(texts, padding="max_length", max_length=6, truncation=True))
    assert list(map(len, cut)) == [6, 6]
    assert cut[1] == whole[1][:5] + whole[1][-1:]
    assert list(map(len, ids(tokenizer(texts, padding="max_length", truncation=True)))) == [512, 512]


def test_without_special_tokens_the_whole_length_is_for_the_texts(oss, engine):
    tokenizer = oss.engine(engine)
    first, second = (ids(tokenizer(text, add_special_tokens=False)) for text in ("some text", "another text"))
    encoded = tokenizer("some text", "another text", add_special_tokens=False)
    assert ids(encoded) == first + second
    assert lists(encoded)["token_type_ids"] == [0] * len(first) + [1] * len(second)
    cut = tokenizer("some text", "another text", add_special_tokens=False, truncation=True, max_length=3)
    assert ids(cut) == first[:2] + second[:1]


def test_ids_and_tokens_outside_the_vocabulary(oss, engine):
    tokenizer = oss.engine(engine)
    for number in (-1, 1004):
        with pytest.raises(InputError, match=f"token id {number} is outside.*0 to 1003"):
            tokenizer.convert_ids_to_tokens(number)
        with pytest.raises(InputError, match=f"token id {number} is outside"):
            tokenizer.convert_ids_to_tokens([5, number])
    assert tokenizer.convert_tokens_to_ids("no such token") == tokenizer.unk_token_id
    with pytest.raises(InputError, match="a token must be a string, not None"):
        tokenizer.convert_tokens_to_ids(["a", None])
    assert tokenizer.convert_ids_to_tokens(np.int64(1000)) == "[CLS]"
    assert tokenizer.convert_ids_to_tokens(np.array([1000, 1001])) == ["[CLS]", "[SEP]"]
    assert tokenizer.convert_ids_to_tokens(tokenizer("", padding=False)["input_ids"]) == ["[CLS]", "[SEP]"]


def test_the_vocabulary_as_a_dictionary(vocabulary, engine):
    entries = vocabulary.engine(engine).get_vocab()
    assert sorted(entries.values()) == list(range(len(vocabulary.tokenizer)))
    for token, number in vocabulary.golden["special_ids"].values():
        assert entries[token] == number
    for token in list(entries)[::97]:
        assert vocabulary.tokenizer.convert_ids_to_tokens(vocabulary.tokenizer.convert_tokens_to_ids(token)) == token
