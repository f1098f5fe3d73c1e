"""RemBertTokenizerFast gives the reference's ids on the recorded texts."""

import itertools
import json

import pytest

from rembert_tf import RemBertTokenizerFast
from rembert_tf.errors import InputError
from tests.golden import NOTES

# The one text of the 298 with two equally good segmentations, and the vocabulary where it has them.
TIES = {"oss_1k": ["-----"], "ctrl_16k": [], "udef_bytes_8k": []}


def rows(encoded):
    """Returns ids and token types as lists."""
    return [encoded[name].to_list() for name in ("input_ids", "token_type_ids")]


def test_ids_and_token_types_of_every_text(vocabulary, texts):
    ids, types = rows(vocabulary.tokenizer(texts))
    tied = []
    for text, ours, our_types, golden in zip(texts, ids, types, vocabulary.golden["strings"], strict=True):
        if ours != golden["slow"]["ids"]:
            assert vocabulary.reference.tied(ours, golden["slow"]["ids"]), repr(text)
            tied.append(text)
        else:
            assert our_types == golden["slow"]["type_ids"], repr(text)
    NOTES[f"{vocabulary.name}, recorded texts"] = f"{len(tied)} of {len(texts)} are equal-score segmentations {tied}"
    assert tied == TIES[vocabulary.name]


def test_special_tokens_in_texts_as_ordinary_text(vocabulary, texts):
    encoded = vocabulary.tokenizer(texts, split_special_tokens=True, add_special_tokens=False)
    for text, ours, golden in zip(texts, encoded["input_ids"].to_list(), vocabulary.golden["strings"], strict=True):
        assert ours == golden["raw_spm"] or (text in TIES[vocabulary.name]), repr(text)


def test_the_attention_mask_keeps_every_piece(vocabulary, texts):
    encoded = vocabulary.tokenizer(texts)
    assert encoded["attention_mask"].to_list() == [[1] * len(row) for row in encoded["input_ids"].to_list()]


def test_pairs(vocabulary):
    pairs = vocabulary.golden["pairs"]
    ids, types = rows(vocabulary.tokenizer([pair["a"] for pair in pairs], [pair["b"] for pair in pairs]))
    assert ids == [pair["slow"]["ids"] for pair in pairs]
    assert types == [pair["slow"]["type_ids"] for pair in pairs]


def truncation_groups(golden):
    """Yields (arguments, texts, pairs, recorded rows): cases with the same arguments make a batch."""

    def arguments(case):
        return json.dumps(case["kwargs"], sort_keys=True), case["b"] is not None

    for (kwargs, paired), group in itertools.groupby(sorted(golden["truncation"], key=arguments), key=arguments):
        group = list(group)
        kwargs = {name: False if value == "do_not_truncate" else value for name, value in json.loads(kwargs).items()}
        pairs = [case["b"] for case in group] if paired else None
        yield kwargs, [case["a"] for case in group], pairs, [case["slow"] for case in group]


def test_truncation(vocabulary):
    """Where the reference gives up and returns too long a row, ours says so."""
    for kwargs, texts, pairs, recorded in truncation_groups(vocabulary.golden):
        fits = [not kwargs["truncation"] or len(row["ids"]) <= kwargs["max_length"] for row in recorded]
        chosen = [index for index, fit in enumerate(fits) if fit]
        if chosen:
            some_pairs = pairs and [pairs[index] for index in chosen]
            ids, types = rows(vocabulary.tokenizer([texts[index] for index in chosen], some_pairs, **kwargs))
            assert ids == [recorded[index]["ids"] for index in chosen], kwargs
            assert types == [recorded[index]["type_ids"] for index in chosen], kwargs
        for index in [index for index, fit in enumerate(fits) if not fit][:1]:
            with pytest.raises(InputError, match=f"{kwargs['truncation']}.*pieces: in row 0"):
                vocabulary.tokenizer([texts[index]], [pairs[index]], **kwargs)


def test_padding(vocabulary):
    compared = 0
    for case in vocabulary.golden["padding"]:
        if case["kwargs"].keys() - {"padding", "truncation", "max_length"}:
            continue  # to a multiple, or on the left: not offered
        encoded = vocabulary.tokenizer(case["batch"], **case["kwargs"])
        for ours, theirs in (
            ("input_ids", "ids"),
            ("token_type_ids", "type_ids"),
            ("attention_mask", "attention_mask"),
        ):
            assert encoded[ours].numpy().tolist() == case["slow"][theirs], case["kwargs"]
        compared += 1
    assert compared == 3


def test_special_tokens_and_sizes(vocabulary):
    tokenizer, golden = vocabulary.tokenizer, vocabulary.golden
    for role, (token, number) in golden["special_ids"].items():
        assert (getattr(tokenizer, role), getattr(tokenizer, f"{role}_id")) == (token, number), role
    assert (tokenizer.vocab_size, len(tokenizer)) == (golden["vocab_size"], golden["len_slow"])
    assert sorted(tokenizer.all_special_ids) == sorted({number for _, number in golden["special_ids"].values()})


def test_tokens_and_ids(vocabulary):
    """Every token that the reference shows has the id that the reference gives it, and the other way round."""
    for golden in vocabulary.golden["strings"]:
        row = golden["slow"]
        if "tokens" in row:  # not recorded for the longest texts
            assert vocabulary.tokenizer.convert_ids_to_tokens(row["ids"]) == row["tokens"]
            assert vocabulary.tokenizer.convert_tokens_to_ids(row["tokens"]) == row["ids"]


def test_lower_casing(vocabulary):
    golden = vocabulary.golden["lower_noaccents"]
    settings = {name: golden["config"][name] for name in ("do_lower_case", "keep_accents", "remove_space")}
    tokenizer = RemBertTokenizerFast.from_pretrained(vocabulary.directory, **settings)
    ids = tokenizer([item["text"] for item in golden["items"]])["input_ids"].to_list()
    for item, ours in zip(golden["items"], ids, strict=True):
        assert ours == item["slow"] or vocabulary.reference.tied(ours, item["slow"]), item["text"]


def test_lower_casing_leaves_special_tokens_alone(oss):
    tokenizer = RemBertTokenizerFast.from_pretrained(oss.directory, do_lower_case=True)
    assert tokenizer("HELLO [MASK] [CLS]")["input_ids"].numpy().tolist() == (
        oss.tokenizer("hello [MASK] [CLS]")["input_ids"].numpy().tolist()
    )
