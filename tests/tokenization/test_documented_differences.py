"""What docs/tokenizers.md lists as different from the reference, as far as no other file here tests it.

Windows and what cannot fit: test_windows, test_golden_texts. Files: test_files. Added tokens: test_decoding.
Surrogates and ids outside the vocabulary: test_arguments. Words: test_words.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from rembert_tf.errors import InputError
from tests.golden import HERE
from tests.tokenization.rows import ids, lists


def test_the_unknown_token_is_the_models_own(vocabulary, make):
    """The reference's default is no piece: its id lies outside the embedding table."""
    recorded = vocabulary.golden["default_construction"]["slow"]["unk_token"]
    assert recorded >= vocabulary.golden["vocab_size"]
    tokenizer = make(vocabulary.model)
    assert tokenizer.unk_token_id == vocabulary.reference.processor.unk_id() < tokenizer.vocab_size
    assert make(vocabulary.model, unk_token="[UNK]").unk_token_id == recorded


def test_no_row_is_longer_than_the_model(oss, engine):
    assert len(ids(oss.engine(engine)("word " * 2000, truncation=True))) == 512


def test_bytes_are_texts(oss, engine):
    """The reference refuses them."""
    assert "error" in oss.golden["errors"]["bytes"]["slow"]
    assert ids(oss.engine(engine)(["né".encode(), "né"])) == ids(oss.engine(engine)(["né", "né"]))


@pytest.mark.parametrize("what", ["none", "int", "lone_surrogate"])
def test_what_the_reference_refuses_is_refused(oss, engine, what):
    assert "error" in oss.golden["errors"][what]["slow"]
    with pytest.raises(InputError):
        oss.engine(engine)({"none": None, "int": 5, "lone_surrogate": "\ud800"}[what])


def test_stripping_flags_in_files_change_nothing(udef, make, tmp_path):
    shutil.copy(udef.directory / "sentencepiece.model", tmp_path)
    token = {"content": "<a>", "lstrip": True, "rstrip": True, "single_word": True}
    mask = {"content": "[MASK]", "lstrip": False, "rstrip": True}
    content = {"additional_special_tokens": [token], "mask_token": mask}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(content))
    ours, plain = make.from_pretrained(tmp_path), make(udef.model, additional_special_tokens=["<a>"])
    for text in ("x <a> y", "x<a>y", "x [MASK] y"):
        assert lists(ours(text, return_offsets_mapping=True)) == lists(plain(text, return_offsets_mapping=True))


def test_a_piece_that_has_lost_its_role_is_text(vocabulary, make):
    tokenizer = make(vocabulary.model, mask_token="<m>")
    row = ids(tokenizer("a [MASK]", add_special_tokens=False))
    assert row == vocabulary.reference.processor.encode("a [MASK]")


def test_ordinary_text_is_lower_cased_whatever_it_spells(oss, make):
    tokenizer = make(oss.model, do_lower_case=True)
    row = ids(tokenizer("[CLS] A", split_special_tokens=True, add_special_tokens=False))
    assert row == oss.reference.processor.encode("[cls] a")


def test_a_pickle_needs_no_file(oss, make, tmp_path):
    import pickle

    tokenizer = make.from_pretrained(shutil.copy(oss.directory / "sentencepiece.model", tmp_path))
    content = pickle.dumps(tokenizer)
    (tmp_path / "sentencepiece.model").unlink()
    assert ids(pickle.loads(content)("Hello")) == ids(oss.python("Hello"))
    tokenizer.save_vocabulary(tmp_path)
    assert (tmp_path / "sentencepiece.model").read_bytes() == oss.model


DISAGREE = {
    "white space at the end": "trailing ",
    "rewritten quotes": "``",
    "control pieces in texts": "</s>",
    "decomposed text": "e\u0323\u0302",
}


@pytest.mark.parametrize("what", DISAGREE)
def test_where_the_references_fast_class_differs_ours_follows_the_slow_one(vocabulary, engine, texts, what):
    differing = [
        index
        for index, text in enumerate(texts)
        if DISAGREE[what] in text or (what.startswith("white") and text != text.rstrip())
    ]
    assert differing
    encoded = ids(vocabulary.engine(engine)([texts[index] for index in differing]))
    assert encoded == [vocabulary.golden["strings"][index]["slow"]["ids"] for index in differing]


def test_the_odd_piece_of_a_budget_stays_in_the_first_text(oss, engine):
    """The reference's fast class gives it to the second."""
    types = lists(oss.engine(engine)("a a a a", "a a a a", truncation=True, max_length=6))["token_type_ids"]
    assert types == [0, 0, 0, 0, 1, 1]


def test_the_examples_of_the_page_run(oss):
    """Every Python block of docs/tokenizers.md, with names that it takes for granted."""
    page = Path(HERE.parent / "docs" / "tokenizers.md").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"```python\n(.*?)```", page, re.S)]
    assert len(blocks) == 4
    for make in ("RemBertTokenizer", "RemBertTokenizerFast"):
        names = {
            "tokenizer": oss.tokenizer if make.endswith("Fast") else oss.python,
            "texts": ["a text", "word " * 300], "question": "Who?", "context": "A name. " * 200, "row": 0, "piece": 20,
            "model": lambda batch: batch,
        }  # fmt: skip
        for block in blocks:
            if make == "RemBertTokenizer" and ("&" in block or "model(" in block):
                continue  # arrays and models
            exec(block.replace('"model_directory"', repr(str(oss.directory))), names)
