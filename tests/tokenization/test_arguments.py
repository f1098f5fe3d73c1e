"""What a tokenizer's call accepts, and how it refuses the rest."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.errors import InputError


def ids(encoded):
    found = encoded["input_ids"]
    return found.to_list() if isinstance(found, tf.RaggedTensor) else found.numpy().tolist()


SAME_BATCH = {
    "tuple": ("Hello world", "né"),
    "mixed with bytes": ["Hello world", "né".encode()],
    "array of str": np.array(["Hello world", "né"]),
    "array of objects": np.array(["Hello world", "né"], dtype=object),
    "tensor": tf.constant(["Hello world", "né"]),
    "generator": lambda: (text for text in ("Hello world", "né")),
}


@pytest.mark.parametrize("form", SAME_BATCH)
def test_forms_of_a_batch(oss, form):
    given = SAME_BATCH[form]
    given = given() if callable(given) else given
    assert ids(oss.tokenizer(given)) == ids(oss.tokenizer(["Hello world", "né"]))


@pytest.mark.parametrize("form", ["Hello world", b"Hello world", tf.constant("Hello world")])
def test_a_single_text_gives_one_row(oss, form):
    encoded = oss.tokenizer(form, "a pair")
    expected = oss.tokenizer(["Hello world"], ["a pair"])
    for name, row in encoded.items():
        assert row.shape.rank == 1
        assert row.numpy().tolist() == expected[name].to_list()[0]


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
    "numbers in a tensor": (tf.constant([1, 2]), "text must hold strings, not int32"),
    "a matrix": (tf.constant([["a"]]), r"text must be a text or a list of texts, not an array of shape \(1, 1\)"),
    "ragged": (tf.ragged.constant([["a"], ["b", "c"]]), "text must be a text or a list of texts"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_text_is_refused(oss, what):
    value, said = REFUSED[what]
    with pytest.raises(InputError, match=said) as error:
        oss.tokenizer(value)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match=said.replace("text", "text_pair", 1)):
        oss.tokenizer(["a"], value)


def test_nothing_is_no_text_but_may_be_the_second(oss):
    with pytest.raises(InputError, match="text must be a string or a list of strings, not None"):
        oss.tokenizer(None)
    assert ids(oss.tokenizer("a", None)) == ids(oss.tokenizer("a"))


WRONG = {
    "padding": ({"padding": "longst"}, "padding must be one of .*longest.*max_length.*not 'longst'"),
    "padding as a number": ({"padding": 1}, "padding must be one of .*not 1"),
    "truncation": ({"truncation": "first"}, "truncation must be one of .*only_first.*not 'first'"),
    "truncation as a number": ({"truncation": 0}, "truncation must be one of .*not 0"),
    "a fraction": ({"truncation": True, "max_length": 4.5}, "max_length must be.*not 4.5"),
    "a word": ({"padding": "max_length", "max_length": "8"}, "max_length must be.*not '8'"),
    "a negative length": ({"padding": "max_length", "max_length": -8}, "max_length must be.*not -8"),
    "too small": ({"truncation": True, "max_length": 1}, "max_length=1 leaves no room for the 2 special tokens"),
    "no pair": ({"truncation": "only_second", "max_length": 9}, "only_second' needs a text pair"),
}


@pytest.mark.parametrize("what", WRONG)
def test_arguments_that_are_refused(oss, what):
    arguments, said = WRONG[what]
    with pytest.raises(InputError, match=said):
        oss.tokenizer(["some text"], **arguments)


def test_a_pair_needs_three_special_tokens(oss):
    with pytest.raises(InputError, match="max_length=2 leaves no room for the 3 special tokens"):
        oss.tokenizer("a", "b", truncation=True, max_length=2)
    assert ids(oss.tokenizer("a", "b", truncation=True, max_length=3)) == [1000, 1001, 1001]


def test_pairs_must_match(oss):
    with pytest.raises(InputError, match="text_pair has 1 rows, but text has 2"):
        oss.tokenizer(["a", "b"], ["c"])


def test_a_text_that_cannot_stay_whole_is_named(oss):
    firsts, seconds = ["a", "b", "c"], ["short", "a long text of many pieces", "short"]
    with pytest.raises(InputError, match="only_first' keeps the second text whole.*6 pieces: in row 1"):
        oss.tokenizer(firsts, seconds, truncation="only_first", max_length=9)
    with pytest.raises(InputError, match="only_second' keeps the first text whole.*6 pieces: in row 1"):
        oss.tokenizer(seconds, firsts, truncation="only_second", max_length=9)


def test_an_empty_batch(oss):
    assert ids(oss.tokenizer([])) == []
    for arguments in ({}, {"truncation": True, "max_length": 8}, {"split_special_tokens": True}):
        encoded = oss.tokenizer([], [], padding=True, **arguments)
        assert {value.shape for value in encoded.values()} == {(0, 2)}
    assert oss.tokenizer([], padding="max_length", max_length=8)["input_ids"].shape == (0, 8)


def test_empty_and_blank_texts(oss):
    for blank in ("", " ", "   "):
        assert ids(oss.tokenizer(blank)) == [1000, 1001]
        assert ids(oss.tokenizer(blank, blank)) == [1000, 1001, 1001]
        assert ids(oss.tokenizer([blank], add_special_tokens=False)) == [[]]


def test_padding_makes_the_width_of_the_longest_row(oss):
    for texts in (["a"], ["a", "some longer text"]):
        for special in (True, False):
            ragged = ids(oss.tokenizer(texts, add_special_tokens=special))
            padded = oss.tokenizer(texts, add_special_tokens=special, padding=True)
            assert padded["input_ids"].shape == (len(texts), max(map(len, ragged)))
            kept = [row[: len(short)] for row, short in zip(ids(padded), ragged, strict=True)]
            assert kept == ragged
            assert padded["attention_mask"].numpy().sum(axis=1).tolist() == [len(row) for row in ragged]


def test_padding_to_a_length_cuts_nothing_unless_asked(oss):
    texts = ["a", "some longer text than six pieces"]
    whole = ids(oss.tokenizer(texts))
    padded = oss.tokenizer(texts, padding="max_length", max_length=6)["input_ids"]
    assert padded.shape == (2, len(whole[1]))
    cut = oss.tokenizer(texts, padding="max_length", max_length=6, truncation=True)["input_ids"]
    assert cut.shape == (2, 6)
    assert cut.numpy()[1].tolist() == whole[1][:5] + whole[1][-1:]
    assert oss.tokenizer(texts, padding="max_length", truncation=True)["input_ids"].shape == (2, 512)


def test_without_special_tokens_the_whole_length_is_for_the_texts(oss):
    first, second = (ids(oss.tokenizer(text, add_special_tokens=False)) for text in ("some text", "another text"))
    encoded = oss.tokenizer("some text", "another text", add_special_tokens=False)
    assert ids(encoded) == first + second
    assert encoded["token_type_ids"].numpy().tolist() == [0] * len(first) + [1] * len(second)
    cut = oss.tokenizer("some text", "another text", add_special_tokens=False, truncation=True, max_length=3)
    assert ids(cut) == first[:2] + second[:1]


def test_ids_and_tokens_outside_the_vocabulary(oss):
    for number in (-1, 1004):
        with pytest.raises(InputError, match=f"token id {number} is outside.*0 to 1003"):
            oss.tokenizer.convert_ids_to_tokens(number)
        with pytest.raises(InputError, match=f"token id {number} is outside"):
            oss.tokenizer.convert_ids_to_tokens([5, number])
    assert oss.tokenizer.convert_tokens_to_ids("no such token") == oss.tokenizer.unk_token_id
    assert oss.tokenizer.convert_ids_to_tokens(np.int64(1000)) == "[CLS]"
    assert oss.tokenizer.convert_ids_to_tokens(np.array([1000, 1001])) == ["[CLS]", "[SEP]"]
    assert oss.tokenizer.convert_ids_to_tokens(oss.tokenizer("", padding=False)["input_ids"]) == ["[CLS]", "[SEP]"]


def test_the_vocabulary_as_a_dictionary(vocabulary):
    entries = vocabulary.tokenizer.get_vocab()
    assert sorted(entries.values()) == list(range(len(vocabulary.tokenizer)))
    for token, number in vocabulary.golden["special_ids"].values():
        assert entries[token] == number
    for token in list(entries)[::97]:
        assert vocabulary.tokenizer.convert_ids_to_tokens(vocabulary.tokenizer.convert_tokens_to_ids(token)) == token
