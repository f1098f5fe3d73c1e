"""Rows out of documents: [CLS], documents with [SEP] between them, [SEP]; and rows into shards."""

import collections
import math

import numpy as np


def pack_rows(documents, cls_id, sep_id, max_length):
    """Fills rows with documents, one after the other; a document goes on in the next row where one is full.

    Args:
        documents: iterable of int32 arrays, none of them empty.
        cls_id: what a row begins with.
        sep_id: what a row ends with, and what stands between its documents.
        max_length: most ids in a row.

    Yields:
        int32 arrays of 3 to `max_length` ids.
    """
    room, row, used = max_length - 2, [], 0
    between = np.array([sep_id], np.int32)

    def closed():
        return np.concatenate([np.array([cls_id], np.int32), *row, between])

    for pieces in documents:
        if used and used + 1 >= room:  # [SEP] would leave no place for a piece
            yield closed()
            row, used = [], 0
        elif used:
            row.append(between)
            used += 1
        while len(pieces) > room - used:
            row.append(pieces[: room - used])
            pieces = pieces[room - used :]
            yield closed()
            row, used = [], 0
        row.append(pieces)
        used += len(pieces)
    if used:
        yield closed()


def bucket_of(number, pieces, bucket_pieces):
    """Returns which bucket a document is packed in.

    Args:
        number: an integer that its text decides.
        pieces: of all documents of its language and part.
        bucket_pieces: about how many a bucket shall have.
    """
    return number % max(1, math.ceil(pieces / bucket_pieces))


def shards_of(buckets, key, shard_rows):
    """Returns how a bucket's rows go into shards: (number of shards, the shard of its first row).

    Rows go round: the next row into the next shard, the next bucket on where the last one stopped. So shards differ
    by a row at most, and neighbours lie in different ones.

    Args:
        buckets: {(language, part, bucket): rows}.
        key: of the bucket.
        shard_rows: most rows in a shard.
    """
    language, part, _ = key
    alike = {other: rows for other, rows in buckets.items() if other[:2] == (language, part)}
    count = math.ceil(sum(alike.values()) / shard_rows)
    return count, sum(rows for other, rows in alike.items() if other < key) % count


def count_shards(buckets, shard_rows):
    """Returns how many shards all buckets together fill; arguments as above."""
    totals = collections.Counter()
    for (language, part, _), rows in buckets.items():
        totals[language, part] += rows
    return sum(math.ceil(rows / shard_rows) for rows in totals.values())
