"""Trimming a vocabulary: its options, the proof that can fail, the command, and what cannot be trimmed."""

import gzip
import json
import lzma

import numpy as np
import pytest

import rembert_tf
from rembert_tf.checkpoints_tools.surgery import kept_pieces
from rembert_tf.checkpoints_tools.surgery import trim_vocabulary as surgery
from rembert_tf.checkpoints_tools.surgery.equal_outputs import OutputDifference
from rembert_tf.checkpoints_tools.surgery.trim_vocabulary import trim_vocabulary
from rembert_tf.cli import main
from rembert_tf.errors import InputError
from tests.checkpoints_tools.surgery.directories import digests, pieces_of, processor_of
from tests.tokenization.small_models import TEXTS


def test_pieces_that_must_stay(make_directory, corpus, tmp_path):
    directory = make_directory("RemBertModel", pieces="oss_1k")
    unused = pieces_of(processor_of(directory))[900:903]
    trim_vocabulary(directory, tmp_path / "out", [corpus(["word"])])
    assert not set(unused) & set(pieces_of(processor_of(tmp_path / "out")))
    (tmp_path / "keep.txt").write_text("\n".join([*unused, ""]), encoding="utf-8")
    trim_vocabulary(directory, tmp_path / "kept", [tmp_path / "corpus.txt"], keep_file=tmp_path / "keep.txt")
    assert set(unused) <= set(pieces_of(processor_of(tmp_path / "kept")))
    (tmp_path / "keep.txt").write_text("▁a\nnot a piece\n", encoding="utf-8")
    with pytest.raises(InputError, match="keep.txt, line 2: 'not a piece' is no piece of the vocabulary"):
        trim_vocabulary(directory, tmp_path / "bad", [tmp_path / "corpus.txt"], keep_file=tmp_path / "keep.txt")


@pytest.mark.parametrize("kind", ["udef_bytes_8k", "bpe"])
def test_rare_pieces_go_and_their_texts_are_counted(kind, make_directory, corpus, tmp_path):
    directory = make_directory("RemBertModel", pieces=kind)
    old = processor_of(directory)
    common = TEXTS[:40]
    used = {piece for text in common for piece in old.encode(text, out_type=str)}
    word = next(
        piece
        for piece in reversed(pieces_of(old))
        if piece.startswith("▁")
        and old.encode(piece[1:], out_type=str) == [piece]
        and not any(piece in other for other in used)
    )
    texts = [*common, *common, f"{word[1:]} {common[0]}"]
    found = trim_vocabulary(directory, tmp_path / "out", [corpus(texts)], min_count=2)
    new = processor_of(tmp_path / "out")
    different = [text for text in texts if old.encode(text, out_type=str) != new.encode(text, out_type=str)]
    assert found.changed_texts == len(different) < found.texts == len(texts)
    assert word not in pieces_of(new)
    assert texts[-1] in different
    unknown = [sum(each.encode(text).count(each.unk_id()) for text in texts) for each in (old, new)]
    assert found.unknown == tuple(unknown)


def test_sharded_files_and_a_corpus_in_several(make_directory, corpus, tmp_path):
    directory = make_directory("RemBertForMaskedLM", pieces="bpe", shards=4000)
    files = [
        corpus(TEXTS[:9], "a.txt"),
        corpus(["", "  ", *TEXTS[9:19]], "b.txt.gz", gzip.open),
        corpus(TEXTS[19:25], "c.xz", lzma.open),
    ]
    found = trim_vocabulary(directory, tmp_path / "out", files, max_shard_size=4000)
    assert found.texts == 25
    assert len(list((tmp_path / "out").glob("model-*-of-*.safetensors"))) > 1
    trim_vocabulary(directory, tmp_path / "one", [corpus(TEXTS[:25], "all.txt")])
    one, many = (rembert_tf.RemBertForMaskedLM.from_pretrained(tmp_path / name) for name in ("one", "out"))
    for first, second in zip(one.weights, many.weights, strict=True):
        np.testing.assert_array_equal(first, second)


def test_what_cannot_be_trimmed(make_directory, corpus, tmp_path):
    directory = make_directory("RemBertModel", pieces="bpe")
    bare = make_directory("RemBertModel", pieces=None, name="bare")
    small = make_directory("RemBertModel", pieces="bpe", name="small", vocab_size=30)
    text, blank = corpus(["text"]), corpus(["", " ", "\t"], "blank.txt")
    (tmp_path / "latin.txt").write_bytes(b"text\nna\xefve\n")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"text\n" * 100)[:-9])
    (tmp_path / "no.xz").write_bytes(b"text")
    before = digests(tmp_path)
    out = tmp_path / "out"
    for source, output, files, options, message in (
        (bare, out, [text], {}, "has no vocabulary to trim: sentencepiece.model is missing"),
        (small, out, [text], {}, "vocabulary of 400 pieces, but its vocab_size is 30"),
        (directory, out, [], {}, "name at least one file"),
        (directory, out, [tmp_path / "none.txt"], {}, "'.*none.txt' does not exist"),
        (directory, out, [tmp_path], {}, "is a directory"),
        (directory, out, [blank], {}, "the corpus has no text: .*blank.txt"),
        (directory, out, [tmp_path / "latin.txt"], {}, "latin.txt, line 2: not UTF-8"),
        (directory, out, [tmp_path / "cut.gz"], {}, "cut.gz' cannot be read after line"),
        (directory, out, [tmp_path / "no.xz"], {}, "no.xz' cannot be read after line 0"),
        (directory, out, [text], {"min_count": 0}, "min_count must be a positive integer, not 0"),
        (directory, out, [text], {"keep_file": tmp_path / "none"}, "--keep takes a list"),
        (directory, out, [text], {"max_shard_size": "0"}, "max_shard_size must be"),
        (directory, directory / "out", [text], {}, "lies inside"),
        (directory, bare, [text], {}, "exists already"),
        (tmp_path / "none", out, [text], {}, "there is no model directory"),
    ):
        with pytest.raises(InputError, match=message):
            trim_vocabulary(source, output, files, **options)
    assert digests(tmp_path) == before
    assert not out.exists()


@pytest.mark.parametrize("defect", ["pieces", "outputs"])
def test_nothing_is_written_unless_it_is_proven(defect, make_directory, corpus, tmp_path, monkeypatch, capsys):
    """Without the pieces that BPE merges pass through texts are cut otherwise; that is our defect: code 1."""
    directory, file = make_directory("RemBertModel", pieces="bpe"), corpus(TEXTS[:9])
    if defect == "pieces":
        monkeypatch.setattr(kept_pieces, "with_inner_pieces", lambda model, ids, available=None: set(ids))
    else:
        monkeypatch.setattr(surgery, "compare_outputs", lambda *_: OutputDifference(4, 2e-6, 3))
    before = digests(tmp_path)
    assert main.run(["trim-vocab", str(directory), str(tmp_path / "out"), "--corpus", str(file)]) == 1
    assert "the smaller" in capsys.readouterr().err
    assert digests(tmp_path) == before
    assert not [path for path in tmp_path.iterdir() if "partial" in path.name]


def test_settings_without_a_rule_are_refused(make_directory, corpus, tmp_path):
    directory = make_directory("RemBertModel", pieces="bpe")
    (directory / "generation_config.json").write_text('{"forced_decoder_ids": [[1, 5]]}')
    with pytest.raises(InputError, match="forced_decoder_ids holds token ids that cannot be renumbered"):
        trim_vocabulary(directory, tmp_path / "out", [corpus(["text"])])


def test_the_command(make_directory, corpus, tmp_path, capsys):
    directory = make_directory("RemBertForMaskedLM", pieces="bpe")
    files = [str(corpus(TEXTS[:9])), str(corpus(TEXTS[:3], "more.txt"))]
    line = ["trim-vocab", str(directory)]
    assert main.run([*line, str(tmp_path / "out"), "--corpus", *files]) == 0
    printed = capsys.readouterr().out
    size = processor_of(tmp_path / "out").get_piece_size()
    assert ["pieces", "400", str(size), f"{(400 - size) / 400:.1%}"] in [row.split() for row in printed.splitlines()]
    assert "all 12 texts of the corpus are cut as before" in printed
    assert main.run([*line, str(tmp_path / "json"), "--corpus", files[0], "--min-count", "3", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["pieces"][0], content["texts"], content["min_count"]) == (400, 9, 3)
    assert main.run([*line, str(tmp_path / "out"), "--corpus", files[0]]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main.run([*line, str(tmp_path / "new")]) == 2
    assert "--corpus" in capsys.readouterr().err
