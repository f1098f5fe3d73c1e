"""Files of rows: TFRecords of tf.train.Example, complete or not there."""

import hashlib
import tempfile
from pathlib import Path

import numpy as np

from rembert_tf.pipelines import storage
from rembert_tf.pretraining.corpus_folder import FEATURE, shard_name

CHUNK = 2**22  # bytes that are copied at once


def shuffled(rows):
    """Returns rows in an order that follows from their content alone, whatever order they come in.

    Args:
        rows: iterable of rows as bytes.
    """
    return sorted(rows, key=lambda row: (hashlib.blake2b(row, digest_size=8).digest(), row))


def write_shard(folder, part, language, number, count, rows):
    """Writes a shard; a worker that dies leaves none, one that does it again leaves the same.

    Args:
        folder: of the corpus.
        part: `train` or `held_out`.
        language: its code.
        number: which of its language's shards it is, from 0.
        count: how many those are.
        rows: list of rows as bytes of int32 ids.

    Returns:
        Its path below the folder.
    """
    name = shard_name(part, language, number, count)
    # TensorFlow writes locally, Beam takes the file to wherever the corpus lies.
    with tempfile.TemporaryDirectory(prefix="rembert_tf-") as temporary:
        local = Path(temporary) / "rows.tfrecord"
        with storage.reaching(str(local), "write"):
            write_records(local, rows)
        with open(local, "rb") as file:
            storage.write(f"{folder}/{name}", iter(lambda: file.read(CHUNK), b""))
    return name


def write_records(path, rows):
    """Writes rows (bytes of int32 ids) as records of a local file."""
    import tensorflow as tf

    try:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for row in rows:
                ids = tf.train.Int64List(value=np.frombuffer(row, np.int32))
                feature = {FEATURE: tf.train.Feature(int64_list=ids)}
                writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    except tf.errors.OpError as problem:  # a full disk, say
        raise OSError(problem.message) from problem
