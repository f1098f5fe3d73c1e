"""What a model's call accepts: one dictionary, checked before any arithmetic."""

import keras
from keras import ops
from keras.backend import standardize_dtype

from rembert_tf.errors import InputError

ENCODER_INPUTS = ("input_ids", "inputs_embeds", "attention_mask", "token_type_ids", "position_ids")

# The table that each kind of integers looks up, by the configuration's name for its number of rows.
TABLE_SIZES = {
    "input_ids": "vocab_size",
    "token_type_ids": "type_vocab_size",
    "position_ids": "max_position_embeddings",
}


def check_inputs(inputs, config, accepted=ENCODER_INPUTS):
    """Returns the inputs as tensors.

    Args:
        inputs: dictionary with `input_ids` (batch, length) or `inputs_embeds`
            (batch, length, input_embedding_size), and any of the other accepted names.
        config: the model's RemBertConfig.
        accepted: names that this model understands.

    Raises:
        InputError: an unknown name, both or neither of ids and embeddings, a wrong dtype, rank or width,
            or no position, or more positions than the model has.
    """
    if not isinstance(inputs, dict):
        raise InputError(
            f"a model takes a dictionary such as {{'input_ids': ...}}, not {type(inputs).__name__}; "
            f"it understands {', '.join(accepted)}."
        )
    given = {name: value for name, value in inputs.items() if value is not None}
    unknown = sorted(given.keys() - set(accepted))
    if unknown:
        raise InputError(f"unknown input {', '.join(unknown)}: this model understands {', '.join(accepted)}.")
    if ("input_ids" in given) == ("inputs_embeds" in given):
        raise InputError("give either input_ids or inputs_embeds, and not both.")
    tensors = {name: _as_tensor(name, value) for name, value in given.items()}
    for name, tensor in tensors.items():
        _check_dtype(name, standardize_dtype(tensor.dtype))
    _check_shapes(tensors, config)
    return tensors


def check_ranges(tensors, config):
    """Checks that every table lookup has a row, where the values are known (not while a graph is traced).

    Without it a lookup wraps negative numbers around, and accelerators clamp those that are too large.

    Args:
        tensors: what `check_inputs` returned.
        config: the model's RemBertConfig.

    Raises:
        InputError: naming the input, the first such value and the limit.
    """
    for name, field in TABLE_SIZES.items():
        values = _known_values(tensors.get(name))
        if values is None:
            continue
        size = getattr(config, field)
        outside = values[(values < 0) | (values >= size)]
        if outside.size:
            raise InputError(f"{name} holds {outside[0]}, but must be from 0 to {size - 1}: {field} is {size}.")


def _known_values(tensor):
    if tensor is None or isinstance(tensor, keras.KerasTensor):
        return None
    try:
        return ops.convert_to_numpy(tensor)
    except (NotImplementedError, TypeError):  # what TensorFlow and JAX raise for a tensor being traced
        return None


def _as_tensor(name, value):
    if hasattr(value, "row_splits"):
        raise InputError(f"{name} is ragged; a model takes a rectangle: tokenize with padding=True.")
    if isinstance(value, keras.KerasTensor):
        return value
    try:
        return ops.convert_to_tensor(value)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be a rectangular array of numbers, not {value!r}.") from None


def _check_dtype(name, dtype):
    if name in TABLE_SIZES and "int" not in dtype:
        raise InputError(f"{name} must be integers, not {dtype}.")
    if name == "inputs_embeds" and "float" not in dtype:
        raise InputError(f"{name} must be floats, not {dtype}.")
    if dtype == "string":
        raise InputError(f"{name} must be numbers, not strings.")


def _check_shapes(tensors, config):
    for name, tensor in tensors.items():
        rank = 3 if name == "inputs_embeds" else 2
        if len(tensor.shape) != rank:
            wanted = "(batch, length)" if rank == 2 else f"(batch, length, {config.input_embedding_size})"
            raise InputError(f"{name} must have shape {wanted}, not {tuple(tensor.shape)}.")
    embeds = tensors.get("inputs_embeds")
    if embeds is not None and embeds.shape[-1] not in (None, config.input_embedding_size):
        raise InputError(
            f"inputs_embeds must have the input embedding width {config.input_embedding_size}, not {embeds.shape[-1]}."
        )
    shape = (tensors["input_ids"] if embeds is None else embeds).shape
    if shape[1] is not None and shape[1] > config.max_position_embeddings:
        raise InputError(
            f"the input is {shape[1]} positions long, but max_position_embeddings is "
            f"{config.max_position_embeddings}: truncate it to that length."
        )
    if shape[1] == 0:
        raise InputError("the input has no position at all: a sequence needs at least one.")
    for name in ("attention_mask", "token_type_ids", "position_ids"):
        if name in tensors:
            _check_agreement(name, tensors[name].shape, shape, broadcast=name == "position_ids")


def _check_agreement(name, shape, ids_shape, broadcast):
    for axis, size in enumerate(shape):
        wanted = ids_shape[axis]
        fits = size == wanted or size is None or wanted is None or (broadcast and axis == 0 and size == 1)
        if not fits:
            raise InputError(f"{name} has shape {tuple(shape)}, which does not fit input of {tuple(ids_shape[:2])}.")
