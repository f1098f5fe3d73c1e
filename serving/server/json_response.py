"""Arrays -> the JSON text of an answer, with TensorFlow Serving's number formats."""

import base64
import json
import math

import numpy as np
import tensorflow as tf

from rembert_tf.serving.server.json_predict import ROW
from rembert_tf.serving.server.servable import runtime_type_name
from rembert_tf.serving.server.status import invalid_argument

_EXACT_DIGITS = {np.dtype("float32"): 9, np.dtype("float64"): 17}
# What C's printf calls the numbers that are none -> JSON's names for them; the others without a point are whole.
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_INTEGER_TYPES = (tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint32, tf.uint64)


def write_predictions(outputs, request_format):
    """The answer to a Predict request, in the format of the request.

    Args:
        outputs: dict of output name -> array.
        request_format: `ROW` or `COLUMN`.

    Returns:
        The body, as bytes.

    Raises:
        ServingError: INVALID_ARGUMENT for a type that JSON answers cannot hold, or a row answer whose
            outputs do not share their first dimension.
    """
    if not outputs:
        raise invalid_argument("Cannot convert empty tensor map to JSON")
    if request_format == ROW:
        return _encode(f'{{"predictions": [{_rows(outputs)}]}}')
    values = {name: _nest(_scalar_texts(name, array), array.shape) for name, array in outputs.items()}
    text = _object(values) if len(values) > 1 else next(iter(values.values()))
    return _encode(f'{{"outputs": {text}}}')


def _rows(outputs):
    batch_size = None
    columns = {}
    for name, array in outputs.items():
        if array.ndim == 0:
            raise invalid_argument(f"Tensor name: {name} has no shape information ")
        if batch_size not in (None, len(array)):
            raise invalid_argument(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: {batch_size}"
            )
        batch_size = len(array)
        texts = _scalar_texts(name, array)
        size = math.prod(array.shape[1:])
        rows = (texts[row * size : (row + 1) * size] for row in range(batch_size))
        columns[name] = [_nest(row, array.shape[1:]) for row in rows]
    if len(columns) == 1:
        return ", ".join(next(iter(columns.values())))
    return ", ".join(_object(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True))


def write_classifications(results):
    """The answer to a Classify request.

    Args:
        results: for each example a list of (label bytes, score).
    """
    rows = []
    for classes in results:
        scores = _float_texts(np.array([score for _, score in classes], np.float32))
        pairs = (f"[{_string(label)}, {score}]" for (label, _), score in zip(classes, scores, strict=True))
        rows.append(f"[{', '.join(pairs)}]")
    return _encode(f'{{"results": [{", ".join(rows)}]}}')


def write_regressions(values):
    """The answer to a Regress request: `values` is a float32 array (examples,)."""
    return _encode(f'{{"results": [{", ".join(_float_texts(values))}]}}')


def write_error(message):
    """The body of every error."""
    return _encode(f'{{"error": {json.dumps(message)}}}')


def _scalar_texts(name, array):
    """The values of an array, in order, as JSON texts."""
    dtype = tf.as_dtype(array.dtype)
    flat = array.reshape(-1)
    if array.dtype in _EXACT_DIGITS:
        return _float_texts(flat)
    if dtype == tf.string:
        if name.endswith("_bytes"):
            return [f'{{"b64": "{base64.b64encode(value).decode()}"}}' for value in flat]
        return [_string(value) for value in flat]
    if dtype == tf.bool:
        return ["true" if value else "false" for value in flat]
    if dtype in _INTEGER_TYPES:
        return list(map(str, flat.tolist()))
    raise invalid_argument(f"Failed to write JSON value for tensor type: {runtime_type_name(dtype)}")


def _float_texts(values):
    """Six digits where they give the number back, else 9 (float) or 17 (double); always recognisably a float."""
    exact_format = f".{_EXACT_DIGITS[values.dtype]}g"
    numbers = values.tolist()
    texts = [f"{number:g}" for number in numbers]
    six_suffice = (np.array(list(map(float, texts))).astype(values.dtype) == values).tolist()
    texts = [
        text if suffice else format(number, exact_format)
        for text, suffice, number in zip(texts, six_suffice, numbers, strict=True)
    ]
    return [text if "." in text or "e" in text else _NOT_FINITE.get(text, f"{text}.0") for text in texts]


def _string(value):
    # Bytes that are not UTF-8 are passed on as they are, like the original does.
    return json.dumps(value.decode("utf-8", "surrogateescape"), ensure_ascii=False)


def _object(values):
    return "{" + ", ".join(f"{json.dumps(name)}: {text}" for name, text in values.items()) + "}"


def _nest(texts, shape):
    """The nested lists of a shape around a flat list of texts."""
    if not shape:
        return texts[0]
    for size in reversed(shape[1:]):
        if size == 0:
            return _empty(shape)
        texts = [f"[{', '.join(texts[i : i + size])}]" for i in range(0, len(texts), size)]
    return f"[{', '.join(texts)}]"


def _empty(shape):
    return "[" + ", ".join([_empty(shape[1:])] * shape[0]) + "]" if shape else ""


def _encode(text):
    return text.encode("utf-8", "surrogateescape")
