"""What of a row the model gets, and what of it stands beside the answer."""

import dataclasses

from rembert_tf.errors import InputError
from rembert_tf.serving.batch.bad_rows import RowError
from rembert_tf.serving.batch.json_values import json_value, kind_of
from rembert_tf.serving.batch.line_rows import TEXT_COLUMN
from rembert_tf.serving.batch.settings import TEXT
from rembert_tf.serving.batch.signature import EXAMPLES


@dataclasses.dataclass(frozen=True)
class Request:
    """A row, ready for the model.

    Args:
        inputs: {input: bytes, or a list of bytes}.
        beside: {"id": ..., "input": {column: value}}, as an object for JSON; `id` where rows have names.
    """

    inputs: dict
    beside: dict

    @property
    def size(self):
        """Bytes of its texts: rows of one size cost the least together."""
        return sum(len(text) for value in self.inputs.values() for text in _listed(value))


class RowRequests:
    """Turns rows of one file format into requests.

    Args:
        signature: a BatchSignature.
        settings: BatchSettings.
        file_format: of the rows.

    Raises:
        InputError: the settings name inputs that the signature lacks, or text files have too few columns for it.
    """

    def __init__(self, signature, settings, file_format):
        self.signature, self.settings = signature, settings
        unknown = sorted(settings.columns.keys() - signature.inputs.keys())
        if unknown or (settings.columns and signature.takes_examples):
            told = "columns as they are" if signature.takes_examples else ", ".join(signature.inputs)
            name = unknown[0] if unknown else EXAMPLES
            raise InputError(f"signature {signature.name!r} has no input {name!r} to give a column: it takes {told}.")
        columns = {name: name for name in signature.inputs} | settings.columns
        if file_format == TEXT and not signature.takes_examples:
            columns = {name: TEXT_COLUMN for name in signature.inputs}
            if settings.columns or list(signature.inputs.values()) != [1]:
                raise InputError(
                    f"text files have one text a line, and signature {signature.name!r} takes "
                    f"{', '.join(signature.inputs)}: give .csv, .jsonl, .parquet or .tfrecord, which have columns."
                )
        self._columns = {} if signature.takes_examples else columns
        self._kept = [name for found in self._columns.values() for name in _listed(found)]
        self.required = [*self._kept, *([settings.id_column] if settings.id_column else [])]
        self._kept += [name for name in settings.keep if name not in self._kept]

    @property
    def needed(self):
        """Names of the columns that count, or None where all do."""
        return None if self.signature.takes_examples else {*self.required, *self._kept}

    def __call__(self, row):
        """Returns the Request of a row.

        Args:
            row: {column: value}.

        Raises:
            RowError: a column is missing, or holds something else than the model takes.
        """
        missing = [name for name in self.required if name not in row]
        if missing:
            raise RowError(f"no column {', '.join(map(repr, missing))}")
        try:
            return self._request(row)
        except RecursionError:
            raise RowError("a column is nested too deeply") from None

    def _request(self, row):
        if self.signature.takes_examples:
            inputs, beside = {EXAMPLES: _example(row)}, {"input": json_value(row)}
        else:
            inputs = {name: self._value(row, name, found) for name, found in self._columns.items()}
            beside = {"input": {name: json_value(row.get(name)) for name in self._kept}}
        if self.settings.id_column:
            beside = {"id": _name(row[self.settings.id_column], self.settings.id_column), **beside}
        return Request(inputs, beside)

    def _value(self, row, name, columns):
        if self.signature.inputs[name] == 1:
            return _text(row[columns], columns)
        if not isinstance(columns, str):
            return [_text(row[column], column) for column in columns]
        found = row[columns]
        texts = [_text(value, columns) for value in (found if isinstance(found, list) else [found])]
        if not texts:
            raise RowError(f"column {columns!r} is an empty list")
        return texts


def _text(value, column):
    """Returns a text as bytes in UTF-8."""
    if isinstance(value, bytes):
        try:
            value.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise RowError(f"column {column!r} is not UTF-8 ({problem.reason} at byte {problem.start})") from None
        return value
    if not isinstance(value, str):
        raise RowError(f"column {column!r} holds {kind_of(value)} instead of text")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise RowError(f"column {column!r} holds half of a surrogate pair") from None


def _name(value, column):
    found = json_value(value)
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        raise RowError(f"column {column!r} holds {kind_of(found)} instead of a name or a whole number")
    return found


def _example(row):
    """Returns a row as a serialized tf.train.Example; columns without a value are left out."""
    import tensorflow as tf

    example = tf.train.Example()
    for column, value in row.items():
        for found in value if isinstance(value, list) else [] if value is None else [value]:
            try:
                _add(example.features.feature[column], found, column)
            except (TypeError, ValueError):  # protobuf: a number too large, text beside numbers, a name that is no text
                raise RowError(f"column {column!r} does not fit a feature of a tf.train.Example") from None
    return example.SerializeToString()


def _add(feature, value, column):
    if isinstance(value, (str, bytes)):
        kind, value = "bytes_list", value if isinstance(value, bytes) else _text(value, column)
    elif isinstance(value, (bool, int)):
        kind, value = "int64_list", int(value)
    elif isinstance(value, float):
        kind = "float_list"
    else:
        raise TypeError(kind_of(value))
    if feature.WhichOneof("kind") not in (None, kind):
        raise TypeError("two kinds")
    getattr(feature, kind).value.append(value)


def _listed(value):
    return [value] if isinstance(value, (str, bytes)) else value
