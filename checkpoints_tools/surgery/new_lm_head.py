"""A language model head for an encoder that has none: RemBERT's own output table, made of the input table."""

import functools

import numpy as np

from rembert_tf.checkpoints_tools.source import shape_of
from rembert_tf.checkpoints_tools.surgery.grown_axes import grown_axis
from rembert_tf.errors import InputError
from rembert_tf.weights.weight_rows import HEAD_ROWS, OUT, E

HEAD = "cls.predictions."
TABLE = f"{HEAD}decoder.weight"
WORDS = "embeddings.word_embeddings.weight"


def check_headless(model):
    """Raises an InputError where an OpenModel has a head already."""
    named = (model.config.extra.get("architectures") or ["RemBertModel"])[0]
    if TABLE in model.tensors or named != "RemBertModel":
        raise InputError(f"{str(model.directory)!r} is a {named}: a language model head is added to a bare encoder.")


def head_config(config):
    """Returns the configuration of an encoder that now has a language model head."""
    name = "RemBertForCausalLM" if config.is_decoder else "RemBertForMaskedLM"
    return config.replace(extra={**config.extra, "architectures": [name]})


def head_tensors(model, wanted, matched, seed):
    """Returns names, shapes and functions that make the arrays, as `write_model` takes them.

    The output table repeats the numbers of the input table's rows, as a coupled model's scores would have them; all
    else starts as new weights do.

    Args:
        model: the source's OpenModel.
        wanted: the result's RemBertConfig.
        matched: MatchedPieces, or None where the vocabulary stays.
        seed: of the new weights.

    Raises:
        InputError: the output table would be narrower than the source's input table.
    """
    random = np.random.default_rng([seed, 1])
    axis = grown_axis(OUT, getattr(model.config, E), wanted.output_embedding_size, random)
    tensors = []
    for row in HEAD_ROWS:
        if row.name.startswith(HEAD):
            shape = shape_of(row, wanted)
            make = functools.partial(_new, row.name, shape, wanted.initializer_range, random)
            if row.name == TABLE:
                make = functools.partial(_table, model, axis, matched)
            tensors.append((row.name, shape, make))
    return tensors


def _table(model, axis, matched):
    words = model.read(WORDS)
    words = words if matched is None else matched.table(words)
    return np.take(words, axis.sources, axis=1) * axis.shares


def _new(name, shape, deviation, random):
    if name.endswith("dense.weight"):
        return random.normal(0.0, deviation, shape).astype("float32")
    return np.full(shape, float(name.endswith("LayerNorm.weight")), "float32")
