"""Rows of TFRecord files: a tf.train.Example a record."""

import re

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage
from rembert_tf.serving.batch.bad_rows import BadRow

_READ_AT_ONCE = 256  # records
# TensorFlow says before and behind a message which of its operations it was.
_OPERATIONS = re.compile(r"\{\{.*?\}\}| \[Op:.*", re.DOTALL)


def can_seek(source):
    """Whether a part can be read without what stands before it."""
    return False


def sizes(source):
    """Yields (row, its bytes, 0) of a file."""
    for number, record in enumerate(_records(source), start=1):
        yield number, len(record), 0


def rows(part, columns):
    """Yields (row, {feature: value} or BadRow) of a part: bytes, int or float, and a list of them where there are more.

    Raises:
        InputError: the file cannot be read.
    """
    for number, record in enumerate(_records(part.source, part.first - 1, part.rows), start=part.first):
        yield number, _features(record, columns)


def _records(source, skipped=0, taken=-1):
    import tensorflow as tf

    compression = "GZIP" if source.path.lower().endswith(".gz") else ""
    with storage.reaching(source.path, "read"):
        try:
            dataset = tf.data.TFRecordDataset(source.path, compression_type=compression)
            for batch in dataset.skip(skipped).take(taken).batch(_READ_AT_ONCE).as_numpy_iterator():
                yield from batch
        except tf.errors.OpError as problem:
            raise InputError(f"{source.path}: not readable as TFRecord ({_first_line(problem.message)}).") from None


def _first_line(message):
    return _OPERATIONS.sub("", message).strip().splitlines()[0].rstrip(".")


def _features(record, columns):
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    try:
        features = tf.train.Example.FromString(record).features.feature
    except DecodeError:
        return BadRow("not a tf.train.Example")
    names = [name for name in features if columns is None or name in columns]
    return {name: _value(features[name]) for name in names}


def _value(feature):
    kind = feature.WhichOneof("kind")
    values = list(getattr(feature, kind).value) if kind else []
    return values[0] if len(values) == 1 else values or None
