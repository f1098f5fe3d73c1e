"""A corpus holds every line of its files once, or says why not; whatever the lines, bundles and buckets are."""

import collections
import itertools
import json
from pathlib import Path

import pytest
import tensorflow as tf

from rembert_tf import RemBertTokenizer
from rembert_tf.pretraining.corpus.prepare import prepare_corpus
from rembert_tf.pretraining.corpus.settings import CorpusSettings
from rembert_tf.pretraining.corpus_folder import HELD_OUT, PARTS, TRAIN, read_manifest
from rembert_tf.tokenization.vocabulary import VOCABULARY_FILE
from tests.pretraining.corpus.corpus_files import (
    ALL_LINES,
    REJECTED,
    all_rows,
    ids_of,
    kept_documents,
    rows_of,
    write_files,
)

LANGUAGES = ["de", "en", "fr", "sr@latin"]
# One row holds all documents of a language and part: so each can be told from its neighbours.
ONE_ROW = CorpusSettings(max_length=10**6, held_out=0.3, languages_from_column=1)
SMALL_ROWS = CorpusSettings(max_length=40, held_out=0.3, languages_from_column=1, bucket_pieces=300, shard_rows=100)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def corpus(files, small_vocabulary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus") / "one_row"
    assert prepare_corpus(files, small_vocabulary, folder, ONE_ROW) == read_manifest(folder)
    return folder


@pytest.fixture(scope="module")
def small_rows(files, small_vocabulary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus") / "small_rows"
    prepare_corpus(files[::-1], small_vocabulary, folder, SMALL_ROWS)
    return folder


@pytest.fixture(scope="module")
def tokenizer(small_vocabulary):
    return RemBertTokenizer.from_pretrained(small_vocabulary)


def documents_of(rows, tokenizer):
    """Returns the documents of rows as tuples of ids."""
    assert all(row[0] == tokenizer.cls_token_id and row[-1] == tokenizer.sep_token_id for row in rows)
    found = [[]]
    for piece in [piece for row in rows for piece in row[1:]]:
        if piece == tokenizer.sep_token_id:
            found.append([])
        else:
            found[-1].append(piece)
    return [tuple(document) for document in found if document]


def pieces_of(lines, tokenizer):
    """Returns a document's ids. What a vocabulary with user-defined [MASK] makes of that is another test's."""
    return tuple(piece for line in lines for piece in tokenizer(line, add_special_tokens=False)["input_ids"])


def without_literals(documents):
    return [lines for lines in documents if "[MASK]" not in "".join(lines) and len("".join(lines)) < 10_000]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_document_is_in_one_part_in_its_order(language, corpus, tokenizer):
    parts = [documents_of(rows_of(corpus, part, language), tokenizer) for part in PARTS]
    wanted = kept_documents()[language]
    assert sum(map(len, parts)) == len(wanted)
    for lines in without_literals(wanted):
        assert sum(part.count(pieces_of(lines, tokenizer)) for part in parts) == 1
    known = [pieces_of(lines, tokenizer) for lines in without_literals(wanted)]
    for part in parts:
        places = [known.index(document) for document in part if document in known]
        assert places == sorted(places)


def test_held_out_documents_are_about_the_share_that_was_asked_for(corpus, tokenizer):
    held_out = documents_of(rows_of(corpus, HELD_OUT, "en"), tokenizer)
    assert 0.1 < len(held_out) / 61 < 0.5
    assert not set(held_out) & set(documents_of(rows_of(corpus, TRAIN, "en"), tokenizer))


def test_a_row_reads_as_its_text(corpus, tokenizer):
    texts = {" ".join(lines) for lines in kept_documents()["en"]}
    for part in PARTS:
        for document in documents_of(rows_of(corpus, part, "en"), tokenizer):
            texts.remove(tokenizer.decode(document))
    assert not texts


def test_a_long_line_is_there_to_its_last_word(corpus, tokenizer):
    documents = [d for part in PARTS for d in documents_of(rows_of(corpus, part, "de"), tokenizer)]
    [longest] = [text for text in map(tokenizer.decode, documents) if len(text) > 10**6]
    assert longest == ("Der Fährmann wartet am Ufer. " * 36_000).strip()


def test_literals_of_special_tokens_are_plain_text(corpus, tokenizer):
    rows = [row for found in all_rows(corpus, LANGUAGES).values() for row in found]
    assert not any(tokenizer.mask_token_id in row or tokenizer.cls_token_id in row[1:] for row in rows)
    [text] = [text for text in map(tokenizer.decode, documents_of(rows, tokenizer)) if "[MASK]" in text]
    assert text == "Wer [MASK] oder [SEP] oder [CLS] schreibt, meint nur Buchstaben."


def test_what_is_left_out_is_counted_and_listed(corpus, files):
    rows = [line.split("\t") for line in (corpus / "rejected.tsv").read_text(encoding="utf-8").splitlines()]
    assert read_manifest(corpus)["rejected"] == REJECTED
    assert collections.Counter(reason for _, _, reason in rows) == REJECTED
    assert rows == sorted(rows, key=lambda row: (files.index(row[0]), int(row[1]), row[2]))
    lines = Path(files[0]).read_bytes().split(b"\n")
    listed = {reason: lines[int(line) - 1] for path, line, reason in rows if path == files[0]}
    assert listed == {
        "empty": b"",
        "not UTF-8": b"kaputt \xff\xfe Ende",
        "control character": b"null\x00zeichen",
        "no letters": b"---- 12.5 ----",
        "duplicate": b"Das Schiff liegt im Hafen.",
    }


def test_counts_are_those_of_the_files(corpus, tokenizer):
    manifest, kept = read_manifest(corpus), kept_documents()
    assert list(manifest["languages"]) == LANGUAGES
    for language, counts in manifest["languages"].items():
        rows = all_rows(corpus, [language])
        assert counts["documents"] == len(kept[language])
        assert counts["lines"] == sum(map(len, kept[language]))
        assert counts["pieces"] == sum(len(d) for r in rows.values() for d in documents_of(r, tokenizer))
        assert (counts["rows"], counts["held_out_rows"]) == (len(rows[TRAIN, language]), len(rows[HELD_OUT, language]))
    lines = sum(counts["lines"] for counts in manifest["languages"].values())
    assert lines + sum(manifest["rejected"].values()) == ALL_LINES
    assert manifest["vocab_size"] == len(tokenizer)
    assert (corpus / VOCABULARY_FILE).read_bytes() == tokenizer.vocabulary.model
    assert (corpus / "languages.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_buckets_shards_and_order_of_files_give_the_same_pieces(language, corpus, small_rows, tokenizer):
    """Not the same documents: of two equal lines another one stays."""

    def pieces(folder):
        rows = [row for found in all_rows(folder, [language]).values() for row in found]
        return collections.Counter(piece for d in documents_of(rows, tokenizer) for piece in d)

    assert pieces(corpus) == pieces(small_rows)


def test_rows_and_shards_keep_their_limits(small_rows):
    manifest = read_manifest(small_rows)
    assert len(manifest["train"]["de"] + manifest["held_out"]["de"]) > 3
    lengths = {language: [] for language in LANGUAGES}
    for part, language in itertools.product(PARTS, LANGUAGES):
        shards, before = manifest[part][language], len(lengths[language])
        for number, shard in enumerate(shards):
            assert shard == f"{part}/{language}/{language}-{number:05d}-of-{len(shards):05d}.tfrecord"
            rows = [len(ids_of(record)) for record in tf.data.TFRecordDataset(str(small_rows / shard))]
            assert 0 < len(rows) <= 100 and all(3 <= length <= 40 for length in rows)
            lengths[language] += rows
        assert len(shards) == -(-(len(lengths[language]) - before) // 100)
    assert lengths["de"].count(40) > 0.9 * len(lengths["de"])


def test_documents_are_held_out_by_their_text_alone(corpus, small_rows, tokenizer):
    held_out = [documents_of(rows_of(folder, HELD_OUT, "fr"), tokenizer) for folder in (corpus, small_rows)]
    assert sorted(held_out[0]) == sorted(held_out[1])


@pytest.mark.slow
def test_workers_in_any_number_write_the_same_bytes(files, small_rows, small_vocabulary, tmp_path):
    flags = ["--direct_running_mode", "multi_threading", "--direct_num_workers", "4"]
    prepare_corpus(files[::-1], small_vocabulary, tmp_path / "corpus", SMALL_ROWS, flags)
    assert contents(tmp_path / "corpus") == contents(small_rows)


def contents(folder):
    """Returns {path below the folder: bytes}."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_but_the_corpus_is_left(corpus):
    names = {path.name for path in corpus.iterdir()}
    assert names == {"corpus.json", "sentencepiece.model", "train", "held_out", "rejected.tsv", "languages.png"}
    assert json.loads((corpus / "corpus.json").read_text())["format"] == 1
