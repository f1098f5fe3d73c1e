"""A JSON Predict request -> named arrays, in the row (`instances`) and the column (`inputs`) format."""

import numpy as np
import tensorflow as tf

from rembert_tf.serving.server.json_document import format_error, quote
from rembert_tf.serving.server.json_values import is_base64, read_scalar
from rembert_tf.serving.server.status import ServingError, invalid_argument

ROW, COLUMN = "row", "column"
MAX_RANK = 32  # NumPy 1.26's limit


def read_predict_request(document, signature_inputs):
    """The tensors of a request.

    Args:
        document: a `Document`.
        signature_inputs: mapping of input name -> TensorInfo.

    Returns:
        (`ROW` or `COLUMN`, dict of input name -> array).

    Raises:
        ServingError: saying which value does not fit.
    """
    dtypes = {name: tf.as_dtype(info.dtype) for name, info in sorted(signature_inputs.items())}
    if "instances" in document and "inputs" in document:
        raise format_error(
            document, "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist"
        )
    try:
        if "instances" in document:
            return ROW, _read_instances(document["instances"], dtypes, document)
        if "inputs" in document:
            return COLUMN, _read_inputs(document["inputs"], dtypes, document)
    except RecursionError as error:
        raise invalid_argument("JSON Parse error: The document is nested too deeply") from error
    raise invalid_argument("Missing 'inputs' or 'instances' key")


def _read_inputs(inputs, dtypes, document):
    if not isinstance(inputs, dict) or is_base64(inputs):
        if len(dtypes) > 1:
            raise invalid_argument(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required "
                "as per tensorinfo_map"
            )
        return {name: _read_tensor(inputs, dtype, document).array() for name, dtype in dtypes.items()}
    for name in dtypes:
        if name not in inputs:
            raise invalid_argument(f"Missing named input: {name} in 'inputs' object.")
    return {name: _read_tensor(inputs[name], dtype, document).array() for name, dtype in dtypes.items()}


def _read_instances(instances, dtypes, document):
    if not isinstance(instances, list):
        raise format_error(document, "Excepting 'instances' to be an list/array")
    if not instances:
        raise format_error(document, "No values in 'instances' array")
    if not isinstance(instances[0], dict) and len(dtypes) > 1:
        raise invalid_argument(
            "instances is a plain list, but expecting list of objects as multiple input tensors required "
            "as per tensorinfo_map"
        )
    named = _is_named_tensors(instances[0])
    columns = {name: [] for name in dtypes}
    for index, instance in enumerate(instances):
        if _is_named_tensors(instance) != named:
            kinds = "object but got list" if named else "value/list but got object"
            raise invalid_argument(f"Expecting {kinds} at item {index} of input list")
        if named:
            _add_named_tensors(instance, index, dtypes, columns, document)
        else:
            name = next(iter(dtypes))
            where = f"Failed to process element: {index} of 'instances' list. Error: "
            _add_tensor(instance, name, where, dtypes, columns, document)
    return {name: _stack(tensors, dtypes[name]) for name, tensors in columns.items()}


def _is_named_tensors(instance):
    return isinstance(instance, dict) and not is_base64(instance)


def _add_named_tensors(instance, index, dtypes, columns, document):
    for name, value in instance.items():
        where = f"Failed to process element: {index} key: {name} of 'instances' list. Error: "
        _add_tensor(value, name, where, dtypes, columns, document)
    if set(instance) != set(dtypes):
        raise invalid_argument(
            f"Failed to process element: {index} of 'instances' list. JSON object: {quote(instance)} "
            f"keys must be equal to: {','.join(dtypes)}"
        )


def _add_tensor(value, name, where, dtypes, columns, document):
    """Adds one row's tensor to its column; every failure, whatever its code, becomes INVALID_ARGUMENT."""
    try:
        if name not in dtypes:
            raise invalid_argument(f"JSON object: does not have named input: {name}")
        tensor = _read_tensor(value, dtypes[name], document)
        first = columns[name][0] if columns[name] else tensor
        if len(tensor.values) != len(first.values):
            raise invalid_argument(f"Expecting tensor size: {len(first.values)} but got: {len(tensor.values)}")
        if tensor.shape != first.shape:
            raise invalid_argument(f"Expecting shape {_text(first.shape)} but got: {_text(tensor.shape)}")
    except ServingError as error:
        raise invalid_argument(f"{where}{error}") from error
    columns[name].append(tensor)


class _Tensor:
    """A dense tensor being read: its shape comes from the first element of each level."""

    def __init__(self, shape, dtype):
        self.shape = shape
        self.dtype = dtype
        self.values = []

    def array(self):
        return _make_array(self.values, self.dtype, self.shape)


def _read_tensor(value, dtype, document):
    shape, level = [], value
    while isinstance(level, list):
        shape.append(len(level))
        if not level:
            break
        level = level[0]
    if len(shape) > MAX_RANK:
        raise invalid_argument(f"Encountered lists {len(shape)} levels deep; tensors of rank {MAX_RANK} are the limit")
    tensor = _Tensor(tuple(shape), dtype)
    _fill(tensor, value, 0, document)
    return tensor


def _fill(tensor, value, level, document):
    rank = len(tensor.shape)
    if not isinstance(value, list):
        if level != rank:
            raise invalid_argument(
                f"JSON Value: {quote(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {rank}"
            )
        tensor.values.append(read_scalar(value, tensor.dtype, document))
        return
    if level >= rank:
        raise invalid_argument(f"Encountered list at unexpected level: {level} expected < {rank}")
    if len(value) != tensor.shape[level]:
        raise invalid_argument(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {tensor.shape[level]}"
        )
    for element in value:
        _fill(tensor, element, level + 1, document)


def _stack(tensors, dtype):
    values = [value for tensor in tensors for value in tensor.values]
    return _make_array(values, dtype, (len(tensors), *tensors[0].shape))


def _make_array(values, dtype, shape):
    if dtype in (tf.int8, tf.int16, tf.uint8):
        return np.array(values, np.int32).astype(dtype.as_numpy_dtype).reshape(shape)
    # Strings are kept as objects: NumPy's own bytes type drops trailing zeros.
    return np.array(values, dtype.as_numpy_dtype).reshape(shape)


def _text(shape):
    return "[" + ",".join(map(str, shape)) + "]"
