"""Both engines give the reference's ids on the recorded texts."""

import itertools
import json

import pytest

from rembert_tf.errors import InputError
from tests.golden import NOTES
from tests.tokenization.rows import ids, lists

# The one text of the 298 with two equally good segmentations, and where it has them: the Python engine is
# the reference's own release of SentencePiece, so it never differs.
TIES = {("oss_1k", "fast"): ["-----"]}


@pytest.fixture(scope="module")
def tokenizer(vocabulary, engine):
    return vocabulary.engine(engine)


def test_ids_types_and_special_tokens_of_every_text(vocabulary, engine, tokenizer, texts):
    encoded = lists(tokenizer(texts, return_special_tokens_mask=True))
    tied = []
    for row, (text, recorded) in enumerate(zip(texts, vocabulary.golden["strings"], strict=True)):
        golden = recorded["slow"]
        if encoded["input_ids"][row] != golden["ids"]:
            assert vocabulary.reference.tied(encoded["input_ids"][row], golden["ids"]), repr(text)
            tied.append(text)
        else:
            assert encoded["token_type_ids"][row] == golden["type_ids"], repr(text)
            assert encoded["special_tokens_mask"][row] == golden["special"], repr(text)
    NOTES[f"{vocabulary.name}, {engine}, recorded texts"] = (
        f"{len(tied)} of {len(texts)} are equal-score segmentations {tied}"
    )
    assert tied == TIES.get((vocabulary.name, engine), [])


def test_special_tokens_in_texts_as_ordinary_text(vocabulary, engine, tokenizer, texts):
    encoded = ids(tokenizer(texts, split_special_tokens=True, add_special_tokens=False))
    for text, ours, golden in zip(texts, encoded, vocabulary.golden["strings"], strict=True):
        assert ours == golden["raw_spm"] or text in TIES.get((vocabulary.name, engine), []), repr(text)


def test_tokens_as_the_text_spells_them(vocabulary, engine, tokenizer, texts):
    tied = TIES.get((vocabulary.name, engine), [])
    for text, ours, golden in zip(texts, lists(tokenizer.tokenize(texts)), vocabulary.golden["strings"], strict=True):
        assert ours == (golden["slow_tokenize"] or ours) or text in tied, repr(text)  # not recorded for the longest
    raw = lists(tokenizer.tokenize(texts, split_special_tokens=True))
    for text, ours, golden in zip(texts, raw, vocabulary.golden["strings"], strict=True):
        assert ours == (golden["raw_pieces"] or ours) or text in tied, repr(text)
    assert lists(tokenizer.tokenize("hello [MASK]")) == lists(tokenizer.tokenize(["hello [MASK]"]))[0]


def test_the_attention_mask_keeps_every_piece(tokenizer, texts):
    encoded = lists(tokenizer(texts))
    assert encoded["attention_mask"] == [[1] * len(row) for row in encoded["input_ids"]]


def test_pairs(vocabulary, tokenizer):
    pairs = vocabulary.golden["pairs"]
    encoded = lists(
        tokenizer([pair["a"] for pair in pairs], [pair["b"] for pair in pairs], return_special_tokens_mask=True)
    )
    assert encoded["input_ids"] == [pair["slow"]["ids"] for pair in pairs]
    assert encoded["token_type_ids"] == [pair["slow"]["type_ids"] for pair in pairs]
    assert encoded["special_tokens_mask"] == [pair["slow"]["special"] for pair in pairs]


def truncation_groups(golden):
    """Yields (arguments, texts, pairs, recorded rows): cases with the same arguments make a batch."""

    def arguments(case):
        return json.dumps(case["kwargs"], sort_keys=True), case["b"] is not None

    for (kwargs, paired), group in itertools.groupby(sorted(golden["truncation"], key=arguments), key=arguments):
        group = list(group)
        kwargs = {name: False if value == "do_not_truncate" else value for name, value in json.loads(kwargs).items()}
        pairs = [case["b"] for case in group] if paired else None
        yield kwargs, [case["a"] for case in group], pairs, [case["slow"] for case in group]


def test_truncation(vocabulary, tokenizer):
    """Where the reference gives up and returns too long a row, ours says so."""
    for kwargs, texts, pairs, recorded in truncation_groups(vocabulary.golden):
        fits = [not kwargs["truncation"] or len(row["ids"]) <= kwargs["max_length"] for row in recorded]
        chosen = [index for index, fit in enumerate(fits) if fit]
        if chosen:
            some_pairs = pairs and [pairs[index] for index in chosen]
            encoded = lists(tokenizer([texts[index] for index in chosen], some_pairs, **kwargs))
            assert encoded["input_ids"] == [recorded[index]["ids"] for index in chosen], kwargs
            assert encoded["token_type_ids"] == [recorded[index]["type_ids"] for index in chosen], kwargs
        for index in [index for index, fit in enumerate(fits) if not fit][:1]:
            with pytest.raises(InputError, match=f"{kwargs['truncation']}.*pieces: in row 0"):
                tokenizer([texts[index]], [pairs[index]], **kwargs)


NAMES = {"ids": "input_ids", "type_ids": "token_type_ids", "special": "special_tokens_mask"}


def test_padding(vocabulary, tokenizer):
    """To the longest row, to a length, to a multiple, on the left."""
    for case in vocabulary.golden["padding"]:
        encoded = lists(tokenizer(case["batch"], return_special_tokens_mask=True, **case["kwargs"]))
        assert encoded == {NAMES.get(name, name): rows for name, rows in case["slow"].items()}, case["kwargs"]
    assert len(vocabulary.golden["padding"]) == 5


def test_special_tokens_and_sizes(vocabulary, tokenizer):
    golden = vocabulary.golden
    for role, (token, number) in golden["special_ids"].items():
        assert (getattr(tokenizer, role), getattr(tokenizer, f"{role}_id")) == (token, number), role
    assert (tokenizer.vocab_size, len(tokenizer)) == (golden["vocab_size"], golden["len_slow"])
    assert sorted(tokenizer.all_special_ids) == sorted({number for _, number in golden["special_ids"].values()})
    assert tokenizer.all_special_tokens == ["[CLS]", "[SEP]", "<unk>", "[PAD]", "[MASK]"]


def test_tokens_and_ids(vocabulary, tokenizer):
    """Every token that the reference shows has the id that the reference gives it, and the other way round."""
    for golden in vocabulary.golden["strings"]:
        row = golden["slow"]
        if "tokens" in row:  # not recorded for the longest texts
            assert tokenizer.convert_ids_to_tokens(row["ids"]) == row["tokens"]
            assert tokenizer.convert_tokens_to_ids(row["tokens"]) == row["ids"]


def test_templates_and_masks(vocabulary, tokenizer):
    built, masks = vocabulary.golden["build_inputs"], vocabulary.golden["special_tokens_mask"]
    assert tokenizer.build_inputs_with_special_tokens([7, 8]) == built["single"]
    assert tokenizer.build_inputs_with_special_tokens([7, 8], [9]) == built["pair"]
    assert tokenizer.create_token_type_ids_from_sequences([7, 8]) == [0, 0, 0, 0]
    assert tokenizer.create_token_type_ids_from_sequences([7, 8], [9]) == [0, 0, 0, 0, 1, 1]
    assert tokenizer.get_special_tokens_mask([7, 8, 9]) == masks["plain"]
    assert tokenizer.get_special_tokens_mask([7, 8], [9]) == masks["pair"]
    assert tokenizer.get_special_tokens_mask(masks["already_ids"], already_has_special_tokens=True) == masks["already"]
    with pytest.raises(InputError, match="token_ids_1 must be None"):
        tokenizer.get_special_tokens_mask([7], [8], already_has_special_tokens=True)
    for golden in vocabulary.golden["strings"]:
        ids, recorded = golden["slow"]["ids"], golden["special_mask_already"]
        assert tokenizer.get_special_tokens_mask(ids, already_has_special_tokens=True) == recorded


def test_lower_casing(vocabulary, make):
    golden = vocabulary.golden["lower_noaccents"]
    settings = {name: golden["config"][name] for name in ("do_lower_case", "keep_accents", "remove_space")}
    tokenizer = make.from_pretrained(vocabulary.directory, **settings)
    for item, ours in zip(golden["items"], ids(tokenizer([item["text"] for item in golden["items"]])), strict=True):
        assert ours == item["slow"] or vocabulary.reference.tied(ours, item["slow"]), item["text"]


def test_lower_casing_leaves_special_tokens_alone(oss, make):
    tokenizer = make.from_pretrained(oss.directory, do_lower_case=True)
    assert ids(tokenizer("HELLO [MASK] [CLS]")) == ids(oss.tokenizer("hello [MASK] [CLS]"))


@pytest.mark.parametrize("flag", ["keep_accents", "remove_space"])
def test_flags_that_do_nothing(vocabulary, make, engine, texts, flag):
    """As in the reference, which stores them and goes on."""
    tokenizer = make(vocabulary.model, **{flag: False})
    assert ids(tokenizer(texts)) == ids(vocabulary.engine(engine)(texts))
    assert getattr(tokenizer, flag) is False
