"""Where a tokenizer comes from and goes to."""

import copy
import json
import pickle
import shutil
import subprocess
import sys

import pytest

from rembert_tf.errors import InputError, MissingFileError
from tests.tokenization.rows import ids

TEXTS = ["Hello [MASK] WORLD", "né", "[X] <mask>"]


def test_what_is_saved_comes_back(oss, make, tmp_path):
    special = {"mask_token": "<mask>", "cls_token": "[X]", "unk_token": "[MASK]"}
    other = {"do_lower_case": True, "keep_accents": False, "model_max_length": 77, "padding_side": "left", **special}
    for settings in ({}, other):
        tokenizer = make(oss.model, **settings)
        tokenizer.save_pretrained(tmp_path / "new")
        assert (tmp_path / "new" / "sentencepiece.model").read_bytes() == oss.model
        for again in (
            make.from_pretrained(tmp_path / "new"), pickle.loads(pickle.dumps(tokenizer)), copy.deepcopy(tokenizer),
        ):  # fmt: skip
            assert type(again) is make
            assert ids(again(TEXTS, padding=True)) == ids(tokenizer(TEXTS, padding=True))
            for name in ("model_max_length", "do_lower_case", "keep_accents", "remove_space", "padding_side"):
                assert getattr(again, name) == getattr(tokenizer, name)
            assert again.vocabulary.special_tokens == tokenizer.vocabulary.special_tokens
            assert again.get_vocab() == tokenizer.get_vocab()
        assert tokenizer.model_max_length == settings.get("model_max_length", 512)


def test_one_engine_reads_what_the_other_wrote(oss, make, tmp_path):
    oss.python.save_pretrained(tmp_path / "python")
    oss.tokenizer.save_pretrained(tmp_path / "fast")
    names = {file.name for file in (tmp_path / "fast").iterdir()}
    assert names >= {"sentencepiece.model", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.json"}
    assert not any(name.startswith(".") for name in names)
    for name in names:
        assert (tmp_path / "python" / name).read_bytes() == (tmp_path / "fast" / name).read_bytes()
    assert ids(make.from_pretrained(tmp_path / "python")(TEXTS)) == ids(oss.python(TEXTS))


def test_a_vocabulary_alone_in_any_form(vocabulary, make, tmp_path):
    expected = ids(vocabulary.tokenizer(TEXTS))
    file = shutil.copy(vocabulary.directory / "sentencepiece.model", tmp_path / "another.name")
    assert ids(make.from_pretrained(file)(TEXTS)) == expected
    assert ids(make.from_pretrained(str(vocabulary.directory))(TEXTS)) == expected
    assert ids(make(str(file))(TEXTS)) == expected
    assert ids(make(vocabulary.model)(TEXTS)) == expected


def described(token, **flags):
    return {"content": token, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, **flags}


SPECIAL = {"bos_token": "[CLS]", "eos_token": "[SEP]", "sep_token": "[SEP]", "cls_token": "[CLS]", "pad_token": "[PAD]"}
WRITTEN = {
    "4.57, slow": {
        "tokenizer_config.json": {
            **SPECIAL,
            "added_tokens_decoder": {
                "1000": described("[CLS]"), "1001": described("[SEP]"), "1002": described("[UNK]"),
                "1003": described("[PAD]"), "1004": described("<mask>", lstrip=True), "1005": described("<a>"),
            },
            "additional_special_tokens": ["<a>"],
            "clean_up_tokenization_spaces": False,
            "do_lower_case": True,
            "extra_special_tokens": {},
            "keep_accents": True,
            "mask_token": "<mask>",
            "model_max_length": 1000000000000000019884624838656,
            "remove_space": True,
            "sp_model_kwargs": {},
            "tokenizer_class": "RemBertTokenizer",
            "unk_token": "[UNK]",
        },
        "special_tokens_map.json": {**SPECIAL, "mask_token": described("<mask>", lstrip=True), "unk_token": "[UNK]"},
        "added_tokens.json": {"[CLS]": 1000, "[SEP]": 1001, "[UNK]": 1002, "[PAD]": 1003, "<mask>": 1004, "<a>": 1005},
    },
    "older, with its tokens in files of their own": {
        "tokenizer_config.json": {"do_lower_case": True, "mask_token": {"__type": "AddedToken", "content": "<mask>"}},
        "special_tokens_map.json": {**SPECIAL, "unk_token": "[UNK]", "additional_special_tokens": ["<a>"]},
        "added_tokens.json": {"[CLS]": 1000, "[SEP]": 1001, "[UNK]": 1002, "[PAD]": 1003, "<mask>": 1004, "<a>": 1005},
    },
    "5.x": {
        "tokenizer_config.json": {
            **SPECIAL,
            "backend": "tokenizers",
            "do_lower_case": True,
            "extra_special_tokens": ["<a>"],
            "is_local": True,
            "mask_token": described("<mask>", lstrip=True, special=True),
            "model_max_length": 1000000000000000019884624838656,
            "sep_token": None,
            "tokenizer_class": "PreTrainedTokenizerFast",
            "unk_token": described("[UNK]"),
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("release", WRITTEN)
def test_what_transformers_writes_is_read(oss, make, tmp_path, release):
    shutil.copy(oss.directory / "sentencepiece.model", tmp_path)
    for name, content in WRITTEN[release].items():
        (tmp_path / name).write_text(json.dumps(content))
    tokenizer = make.from_pretrained(tmp_path)
    tokens = ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "<mask>", "<a>"]
    assert tokenizer.convert_tokens_to_ids(tokens) == [1000, 1001, 1002, 1003, 1004, 1005]
    assert tokenizer.all_special_tokens == tokens
    assert (tokenizer.mask_token, tokenizer.sep_token, tokenizer.do_lower_case) == ("<mask>", "[SEP]", True)
    assert tokenizer.model_max_length == 512
    overridden = make.from_pretrained(tmp_path, mask_token="[MASK]", do_lower_case=False)
    assert (overridden.mask_token, overridden.do_lower_case) == ("[MASK]", False)


def test_pieces_that_the_configuration_only_mentions_stay_text(oss, make, tmp_path):
    """The reference's fast class writes down every control piece; the slow one finds none of them in a text."""
    shutil.copy(oss.directory / "sentencepiece.model", tmp_path)
    content = {"added_tokens_decoder": {"1": described("<s>"), "2": described("</s>")}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(content))
    tokenizer = make.from_pretrained(tmp_path)
    assert ids(tokenizer("<s> a</s>")) == ids(oss.python("<s> a</s>"))


def test_bos_and_eos_are_cls_and_sep_unless_given(oss, make):
    tokenizer = make(oss.model, cls_token="<s>", sep_token="</s>")
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<s>", "</s>")
    tokenizer = make(oss.model, bos_token="<s>", eos_token="</s>")
    assert (tokenizer.cls_token, tokenizer.sep_token) == ("[CLS]", "[SEP]")
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (1, 2)
    assert ids(tokenizer([""])) == [[tokenizer.cls_token_id, tokenizer.sep_token_id]]


def test_special_tokens_that_are_no_pieces_follow_the_vocabulary_in_the_references_order(oss, make):
    tokenizer = make(oss.model, unk_token="[UNK]")
    order = [tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.unk_token_id, tokenizer.pad_token_id]
    assert [*order, tokenizer.mask_token_id] == [
        oss.golden["default_construction"]["slow"][f"{role}_token"] for role in ("cls", "sep", "unk", "pad", "mask")
    ]


@pytest.mark.parametrize("content", [b"", b"not a model", b"{}", bytes(range(256)) * 10])
def test_what_is_no_vocabulary(content, make, tmp_path):
    (tmp_path / "sentencepiece.model").write_bytes(content)
    for source in (tmp_path, tmp_path / "sentencepiece.model"):
        with pytest.raises(InputError, match=f"{tmp_path}.* is not a SentencePiece model"):
            make.from_pretrained(source)
    with pytest.raises(InputError, match="^the given content is not a SentencePiece model"):
        make(content)


def test_a_vocabulary_that_is_cut_short(oss, make):
    with pytest.raises(InputError, match="is not a SentencePiece model"):
        make(oss.model[:-1000])


BROKEN = {
    "tokenizer_config.json": [
        "{", "[1]", '{"model_max_length": "long"}', '{"model_max_length": Infinity}', '{"mask_token": {}}',
        '{"added_tokens_decoder": {"x": "a"}}', '{"added_tokens_decoder": [1]}',
    ],
    "special_tokens_map.json": ["{", "[]"],
    "added_tokens.json": ["{", "3"],
}  # fmt: skip


def test_files_that_are_missing_or_broken(oss, make, tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(MissingFileError, match=f"no vocabulary at '{place}"):
            make.from_pretrained(place)
    shutil.copy(oss.directory / "sentencepiece.model", tmp_path)
    for name, contents in BROKEN.items():
        for content in contents:
            (tmp_path / name).write_text(content)
            with pytest.raises(InputError, match=f"{tmp_path}/.*json' is not a "):
                make.from_pretrained(tmp_path)
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("numbered", "said"),
    [
        ({"1004": "<b>", "1006": "<a>"}, "token '<b>' cannot have id 1004: the next after the pieces is 1000"),
        ({"5": "[CLS]"}, r"token '\[CLS\]' cannot have id 5"),
        ({"1000": "▁the"}, "token '▁the' cannot have id 1000: the vocabulary gives it another piece"),
        ({"1000": 5}, "the token with id 1000 must be a string"),
    ],
)
def test_numbers_that_the_vocabulary_contradicts(oss, make, tmp_path, numbered, said):
    shutil.copy(oss.directory / "sentencepiece.model", tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": numbered}))
    with pytest.raises(InputError, match=f"{tmp_path}.*{said}"):
        make.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"lower_case": True}, "unknown argument lower_case: expected.*mask_token"),
        ({"mask_token": ""}, "mask_token must be a string that is not empty"),
        ({"cls_token": 5}, "cls_token must be a string.*not 5"),
        ({"model_max_length": "512"}, "model_max_length must be.*'512'"),
        ({"model_max_length": -1}, "model_max_length must be.*-1"),
        ({"padding_side": "top"}, "padding_side must be one of.*'top'"),
        ({"additional_special_tokens": "<a>"}, "additional_special_tokens must be a list of strings"),
    ],
)
def test_constructor_arguments_that_are_refused(oss, make, arguments, said):
    with pytest.raises(InputError, match=said):
        make(oss.model, **arguments)
    with pytest.raises(InputError, match=said):
        make.from_pretrained(oss.directory, **arguments)


def test_the_vocabulary_file_alone(vocabulary, engine, tmp_path):
    tokenizer = vocabulary.engine(engine)
    assert tokenizer.save_vocabulary(tmp_path) == (str(tmp_path / "sentencepiece.model"),)
    assert tokenizer.save_vocabulary(str(tmp_path), "my") == (str(tmp_path / "my-sentencepiece.model"),)
    assert {file.name for file in tmp_path.iterdir()} == {"sentencepiece.model", "my-sentencepiece.model"}
    assert (tmp_path / "my-sentencepiece.model").read_bytes() == vocabulary.model
    for place in (tmp_path / "sentencepiece.model", tmp_path / "nowhere"):
        with pytest.raises(InputError, match=f"'{place}' is not a directory"):
            tokenizer.save_vocabulary(place)


def test_files_of_another_tokenizer_do_not_stay(oss, make, tmp_path):
    (tmp_path / "added_tokens.json").write_text('{"<old>": 1004}')
    make(oss.model).save_pretrained(tmp_path)
    assert not (tmp_path / "added_tokens.json").exists()
    assert len(make.from_pretrained(tmp_path)) == 1004


def test_the_python_engine_needs_no_tensorflow(oss):
    program = (
        "import sys; sys.modules['tensorflow'] = None; from rembert_tf import RemBertTokenizer; "
        f"tokenizer = RemBertTokenizer.from_pretrained({str(oss.directory)!r}); "
        "print(tokenizer('Hello [MASK]', return_offsets_mapping=True), tokenizer.decode([1000, 11]))"
    )
    assert "1003" in subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
