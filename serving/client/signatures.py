"""What a model's signatures take and return, read from the server's metadata."""

import dataclasses

import numpy as np

from rembert_tf.errors import InputError

_DTYPES = {
    "DT_FLOAT": np.float32,
    "DT_DOUBLE": np.float64,
    "DT_INT8": np.int8,
    "DT_INT16": np.int16,
    "DT_INT32": np.int32,
    "DT_INT64": np.int64,
    "DT_UINT8": np.uint8,
    "DT_UINT16": np.uint16,
    "DT_UINT32": np.uint32,
    "DT_UINT64": np.uint64,
    "DT_BOOL": np.bool_,
    "DT_STRING": object,
}


class ModelChangedError(InputError):
    """The server's model is another one than the one whose signatures are known."""


@dataclasses.dataclass(frozen=True)
class TensorSpec:
    """An input or output: NumPy dtype (object for strings; None where NumPy has none) and shape (None = unknown)."""

    dtype: type | None
    shape: tuple[int | None, ...] | None


@dataclasses.dataclass(frozen=True)
class Signature:
    """One signature: dicts of name -> `TensorSpec`."""

    inputs: dict[str, TensorSpec]
    outputs: dict[str, TensorSpec]


def read_signatures(metadata):
    """The signatures in the `metadata` object of a metadata answer, as JSON."""
    signatures = metadata["signature_def"]["signature_def"]
    return {
        key: Signature(_read_specs(content["inputs"]), _read_specs(content["outputs"]))
        for key, content in signatures.items()
        if not key.startswith("__")  # `__saved_model_init_op` is no signature that can be asked
    }


def _read_specs(infos):
    return {name: TensorSpec(_DTYPES.get(info["dtype"]), _read_shape(info)) for name, info in sorted(infos.items())}


def _read_shape(info):
    shape = info["tensor_shape"]
    if shape["unknown_rank"]:
        return None
    sizes = [int(dim["size"]) for dim in shape["dim"]]
    return tuple(None if size < 0 else size for size in sizes)


def check_output_names(model, outputs, signature):
    """Raises a ModelChangedError unless an answer has the outputs that the signature has."""
    if set(outputs) != set(signature.outputs):
        raise ModelChangedError(
            f"model {model!r} has changed: it returns {_names(outputs)} and not {_names(signature.outputs)}"
        )


def to_arrays(inputs, signature):
    """Turns what a caller gave into the arrays that a signature takes.

    Args:
        inputs: dict of input name -> array or nested lists.
        signature: a `Signature`.

    Returns:
        A dict of name -> array; strings are object arrays of bytes.

    Raises:
        InputError: naming the input that is missing, unknown or of the wrong type or rank.
    """
    if set(inputs) != set(signature.inputs):
        raise InputError(f"the inputs are {_names(inputs)}; the model takes {_names(signature.inputs)}")
    return {name: _to_array(name, inputs[name], spec) for name, spec in signature.inputs.items()}


def _to_array(name, value, spec):
    if spec.dtype is None:
        raise InputError(f"input {name} has a type that NumPy cannot hold")
    try:
        array = _strings(value) if spec.dtype is object else np.asarray(value, spec.dtype)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        kind = "strings" if spec.dtype is object else np.dtype(spec.dtype).name
        raise InputError(f"input {name} takes {kind}: {error}") from error
    if spec.shape is not None and array.ndim != len(spec.shape):
        raise InputError(f"input {name} has {array.ndim} dimensions; the model takes {len(spec.shape)}")
    return array


def _strings(value):
    array = np.asarray(value, object)
    encoded = [item if isinstance(item, bytes) else item.encode("utf-8") for item in array.reshape(-1)]
    flat = np.empty(len(encoded), object)
    flat[:] = encoded
    return flat.reshape(array.shape)


def _names(names):
    return ", ".join(sorted(names)) or "none"
