"""The proof of a portable file: its own runtime loads it, and answers as the model does."""

import dataclasses

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.exact_float32 import exact_float32
from rembert_tf.serving.portable.formats import FLOAT32, LIMITS
from rembert_tf.serving.portable.graph import BATCH, CHOICES, LENGTH
from rembert_tf.serving.self_check import ExportError

# Rows and positions of the batches that are compared, where the file leaves them open.
SHAPES = ((1, 1), (2, 7), (3, 24), (1, 16), (2, 100))
_CHOICES, _ENCODER_LENGTH = 3, 5


@dataclasses.dataclass
class Difference:
    """How far an output of the file was from the model's.

    Args:
        largest: difference of two numbers.
        scale: the largest number of the model's output.
    """

    largest: float = 0.0
    scale: float = 0.0

    @property
    def share(self):
        """The difference as a share of the scale; of small outputs, as it is."""
        return self.largest / max(self.scale, 1.0)


def check_file(graph, runtime, dtype, directory):
    """Loads a written file in its runtime and compares all outputs.

    Args:
        graph: the PortableGraph that was written.
        runtime: the module of its format.
        dtype: of the file.
        directory: that holds it.

    Returns:
        {output name: Difference}, the largest of all batches.

    Raises:
        InputError: the model does not hold in `dtype`.
        ExportError: the file is no good in any other way.
    """
    try:
        loaded = runtime.Loaded(directory)
    except Exception as refusal:  # whatever a runtime raises: each has types of its own
        raise ExportError(f"{runtime.NAME} does not load the file: {_first_line(refusal)}; nothing was kept.") from None
    differences = {}
    for inputs in sample_batches(graph):
        shape = tuple(inputs["input_ids"].shape)
        with exact_float32():
            expected = graph({name: tf.constant(values) for name, values in inputs.items()})
        try:
            answers = loaded(inputs)
        except Exception as refusal:
            raise ExportError(
                f"{runtime.NAME} does not run a batch of {shape}: {_first_line(refusal)}; nothing was kept."
            ) from None
        if set(answers) != set(expected):
            raise ExportError(f"the file returns {sorted(answers)}, not {sorted(expected)}; nothing was kept.")
        for name, value in expected.items():
            _compare(name, value.numpy(), answers[name], differences.setdefault(name, Difference()), dtype)
    return differences


def sample_batches(graph):
    """Yields {input name: array}, whose rows are padded on either side, in places, everywhere or nowhere."""
    generator, config = np.random.default_rng(0), graph.model.config
    tables = {"input_ids": config.vocab_size, "token_type_ids": config.type_vocab_size}
    row_number = 0
    for rows, length in SHAPES:
        sizes = {BATCH: rows, CHOICES: _CHOICES, LENGTH: min(length, config.max_position_embeddings)}
        sizes["encoder_length"] = _ENCODER_LENGTH
        inputs = {}
        for name, (dtype, axes) in graph.inputs.items():
            shape = [sizes.get(size, size) for size in axes]
            if name in tables:
                values = generator.integers(0, tables[name], shape)
            elif dtype.is_floating:
                values = generator.normal(size=shape)
            else:
                width = shape[-1]
                numbers = range(row_number, row_number + int(np.prod(shape[:-1])))
                values = np.reshape([_mask(number, width) for number in numbers], shape)
            inputs[name] = values.astype(dtype.as_numpy_dtype)
        row_number += rows
        yield inputs


def _mask(number, width):
    """Returns one of five masks: all kept, padding on the right, on the left, in places, nothing kept."""
    places, kept = np.arange(width), (width + 1) // 2
    masks = (np.ones(width), places < kept, places >= width - kept, 2 * (places % 3 != 1), np.zeros(width))
    return masks[number % len(masks)].astype(np.int64)


def _compare(name, mine, answer, difference, dtype):
    """Widens a Difference by one answer, or raises where it is wrong."""
    if answer.shape != mine.shape or answer.dtype != mine.dtype:
        raise ExportError(
            f"{name} is {answer.dtype.name} {answer.shape}, not {mine.dtype.name} {mine.shape}; nothing was kept."
        )
    if mine.size:
        difference.largest = max(difference.largest, float(np.abs(mine - answer).max()))
        difference.scale = max(difference.scale, float(np.abs(mine).max()))
    if not difference.share <= LIMITS[dtype]:  # also where it is no number
        found = f"{name} differs by {difference.largest:.2g} where the largest number is {difference.scale:.2g}"
        if dtype == FLOAT32:
            raise ExportError(f"the file answers otherwise than the model: {found}; nothing was kept.")
        raise InputError(
            f"this model does not hold in {dtype}: {found} (at most {LIMITS[dtype]:.0%} would be accepted): "
            "choose another dtype; nothing was kept."
        )


def _first_line(problem):
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]
