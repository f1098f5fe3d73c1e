"""What a model's call accepts: one dictionary, checked before any arithmetic."""

import keras
from keras import ops
from keras.backend import standardize_dtype

from rembert_tf.errors import InputError
from rembert_tf.former_arguments import argument_advice
from rembert_tf.models.decoder_inputs import ENCODER_STATES, PAST, check_agreement, check_encoder_states, past_length
from rembert_tf.models.labels import known_values

ENCODER_INPUTS = ("input_ids", "inputs_embeds", "attention_mask", "token_type_ids", "position_ids")
DECODER_INPUTS = (*ENCODER_INPUTS, *ENCODER_STATES)
MASKED_POSITIONS = "masked_positions"

# The table that each kind of integers looks up, by the configuration's name for its number of rows.
TABLE_SIZES = {
    "input_ids": "vocab_size",
    "token_type_ids": "type_vocab_size",
    "position_ids": "max_position_embeddings",
}
INTEGERS = (*TABLE_SIZES, MASKED_POSITIONS)
# The width of inputs that have one, by the configuration's name for it.
WIDTHS = {"inputs_embeds": "input_embedding_size", "encoder_hidden_states": "hidden_size"}


def as_tensors(inputs, accepted):
    """Returns the inputs as tensors of a dtype that fits.

    Args:
        inputs: dictionary with `input_ids` or `inputs_embeds`, and any of the other accepted names; None
            stands for an input that is not given.
        accepted: names that this model understands.

    Raises:
        InputError: an unknown name, both or neither of ids and embeddings, or a wrong dtype.
    """
    if not isinstance(inputs, dict):
        raise InputError(
            f"a model takes a dictionary such as {{'input_ids': ...}}, not {type(inputs).__name__}; "
            f"it understands {', '.join(accepted)}."
        )
    given = {name: value for name, value in inputs.items() if value is not None}
    unknown = sorted(given.keys() - set(accepted))
    if unknown:
        advice = argument_advice(unknown)
        raise InputError(
            f"unknown input {', '.join(unknown)}: this model understands {', '.join(accepted)}"
            f"{f' ({advice})' if advice else ''}."
        )
    if ("input_ids" in given) == ("inputs_embeds" in given):
        raise InputError("give either input_ids or inputs_embeds, and not both.")
    return {name: value if name == PAST else _as_tensor(name, value) for name, value in given.items()}


def check_shapes(tensors, config):
    """Checks ranks and sizes, those that are known.

    Args:
        tensors: what `as_tensors` returned.
        config: the model's RemBertConfig.

    Raises:
        InputError: a wrong rank or width, inputs that disagree, no position, or more positions than the model
            has.
    """
    for name, tensor in tensors.items():
        if name != PAST:
            _check_rank_and_width(name, tensor.shape, config)
    batch, length = tensors["input_ids" if "input_ids" in tensors else "inputs_embeds"].shape[:2]
    if length == 0:
        raise InputError("the input has no position at all: a sequence needs at least one.")
    past = past_length(tensors, config, batch)
    total = None if past is None or length is None else past + length
    if total is not None and total > config.max_position_embeddings:
        cached = f" ({past} of them cached)" if past else ""
        raise InputError(
            f"the input is {total} positions long{cached}, but max_position_embeddings is "
            f"{config.max_position_embeddings}: truncate it to that length."
        )
    wanted = {"token_type_ids": length, "position_ids": length, "attention_mask": total, MASKED_POSITIONS: None}
    for name, size in wanted.items():
        if name in tensors:
            check_agreement(name, tensors[name].shape, (batch, size), broadcast=name == "position_ids")
    check_encoder_states(tensors, config, batch)


def check_ranges(tensors, config):
    """Checks that every table lookup has a row, where the values are known (not while a graph is traced).

    Without it a lookup wraps negative numbers around, and accelerators clamp those that are too large.

    Args:
        tensors: names of inputs -> tensors or arrays; others than integers are not looked at.
        config: the model's RemBertConfig.

    Raises:
        InputError: naming the input, the first such value and the limit.
    """
    for name, field in TABLE_SIZES.items():
        _check_range(name, tensors.get(name), getattr(config, field), field)
    if MASKED_POSITIONS in tensors:
        length = tensors["input_ids" if "input_ids" in tensors else "inputs_embeds"].shape[1]
        if length is not None:
            _check_range(MASKED_POSITIONS, tensors[MASKED_POSITIONS], length, "the length of the input")


def _check_range(name, tensor, size, field):
    values = known_values(tensor)
    if values is None:
        return
    outside = values[(values < 0) | (values >= size)]
    if outside.size:
        raise InputError(f"{name} holds {outside[0]}, but must be from 0 to {size - 1}: {field} is {size}.")


def _as_tensor(name, value):
    if hasattr(value, "row_splits"):
        raise InputError(f"{name} is ragged; a model takes a rectangle: tokenize with padding=True.")
    if not isinstance(value, keras.KerasTensor):
        try:
            value = ops.convert_to_tensor(value)
        except (TypeError, ValueError):
            raise InputError(f"{name} must be a rectangular array of numbers, not {value!r}.") from None
    _check_dtype(name, standardize_dtype(value.dtype))
    return value


def _check_dtype(name, dtype):
    if name in INTEGERS and "int" not in dtype:
        raise InputError(f"{name} must be integers, not {dtype}.")
    if name in WIDTHS and "float" not in dtype:
        raise InputError(f"{name} must be floats, not {dtype}.")
    if dtype == "string":
        raise InputError(f"{name} must be numbers, not strings.")


def _check_rank_and_width(name, shape, config):
    width = getattr(config, WIDTHS[name]) if name in WIDTHS else None
    if len(shape) != (2 if width is None else 3):
        wanted = "(batch, length)" if width is None else f"(batch, length, {width})"
        alone = ": a batch of one text is a list of one text" if width is None and len(shape) == 1 else ""
        raise InputError(f"{name} must have shape {wanted}, not {tuple(shape)}{alone}.")
    if width is not None and shape[-1] not in (None, width):
        kind = WIDTHS[name].removesuffix("_size").replace("_", " ")
        raise InputError(f"{name} must have the {kind} width {width}, not {shape[-1]}.")
