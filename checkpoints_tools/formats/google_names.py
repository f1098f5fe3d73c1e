"""Which variable of an original TF1 checkpoint is which weight."""

import dataclasses
import re

from rembert_tf.checkpoints_tools.foreign import looks_like
from rembert_tf.checkpoints_tools.source import Skipped
from rembert_tf.errors import InputError
from rembert_tf.weights.weight_rows import HEAD_ROWS, POOLER_ROWS, encoder_rows

_WORD_TABLE = "embeddings/word_embeddings"
_LAYER = re.compile(r"encoder/layer_(\d+)/")
_COUNTERS = re.compile(r"(^|/)(global_step|beta[12]_power|loss_scale|good_steps|learning_rate|current_loss_scale)$")
_NEXT_SENTENCE = re.compile(r"(^|/)seq_relationship/")
_OUTPUT = "output_embedding"
_DECODER = "cls.predictions.decoder."
HEAD_PREFIX = "cls.predictions."


@dataclasses.dataclass
class Naming:
    """What the variables of a checkpoint are.

    Args:
        num_hidden_layers: blocks.
        names: list of (row of the weight table, variable).
        skipped: list of Skipped, every other variable.
        transposed_output: whether the output matrix is (width, vocab_size).
    """

    num_hidden_layers: int
    names: list
    skipped: list
    transposed_output: bool = False


def read_naming(shapes, where, output_embedding=None):
    """Returns the Naming of a checkpoint's variables.

    Args:
        shapes: variable -> shape.
        where: the checkpoint, for messages.
        output_embedding: "VO" or "OV" where the user said how the output matrix lies.

    Raises:
        InputError: it is no RemBERT, lacks weights, or leaves open what the output matrix is.
    """
    slots = {name for name in shapes if name.rpartition("/")[0] in shapes}
    values = {name: shape for name, shape in shapes.items() if name not in slots}
    family = looks_like(values)
    if family:
        raise InputError(f"{where!r} is no RemBERT; it looks like {family}.")
    scope = _scope(values, where)
    layers = {int(match[1]) for match in map(_LAYER.search, values) if match}
    count = max(layers, default=-1) + 1
    rows = encoder_rows(count, cross_attention=any("/crossattention/" in name for name in values))
    names = [(row, scope + row.google.removeprefix("bert/")) for row in rows]
    missing = [name for _, name in names if name not in values]
    if missing or not count:
        raise InputError(f"{where!r} lacks {len(missing)} weights of an encoder: {', '.join(missing) or 'all blocks'}.")
    names += _complete(
        [(row, scope + row.google.removeprefix("bert/")) for row in POOLER_ROWS], values, "the pooler", where
    )
    names += _complete([(row, row.google) for row in HEAD_ROWS if not _is_lm(row)], values, "a head", where)
    head, transposed = _language_model_head(values, values[scope + _WORD_TABLE][0], where, output_embedding)
    names += head
    used = {name for _, name in names}
    skipped = [Skipped(name, shapes[name], _reason(name, slots)) for name in sorted(shapes) if name not in used]
    return Naming(count, names, skipped, transposed)


def _is_lm(row):
    return row.name.startswith(HEAD_PREFIX)


def _scope(values, where):
    """Returns what stands before `embeddings/` in the encoder's names: `bert/`, or another scope."""
    tables = [name for name in values if name.endswith(_WORD_TABLE)]
    if len(tables) > 1:
        raise InputError(f"{where!r} holds several encoders: {', '.join(sorted(tables))}.")
    return tables[0].removesuffix(_WORD_TABLE)


def _complete(names, values, what, where):
    """Returns the (row, variable) that exist of a group of layers, each of which must be whole."""
    found = [(row, name) for row, name in names if name in values]
    layers = {name.rpartition("/")[0] for _, name in found}
    missing = [name for _, name in names if name.rpartition("/")[0] in layers and name not in values]
    if missing:
        raise InputError(f"{where!r} holds a part of {what} and lacks {', '.join(missing)}.")
    return found


def _language_model_head(values, vocab_size, where, output_embedding):
    """Returns [(row, variable)] of the head, [] where there is none, and whether its matrix is (width, vocab_size)."""
    found = {}
    for row in filter(_is_lm, HEAD_ROWS):
        if not row.name.startswith(_DECODER):
            ending = "/" + row.google.removeprefix("cls/predictions/")
            found[row] = _ending_with(values, ending)
    matrices = [name for name, shape in values.items() if _OUTPUT in name and len(shape) == 2]
    biases = [name for name, shape in values.items() if _is_output_bias(name) and tuple(shape) == (vocab_size,)]
    found |= {row: matrices if len(row.shape) == 2 else biases for row in HEAD_ROWS if row.name.startswith(_DECODER)}
    if not any(found.values()):
        return [], False
    unclear = [f"{_tail(row)}: {', '.join(sorted(names)) or 'none'}" for row, names in found.items() if len(names) != 1]
    if unclear:
        raise InputError(
            f"{where!r} has a language model's head of which one variable each was expected, but found for "
            f"{'; '.join(unclear)}."
        )
    names = [(row, candidates[0]) for row, candidates in found.items()]
    return names, _is_transposed(matrices[0], values[matrices[0]], vocab_size, where, output_embedding)


def _ending_with(values, ending):
    return [name for name in values if name.endswith(ending)]


def _is_output_bias(name):
    return name.endswith("/output_bias") or _OUTPUT in name


def _tail(row):
    return row.google.removeprefix("cls/predictions/")


def _is_transposed(name, shape, vocab_size, where, said):
    """Whether the output matrix lies as (width, vocab_size), which its shape tells unless it is square."""
    if vocab_size not in shape:
        raise InputError(
            f"{where!r}: the output matrix {name} has the shape {tuple(shape)}, no axis of {vocab_size} pieces."
        )
    if shape[0] != shape[1]:
        return shape[0] != vocab_size
    if said is None:
        raise InputError(
            f"{where!r}: the output matrix {name} is square {tuple(shape)}, so its shape does not tell how it lies: "
            "say --output-embedding VO (a row a piece) or OV (a column a piece)."
        )
    return said == "OV"


def _reason(name, slots):
    if name in slots:
        return "optimizer slot"
    if _COUNTERS.search(name):
        return "counter of the training"
    if _NEXT_SENTENCE.search(name):
        return "next-sentence head, which no RemBERT class has"
    return "no weight of RemBERT"
