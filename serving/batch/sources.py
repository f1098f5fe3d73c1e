"""The files to answer: of which format each is."""

import dataclasses
import re
from pathlib import Path, PurePosixPath

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.pipelines import storage
from rembert_tf.serving.batch.settings import CSV, JSON_LINES, PARQUET, RECORDS, TEXT, TSV

EXPECTED = ".txt, .csv, .tsv, .jsonl, .parquet or .tfrecord; those of lines also as .gz or .xz, .tfrecord as .gz"
_ENDINGS = {
    ".txt": TEXT,
    ".csv": CSV,
    ".tsv": TSV,
    ".jsonl": JSON_LINES,
    ".ndjson": JSON_LINES,
    ".json": JSON_LINES,
    ".parquet": PARQUET,
    ".pq": PARQUET,
    ".tfrecord": RECORDS,
    ".tfrecords": RECORDS,
}
_COMPRESSED = {**dict.fromkeys((TEXT, CSV, TSV, JSON_LINES), (".gz", ".xz")), PARQUET: (), RECORDS: (".gz",)}
_PART_OF_MANY = re.compile(r"-\d+-of-\d+$")


@dataclasses.dataclass(frozen=True)
class Source:
    """A file to answer.

    Args:
        number: its place among the files, from 0.
        path: where it is.
        file_format: one of `FORMATS`.
    """

    number: int
    path: str
    file_format: str


def list_sources(patterns, file_format=None, own=None):
    """Returns a Source for each file.

    Args:
        patterns: files, local or remote, or patterns of names such as `reviews-*.jsonl`.
        file_format: of all files; None goes by their endings.
        own: function of a path that tells whether it is an answer of the same command, which a pattern may name too.

    Raises:
        MissingFileError: there is no such file.
        InputError: a file is given twice, is a directory, or is of a format that cannot be read.
    """
    found = [path for pattern in patterns for path in _matching(str(pattern))]
    paths = [path for path in found if own is None or not own(path)]
    if not paths:
        raise MissingFileError(f"there is no file to answer: expected {EXPECTED}.")
    twice = {path for path in paths if paths.count(path) > 1} if len(set(paths)) < len(paths) else ()
    if twice:
        raise InputError(f"{min(twice)!r} is given twice: each of its rows would be answered twice.")
    return [Source(number, path, _format_of(path, file_format)) for number, path in enumerate(paths)]


def _matching(pattern):
    if not storage.is_remote(pattern) and Path(pattern).is_dir():
        inside = f"{pattern.rstrip('/')}/*.jsonl"
        raise InputError(f"{pattern!r} is a directory: give files, or a pattern such as {inside!r}.")
    return storage.matching(pattern, EXPECTED)


def _format_of(path, file_format):
    ending = PurePosixPath(path).suffix.lower()
    packed = ending in (".gz", ".xz")
    name = PurePosixPath(path).stem if packed else PurePosixPath(path).name
    # TensorFlow's files are often called data.tfrecord-00000-of-00010.
    told = _ENDINGS.get(PurePosixPath(_PART_OF_MANY.sub("", name)).suffix.lower())
    found = file_format or told
    if found is None:
        raise InputError(f"nothing tells the format of {path!r}: say it with --format, or give {EXPECTED}.")
    if packed and ending not in _COMPRESSED[found]:
        raise InputError(f"{path!r} cannot be read: {found} files may not be compressed as {ending}.")
    return found
