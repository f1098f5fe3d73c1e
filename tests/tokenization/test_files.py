"""Where a tokenizer comes from and goes to."""

import json
import shutil

import pytest

from rembert_tf import RemBertTokenizerFast
from rembert_tf.errors import InputError, MissingFileError

TEXTS = ["Hello [MASK] WORLD", "né", "[X] <mask>"]


def ids(tokenizer):
    return tokenizer(TEXTS)["input_ids"].to_list()


def test_what_is_saved_comes_back(vocabulary, tmp_path):
    special = {"mask_token": "<mask>", "cls_token": "[X]", "unk_token": "[MASK]"}
    for settings in ({}, {"do_lower_case": True, "model_max_length": 77, **special}):
        tokenizer = RemBertTokenizerFast(vocabulary.model, **settings)
        tokenizer.save_pretrained(tmp_path / "new")
        assert (tmp_path / "new" / "sentencepiece.model").read_bytes() == vocabulary.model
        again = RemBertTokenizerFast.from_pretrained(tmp_path / "new")
        assert ids(again) == ids(tokenizer)
        assert again.model_max_length == tokenizer.model_max_length == settings.get("model_max_length", 512)
        assert again.do_lower_case is settings.get("do_lower_case", False)
        for role in ("cls", "sep", "unk", "pad", "mask", "bos", "eos"):
            assert getattr(again, f"{role}_token") == getattr(tokenizer, f"{role}_token")
            assert getattr(again, f"{role}_token_id") == getattr(tokenizer, f"{role}_token_id")


def test_a_vocabulary_alone_in_any_form(vocabulary, tmp_path):
    expected = ids(vocabulary.tokenizer)
    file = shutil.copy(vocabulary.directory / "sentencepiece.model", tmp_path / "another.name")
    assert ids(RemBertTokenizerFast.from_pretrained(file)) == expected
    assert ids(RemBertTokenizerFast.from_pretrained(str(vocabulary.directory))) == expected
    assert ids(RemBertTokenizerFast(str(file))) == expected
    assert ids(RemBertTokenizerFast(vocabulary.model)) == expected


def test_what_the_reference_writes_is_read(oss, tmp_path):
    """Special tokens as objects, keys that mean nothing here, and "no limit" as a number of thirty digits."""
    shutil.copy(oss.directory / "sentencepiece.model", tmp_path)
    content = {
        "mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": True},
        "unk_token": "<unk>",
        "do_lower_case": True,
        "model_max_length": 1000000000000000019884624838656,
        "tokenizer_class": "RemBertTokenizer",
        "added_tokens_decoder": {},
        "sep_token": None,
    }
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(content))
    tokenizer = RemBertTokenizerFast.from_pretrained(tmp_path)
    assert (tokenizer.mask_token, tokenizer.sep_token, tokenizer.do_lower_case) == ("<mask>", "[SEP]", True)
    assert tokenizer.model_max_length == 512
    overridden = RemBertTokenizerFast.from_pretrained(tmp_path, mask_token="[MASK]", do_lower_case=False)
    assert (overridden.mask_token, overridden.do_lower_case) == ("[MASK]", False)


def test_bos_and_eos_are_other_names_of_cls_and_sep(oss):
    tokenizer = RemBertTokenizerFast(oss.model, bos_token="<s>", eos_token="</s>")
    assert (tokenizer.cls_token, tokenizer.sep_token) == ("<s>", "</s>")
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
    assert tokenizer("")["input_ids"].numpy().tolist() == [
        oss.reference.processor.piece_to_id(p) for p in ("<s>", "</s>")
    ]


def test_special_tokens_that_are_no_pieces_follow_the_vocabulary_in_the_references_order(oss):
    tokenizer = RemBertTokenizerFast(oss.model, unk_token="[UNK]")
    order = [tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.unk_token_id, tokenizer.pad_token_id]
    assert [*order, tokenizer.mask_token_id] == [
        oss.golden["default_construction"]["slow"][f"{role}_token"] for role in ("cls", "sep", "unk", "pad", "mask")
    ]


@pytest.mark.parametrize("content", [b"", b"not a model", b"{}", bytes(range(256)) * 10])
def test_what_is_no_vocabulary(content, tmp_path):
    (tmp_path / "sentencepiece.model").write_bytes(content)
    for source in (tmp_path, tmp_path / "sentencepiece.model"):
        with pytest.raises(InputError, match=f"{tmp_path}.* is not a SentencePiece model"):
            RemBertTokenizerFast.from_pretrained(source)
    with pytest.raises(InputError, match="is not a SentencePiece model"):
        RemBertTokenizerFast(content)


def test_a_vocabulary_that_is_cut_short(oss):
    with pytest.raises(InputError, match="is not a SentencePiece model"):
        RemBertTokenizerFast(oss.model[:-1000])


def test_files_that_are_missing_or_broken(oss, tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(MissingFileError, match=f"no vocabulary at '{place}"):
            RemBertTokenizerFast.from_pretrained(place)
    shutil.copy(oss.directory / "sentencepiece.model", tmp_path)
    for content in ("{", "[1]", '{"model_max_length": "long"}', '{"model_max_length": Infinity}', '{"mask_token": {}}'):
        (tmp_path / "tokenizer_config.json").write_text(content)
        with pytest.raises(InputError, match="tokenizer_config.json' is not a tokenizer configuration"):
            RemBertTokenizerFast.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"lower_case": True}, "unknown argument lower_case: expected.*mask_token"),
        ({"mask_token": ""}, "mask_token must be a string that is not empty"),
        ({"cls_token": 5}, "cls_token must be a string.*not 5"),
        ({"model_max_length": "512"}, "model_max_length must be.*'512'"),
        ({"model_max_length": -1}, "model_max_length must be.*-1"),
    ],
)
def test_constructor_arguments_that_are_refused(oss, arguments, said):
    with pytest.raises(InputError, match=said):
        RemBertTokenizerFast(oss.model, **arguments)
    with pytest.raises(InputError, match=said):
        RemBertTokenizerFast.from_pretrained(oss.directory, **arguments)
