"""Rows hold all pieces of all documents in their order, shards all rows; no text can spell a special token."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rembert_tf import RemBertTokenizer
from rembert_tf.pretraining.corpus.documents import Document, digest_of, number_of, share_of
from rembert_tf.pretraining.corpus.packing import bucket_of, count_shards, pack_rows, shards_of
from rembert_tf.pretraining.corpus.shards import shuffled
from rembert_tf.pretraining.corpus.steps import Pack
from rembert_tf.pretraining.corpus.tokenizing import DocumentTokenizer
from tests.golden import fixture

CLS, SEP = 1, 2
DOCUMENTS = st.lists(st.lists(st.integers(3, 99), min_size=1, max_size=30), min_size=1, max_size=12)
VOCABULARIES = ("oss_1k", "ctrl_16k", "udef_bytes_8k")  # without special pieces, with control and user-defined ones


def packed(documents, max_length):
    return [row.tolist() for row in pack_rows([np.array(d, np.int32) for d in documents], CLS, SEP, max_length)]


@given(DOCUMENTS, st.integers(3, 20))
def test_rows_hold_every_piece_once_in_order(documents, max_length):
    rows = packed(documents, max_length)
    assert all(row[0] == CLS and row[-1] == SEP and CLS not in row[1:] for row in rows)
    assert all(3 <= len(row) <= max_length and row[1] != SEP and row[-2] != SEP for row in rows)
    assert [i for row in rows for i in row if i > SEP] == [i for document in documents for i in document]
    # A row before the last has at most one free place: one in which a document cannot begin.
    assert all(len(row) >= max_length - 1 for row in rows[:-1])


@given(DOCUMENTS, st.integers(3, 20))
def test_documents_never_touch(documents, max_length):
    ends = np.cumsum([len(document) for document in documents])
    place = 0
    for row in packed(documents, max_length):
        for previous, piece in zip(row, row[1:], strict=False):
            if previous > SEP and piece == SEP:
                assert place in ends or piece is row[-1]
            if previous > SEP and piece > SEP:
                assert place not in ends
            place += piece > SEP


def test_an_example():
    assert packed([[11, 12], [21, 22, 23], [31]], 7) == [[1, 11, 12, 2, 21, 22, 2], [1, 23, 2, 31, 2]]


def test_the_order_in_which_documents_arrive_changes_nothing():
    documents = [((number % 3, number), np.full(number % 7 + 1, number, np.int32).tobytes()) for number in range(3, 80)]
    step, mixed = Pack(CLS, SEP, 16), random.Random(0).sample(documents, len(documents))
    (counts, packed), (other_counts, other_packed) = (step.process(("a", given)) for given in (documents, mixed))
    assert packed == other_packed and counts.value == other_counts.value
    _, rows = packed
    assert counts.value == (len(documents), sum(len(ids) // 4 for _, ids in documents), len(rows))
    assert shuffled(rows) == shuffled(rows[::-1]) != rows
    assert sorted(shuffled(rows)) == sorted(rows)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(1, 40))
def test_shards_are_full_to_within_a_row(rows_of_buckets, shard_rows):
    buckets = {("de", "train", bucket): rows for bucket, rows in enumerate(rows_of_buckets)}
    others = {("de", "held_out", 0): 3, ("fr", "train", 0): 7}
    sizes = {}
    for key, rows in buckets.items():
        count, first = shards_of({**others, **buckets}, key, shard_rows)
        for row in range(rows):
            sizes[(first + row) % count] = sizes.get((first + row) % count, 0) + 1
    assert len(sizes) == count == -(-sum(rows_of_buckets) // shard_rows)
    assert max(sizes.values()) <= shard_rows and max(sizes.values()) - min(sizes.values()) <= 1
    assert count_shards({**others, **buckets}, shard_rows) == count + -(-3 // shard_rows) + -(-7 // shard_rows)


def test_buckets_and_shares_are_even_and_independent():
    digests = [digest_of("de", str(number)) for number in range(4000)]
    held_out = [digest for digest in digests if share_of(digest) < 0.1]
    assert 330 < len(held_out) < 470
    for some in (digests, held_out):
        counts = np.bincount([bucket_of(number_of(digest), 999, 250) for digest in some], minlength=4)
        assert len(counts) == 4 and counts.min() > 0.7 * counts.max()


@pytest.mark.parametrize("name", VOCABULARIES)
def test_pieces_are_the_tokenizers_and_literals_are_text(name):
    tokenizer = RemBertTokenizer.from_pretrained(str(fixture(f"tokenizer/models/{name}/sentencepiece.model")))
    cut = DocumentTokenizer(tokenizer.vocabulary.model)
    assert (cut.cls_id, cut.sep_id) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
    lines = ["The  ﬁrst line.", "x" * 25_000, "Ａｎｄ ２ more"]
    pieces, rejected = cut(Document((0, 5), "en", list(enumerate(lines, start=5)), b"d"))
    wanted = tokenizer(["The  ﬁrst line.", "Ａｎｄ ２ more"], add_special_tokens=False, split_special_tokens=True)
    found = np.frombuffer(pieces.ids, np.int32).tolist()
    first, last = wanted["input_ids"]
    assert found[: len(first)] == first and found[-len(last) :] == last
    assert (pieces.place, pieces.language, pieces.digest, pieces.lines, rejected) == ((0, 5), "en", b"d", 3, [])
    spelled = " ".join(["[CLS]", "[SEP]", "[MASK]", "[PAD]", "<unk>", "</s>"])
    ids = np.frombuffer(cut(Document((0, 1), "en", [(1, spelled)]))[0].ids, np.int32)
    assert not {tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id} & set(ids.tolist())
    assert "MASK" in tokenizer.decode(ids) or tokenizer.unk_token_id in ids


def test_lines_without_pieces(small_vocabulary):
    cut = DocumentTokenizer(RemBertTokenizer.from_pretrained(small_vocabulary).vocabulary.model)
    pieces, rejected = cut(Document((2, 1), "en", [(1, "\u200b"), (2, "word")]))
    assert pieces.lines == 1 and rejected == [("no pieces", (2, 1))]
    assert cut(Document((2, 1), "en", [(1, "\u200b")])) == (None, [("no pieces", (2, 1))])
