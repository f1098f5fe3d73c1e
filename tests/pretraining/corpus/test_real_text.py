"""All of the raw text beside the project: 73 languages, some 150,000 lines."""

import collections
import lzma

import pytest
import sentencepiece

from rembert_tf.pretraining.corpus.prepare import prepare_corpus
from rembert_tf.pretraining.corpus.settings import CorpusSettings
from rembert_tf.pretraining.corpus_folder import PARTS, read_manifest
from tests.golden import HERE
from tests.pretraining.corpus.corpus_files import rows_of

DATA = HERE.parent.parent / "shared" / "data" / "text"
TEXT, VOCABULARY = DATA / "raw_text_packages.tsv.xz", DATA / "sp16k_demo.model"


@pytest.mark.slow
@pytest.mark.skipif(not TEXT.is_file(), reason="the text is not beside the project")
def test_every_line_is_there_once(tmp_path):
    manifest = prepare_corpus([TEXT], VOCABULARY, tmp_path / "corpus", CorpusSettings(languages_from_column=1))
    assert manifest == read_manifest(tmp_path / "corpus")
    with lzma.open(TEXT, "rt", encoding="utf-8", newline="\n") as file:
        lines = file.readlines()
    kept = sum(counts["lines"] for counts in manifest["languages"].values())
    assert kept + sum(manifest["rejected"].values()) == len(lines)
    assert sum(manifest["rejected"].values()) < 0.001 * len(lines)
    rejected = [row.split("\t") for row in (tmp_path / "corpus" / "rejected.tsv").read_text().splitlines()]
    left_out = {int(line) for _, line, _ in rejected}
    assert len(left_out) == sum(manifest["rejected"].values())

    processor = sentencepiece.SentencePieceProcessor(model_file=str(VOCABULARY))
    texts = collections.defaultdict(list)
    for number, line in enumerate(lines, start=1):
        code, text = line.rstrip("\n").split("\t")
        if number not in left_out:
            texts[code].append(text)
    assert len(texts) == len(manifest["languages"]) > 70
    cls, sep = processor.piece_to_id(["[CLS]", "[SEP]"])
    for code, found in texts.items():
        wanted = collections.Counter(piece for ids in processor.encode(found) for piece in ids)
        rows = [row for part in PARTS for row in rows_of(tmp_path / "corpus", part, code)]
        assert all(row[0] == cls and row[-1] == sep and len(row) <= 512 for row in rows)
        packed = collections.Counter(piece for row in rows for piece in row if piece not in (cls, sep))
        assert packed == wanted and manifest["languages"][code]["pieces"] == wanted.total()
    held_out = sum(counts["held_out_rows"] for counts in manifest["languages"].values())
    assert 0 < held_out < 0.02 * sum(counts["rows"] for counts in manifest["languages"].values())
