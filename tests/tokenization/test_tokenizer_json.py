"""`tokenizer.json`: what it says; `test_tokenizer_json_in_transformers.py` loads it."""

import json
import random
import re

import pytest

from rembert_tf import RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tokenization.normalization_rules import read_rules
from rembert_tf.tokenization.sentencepiece_proto import PieceType, parse_model
from rembert_tf.tokenization.tokenizer_json import tokenizer_config_entries, tokenizer_json
from tests.tokenization.small_models import trained_model


@pytest.fixture(scope="module")
def content(vocabulary):
    return json.loads(tokenizer_json(vocabulary.tokenizer))


def test_pieces_are_read_as_sentencepiece_reads_them(vocabulary):
    model, processor = parse_model(vocabulary.model), vocabulary.reference.processor
    assert len(model.pieces) == processor.get_piece_size()
    kinds = {
        PieceType.UNKNOWN: processor.is_unknown,
        PieceType.CONTROL: processor.is_control,
        PieceType.UNUSED: processor.is_unused,
        PieceType.BYTE: processor.is_byte,
    }
    for index, piece in enumerate(model.pieces):
        assert (piece.text, piece.score) == (processor.id_to_piece(index), processor.get_score(index))
        assert [kind(index) for kind in kinds.values()] == [piece.type == kind for kind in kinds]
    assert model.unknown_id == processor.unk_id()
    assert model.byte_fallback == (vocabulary.name == "udef_bytes_8k")


def test_rules_are_what_sentencepiece_applies(vocabulary):
    model, processor = parse_model(vocabulary.model), vocabulary.reference.processor
    rules = read_rules(model.charsmap)
    assert len(rules) > 200_000
    for text, replacement in random.Random(0).sample(sorted(rules.items()), 5000):
        assert processor.normalize(f"a{text}b") == "▁a" + re.sub(" +", "▁", replacement) + "b", ascii(text)


def test_every_token_has_its_id(vocabulary, content):
    ids = {token: index for index, (token, _) in enumerate(content["model"]["vocab"])}
    ids.update({token["content"]: token["id"] for token in content["added_tokens"]})
    assert ids == vocabulary.tokenizer.get_vocab()
    assert content["model"]["unk_id"] == vocabulary.reference.processor.unk_id()


def test_special_tokens_are_cut_out_of_raw_text(vocabulary, content):
    special = dict(vocabulary.golden["special_ids"].values())
    assert {token["content"]: token["id"] for token in content["added_tokens"]} == special
    for token in content["added_tokens"]:
        assert token["special"] and not token["normalized"]
        assert token["lstrip"] == (token["content"] == "[MASK]")
    used = content["post_processor"]["special_tokens"]
    assert {token: entry["ids"] for token, entry in used.items()} == {t: [special[t]] for t in ("[CLS]", "[SEP]")}


def test_no_text_becomes_a_control_or_byte_piece(vocabulary, content):
    """Its characters are together worth more, or the pre-tokenizer cuts an unknown one of them out."""
    pieces = parse_model(vocabulary.model).pieces
    scores = {token: score for token, score in content["model"]["vocab"]}
    cut = content["pre_tokenizer"]
    for piece in pieces:
        if piece.type == PieceType.NORMAL:
            assert scores[piece.text] == piece.score
        elif piece.type != PieceType.USER_DEFINED:
            spelled = [scores.get(character) for character in piece.text]
            assert (None in spelled and cut) or scores[piece.text] < sum(spelled), piece.text


def test_the_configuration_names_the_class_that_reads_the_file(vocabulary, tmp_path):
    tokenizer = RemBertTokenizerFast(vocabulary.model, model_max_length=77)
    entries = tokenizer_config_entries(tokenizer)
    assert entries["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert "token_type_ids" in entries["model_input_names"]
    assert (entries["bos_token"], entries["eos_token"]) == ("[CLS]", "[SEP]")
    tokenizer.save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    assert entries.items() <= saved.items()
    assert (tmp_path / "tokenizer.json").read_text("utf-8") == tokenizer_json(tokenizer)


def test_a_model_of_words_has_no_such_file(tmp_path):
    tokenizer = RemBertTokenizerFast(trained_model(model_type="word"))
    with pytest.raises(InputError, match="unigram and BPE models, not a word model"):
        tokenizer_json(tokenizer)
    tokenizer.save_pretrained(tmp_path)
    assert not (tmp_path / "tokenizer.json").exists()


@pytest.mark.parametrize("damage", [lambda model: b"\x0a\xff", lambda model: model[:-3], lambda model: b""])
def test_bytes_that_are_no_model(oss, damage):
    with pytest.raises(InputError, match="SentencePiece model"):
        parse_model(damage(oss.model))
