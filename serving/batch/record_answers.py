"""Answers as a TFRecord file: a tf.train.Example a row, with the same features in every part."""

import base64
import tempfile
from pathlib import Path

from rembert_tf.pipelines import storage
from rembert_tf.serving.batch.answer_columns import OUTPUT, columns_of

LENGTHS = ".row_lengths."  # behind the name of nested lists, and before the level: those of the outermost are 1
_BESIDE = {"file": ("string", 0), "row": ("int64", 0), "id": ("string", 0), "input": ("string", 0)}


def record_file(answered, signature, with_ids):
    """Returns the bytes of a TFRecord file.

    Args:
        answered: list of answers; see `PartAnswers`.
        signature: their BatchSignature.
        with_ids: whether rows have names.

    Features are called as the columns of `columns_of`. Lists in lists are written one behind the other; how long each
    was stands in a feature of its own, `NAME.row_lengths.1`, as a partition of `tf.io.RaggedFeature` wants it.
    """
    import tensorflow as tf

    kinds = {**_BESIDE, **{f"{OUTPUT}{name}": (kind, rank - 1) for name, (kind, rank) in signature.outputs.items()}}
    # TensorFlow writes locally; wherever the answers lie, they get there as those of other formats do.
    with tempfile.TemporaryDirectory(prefix="rembert_tf-") as folder:
        local = f"{folder}/answers.tfrecord"
        with storage.reaching(local, "write"):
            try:
                with tf.io.TFRecordWriter(local) as writer:
                    for answer in answered:
                        writer.write(_example(columns_of(answer, with_ids), kinds).SerializeToString())
            except tf.errors.OpError as problem:  # a full disk, say
                raise OSError(problem.message) from problem
        return Path(local).read_bytes()


def _example(columns, kinds):
    import tensorflow as tf

    features = {}
    for name, value in columns.items():
        kind, depth = kinds[name]
        values, lengths = _flattened(value, depth)
        features[name] = _feature(kind, values)
        features |= {f"{name}{LENGTHS}{level}": _feature("int64", each) for level, each in enumerate(lengths, start=1)}
    return tf.train.Example(features=tf.train.Features(feature=features))


def _flattened(value, depth):
    """Returns the items of lists in lists so deep, and for each level but the outermost the lengths of its lists."""
    values, lengths = [value] if depth == 0 else value, []
    for _ in range(depth - 1):
        lengths.append([len(row) for row in values])
        values = [item for row in values for item in row]
    return values, lengths


def _feature(kind, values):
    import tensorflow as tf

    if kind == "string":
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=map(_bytes, values)))
    if kind.startswith(("float", "bfloat")):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=map(int, values)))


def _bytes(value):
    """Returns a string of an answer as bytes; those that are no text stand in it as {"b64": ...}."""
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value.encode("utf-8", "replace")
