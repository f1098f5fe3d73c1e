"""Larger models with another vocabulary, or the same one: every row where it belongs."""

import numpy as np
import pytest
from safetensors.numpy import load_file

import rembert_tf
from rembert_tf import RemBertConfig, RemBertTokenizer
from rembert_tf.checkpoints_tools.surgery.warm_start import warm_start
from rembert_tf.cli import main
from tests.checkpoints_tools.surgery.directories import vocabulary

TABLES = ("rembert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias")


def test_another_vocabulary_takes_rows_by_spelling(make_directory, tmp_path):
    """Special tokens by their role, alike pieces by spelling, others from the pieces that their text is cut into."""
    directory = make_directory(pieces="oss_1k")
    file = tmp_path / "other.model"
    file.write_bytes(vocabulary("udef_bytes_8k"))
    found = warm_start(directory, tmp_path / "out", sentencepiece=file)
    old, new = (RemBertTokenizer.from_pretrained(place) for place in (directory, tmp_path / "out"))
    assert new.vocabulary.model == file.read_bytes()
    config = RemBertConfig.from_pretrained(tmp_path / "out")
    assert config.vocab_size == len(new) and config.eos_token_id == new.sep_token_id
    assert sum(found.pieces.values()) == len(new) and found.reasons == ["another vocabulary"]
    small, large = (load_file(place / "model.safetensors") for place in (directory, tmp_path / "out"))
    numbers, known = new.get_vocab(), old.get_vocab()
    alike = [piece for piece in known if piece in numbers and piece not in old.all_special_tokens]
    assert len(alike) > 100 and found.pieces["by_spelling"] >= len(alike)
    others = [piece for piece in numbers if piece.startswith("\u2581") and len(piece) > 6 and piece not in known]
    parts = {numbers[piece]: old.vocabulary.processor.encode(piece[1:]) for piece in others}
    parts = {number: ids for number, ids in parts.items() if old.unk_token_id not in ids}
    assert len(parts) > 100
    roles = ("cls_token_id", "sep_token_id", "mask_token_id", "pad_token_id", "unk_token_id")
    for name in TABLES:
        ours, theirs = large[name], small[name]
        rows = [numbers[piece] for piece in alike], [known[piece] for piece in alike]
        np.testing.assert_array_equal(ours[rows[0]], theirs[rows[1]])
        for role in roles:
            np.testing.assert_array_equal(ours[getattr(new, role)], theirs[getattr(old, role)])
        for number, ids in parts.items():
            np.testing.assert_allclose(ours[number], theirs[ids].mean(axis=0), atol=1e-6)


def test_the_same_vocabulary_again_is_no_reason(make_directory, tmp_path, capsys):
    directory = make_directory(pieces="oss_1k")
    command = ["warm-start", str(directory), str(tmp_path / "out"), "--sentencepiece"]
    assert main.run([*command, str(directory / "sentencepiece.model")]) == 0
    assert "it computes what the source does: outputs differ by at most 0.0e+00" in capsys.readouterr().out
    small, large = (load_file(place / "model.safetensors") for place in (directory, tmp_path / "out"))
    assert small.keys() == large.keys()
    for name, array in large.items():
        np.testing.assert_array_equal(array, small[name], err_msg=name)


@pytest.mark.parametrize(
    ("of_source", "reason"),
    [
        ({"do_lower_case": True}, "another vocabulary"),  # texts would be cut otherwise
        ({"additional_special_tokens": ["<museum>"]}, "another vocabulary"),
        ({}, "fewer rows of vocab_size"),  # the model has rows that no piece has
    ],
)
def test_a_vocabulary_is_the_same_only_if_every_text_and_row_is(of_source, reason, make_directory, tmp_path):
    directory = make_directory(pieces="oss_1k")
    tokenizer = RemBertTokenizer.from_pretrained(directory, **of_source)
    tokenizer.save_pretrained(directory)
    config = RemBertConfig.from_pretrained(directory)
    config = config.replace(vocab_size=len(tokenizer) + (0 if of_source else 3))
    rembert_tf.RemBertForMaskedLM(config).save_pretrained(directory)
    found = warm_start(directory, tmp_path / "out", sentencepiece=directory / "sentencepiece.model")
    assert found.reasons == [reason] and found.largest_difference is None
