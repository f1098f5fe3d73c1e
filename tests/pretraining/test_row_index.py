"""Reading any row of a corpus: what is found, and how a damaged one is told."""

import json
import os
import shutil

import numpy as np
import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.pretraining.corpus_data import open_corpus
from rembert_tf.pretraining.row_index import ids_of, row_index
from tests.pretraining.small_corpus import HELD_OUT_ROWS, ROWS, example, write_corpus, write_shard

ROWS_OF_IDS = [[5], [5, 6, 7], [1] * 16, [2, 3], [9] * 7]


@pytest.fixture
def shards(tmp_path):
    paths = [tmp_path / "a.tfrecord", tmp_path / "b.tfrecord"]
    write_shard(paths[0], ROWS_OF_IDS[:3])
    write_shard(paths[1], ROWS_OF_IDS[3:])
    return paths


@pytest.fixture
def copy(corpus, tmp_path):
    return shutil.copytree(corpus, tmp_path / "corpus")


def first_shard(folder):
    return next((folder / "train/de").iterdir())


@pytest.mark.parametrize("times", [1, 2])
def test_every_row_is_read_by_its_number(shards, tmp_path, times):
    for _ in range(times):  # the second time from the index that the first one left
        index = row_index(tmp_path, "x", shards, 100, 16)
    assert len(index) == 5
    for number in (4, 0, 2, 1, 3):
        assert index.read(number) == example(ROWS_OF_IDS[number])
    records = [index.read(number) for number in range(5)]
    assert ids_of(np.array(records, object)).to_list() == ROWS_OF_IDS


def test_an_index_of_other_shards_is_not_used(shards, tmp_path):
    row_index(tmp_path, "x", shards, 100, 16)
    write_shard(shards[1], [[8], [8, 8, 8]])
    assert ids_of(np.array([row_index(tmp_path, "x", shards, 100, 16).read(4)], object)).to_list() == [[8, 8, 8]]


def test_a_corpus_that_cannot_be_written_to(shards, tmp_path):
    (tmp_path / "index").write_text("a file in the way")
    assert len(row_index(tmp_path, "x", shards, 100, 16)) == 5


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([], r"row 2 of the shard '.*b.tfrecord' has not 1 to 16 ids"),
        ([1] * 17, "has not 1 to 16 ids"),
        ([4, 100], "has ids that are not from 0 to 99"),
        ([-1], "has ids that are not from 0 to 99"),
    ],
)
def test_rows_that_are_none(shards, tmp_path, row, message):
    write_shard(shards[1], [*ROWS_OF_IDS[3:], row])
    with pytest.raises(InputError, match=message):
        row_index(tmp_path, "x", shards, 100, 16)


def test_an_opened_corpus_has_all_its_rows(corpus):
    found = open_corpus(corpus)
    assert {code: len(index) for code, index in found.train.items()} == ROWS
    assert {code: len(index) for code, index in found.held_out.items()} == HELD_OUT_ROWS


def _cut(path):
    os.truncate(path, path.stat().st_size - 3)


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _drop_last_row(path):
    write_shard(path, [[5]])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(b""), "the shard '{}' is empty"),
        (_cut, r"the shard '{}' is damaged behind row \d+: "),
        (_flip, r"the shard '{}' is damaged behind row \d+: "),
        (lambda path: path.write_bytes(b"not a record, surely"), "the shard '{}' is damaged behind row 0"),
        (_drop_last_row, r"is not whole: its corpus.json says 90 rows of de in train, its shards hold 46"),
    ],
)
def test_a_damaged_shard_is_named(copy, damage, message):
    path = first_shard(copy)
    shutil.rmtree(copy / "index", ignore_errors=True)
    damage(path)
    with pytest.raises(InputError, match=message.format(path)):
        open_corpus(copy)


def test_a_missing_shard_and_another_vocabulary_are_named(copy):
    (copy / "sentencepiece.model").write_bytes(b"another")
    with pytest.raises(InputError, match="is damaged: its sentencepiece.model is not that of which corpus.json tells"):
        open_corpus(copy)
    first_shard(copy).unlink()
    with pytest.raises(MissingFileError, match="lacks 'train/de/de-"):
        open_corpus(copy)


@pytest.mark.parametrize(
    ("rows", "held_out", "message"),
    [({"de": 5}, {}, "has no held-out rows; a larger --held-out"), ({}, {"de": 5}, "has no rows to learn from")],
)
def test_nothing_to_learn_or_to_hold_out(tmp_path, small_vocabulary, rows, held_out, message):
    folder = write_corpus(tmp_path / "corpus", small_vocabulary, {"de": 0, **rows}, held_out)
    manifest = json.loads((folder / "corpus.json").read_text())
    manifest["languages"]["de"] = {"rows": rows.get("de", 0), "held_out_rows": held_out.get("de", 0)}
    manifest["train"] = manifest["train"] if rows else {}
    (folder / "corpus.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=message):
        open_corpus(folder)
