"""Which variable of a Model Garden checkpoint is which weight, and what the others are."""

import dataclasses

from rembert_tf.checkpoints_tools.formats.object_checkpoint import GRAPH_KEY, OPTIMIZER_SLOT, ROOT, steps
from rembert_tf.checkpoints_tools.sizes import infer_sizes
from rembert_tf.checkpoints_tools.source import Skipped
from rembert_tf.errors import InputError
from rembert_tf.weights.layouts import INTO_HEADS
from rembert_tf.weights.weight_rows import HEAD_ROWS, POOLER_ROWS, encoder_rows

ENCODER, HEAD = "encoder/", "masked_lm/"
LM_ROWS = [row for row in HEAD_ROWS if row.garden]
_PROJECTION = f"{ENCODER}_embedding_projection/"
_TABLE, _LM_TABLE = f"{ENCODER}_embedding_layer/embeddings", f"{HEAD}embedding_table"
_INCOMPLETE = "part of a language model head that is incomplete"
_STEPS = {"global_step", "step", "save_counter", "iterations", "epoch"}


@dataclasses.dataclass
class Naming:
    """What a checkpoint's variables are.

    Args:
        names: list of (row of the weight table, name in the checkpoint).
        sizes: {field of the configuration: size}, as the tensors have them.
        has_head: whether the language model's head is complete.
        without_projection: whether both widths are equal and nothing stands between them.
        is_tied: whether the head's table is the input table.
        skipped: list of Skipped.
    """

    names: list
    sizes: dict
    has_head: bool
    without_projection: bool
    is_tied: bool
    skipped: list


def read_naming(graph, shapes, where):
    """Returns the Naming of a checkpoint with one BERT encoder.

    Args:
        graph: its ObjectGraph.
        shapes: {name: shape} of everything in it.
        where: for messages.

    Raises:
        InputError: there is no such encoder, or weights of it are missing, unknown or mis-shaped; the message
            lists every one.
    """
    encoder = _encoder(graph, where)
    head = _head(graph, where)
    layers = graph.numbered(encoder, "_transformer_layers")
    rows = encoder_rows(layers) + POOLER_ROWS
    keys = {row: graph.key(encoder, row.garden.removeprefix(ENCODER)) for row in rows}
    lm_keys = {row: None if head is None else graph.key(head, row.garden.removeprefix(HEAD)) for row in LM_ROWS}
    has_head = None not in lm_keys.values()
    found = [(row, key) for row, key in {**keys, **(lm_keys if has_head else {})}.items() if key is not None]
    sizes = {**_sizes(found, shapes), "num_hidden_layers": layers}
    without_projection = _lacks_projection(keys, sizes)
    missing = [row for row in _due(keys) if not (without_projection and row.garden.startswith(_PROJECTION))]
    problems = [f"missing {row.garden}" for row in missing]
    problems += _misfits(found, shapes, sizes)
    problems += [f"unknown {key}" for key in sorted(graph.keys_below(encoder) - set(keys.values()))]
    if problems:
        raise InputError(
            f"{where!r} is no BERT encoder as RemBERT has it ({len(problems)} weights of "
            f"{graph.way(encoder)!r} differ): {'; '.join(problems)}."
        )
    by_name = {row.garden: key for row, key in found}
    return Naming(
        names=found,
        sizes=sizes,
        has_head=has_head,
        without_projection=without_projection,
        is_tied=by_name.get(_LM_TABLE) == by_name[_TABLE],
        skipped=_skipped(shapes, {key for _, key in found}, set() if has_head else set(lm_keys.values())),
    )


def _encoder(graph, where):
    """Returns the one object that has the parts of a BERT encoder, whatever it is called."""
    found = graph.with_variables(_TABLE.removeprefix(ENCODER))
    if len(found) > 1:
        ways = ", ".join(sorted(graph.way(node) for node in found))
        raise InputError(
            f"{where!r} holds {len(found)} encoders ({ways}): save the one you mean in a checkpoint of its own."
        )
    if not found or not graph.numbered(found[0], "_transformer_layers"):
        names = ", ".join(sorted(graph.names_of(ROOT))) or "nothing"
        raise InputError(
            f"{where!r} holds no BERT encoder of Model Garden (its root has {names}): expected an object with "
            f"_embedding_layer/embeddings and _transformer_layers, as BertEncoderV2 has."
        )
    return found[0]


def _head(graph, where):
    """Returns the one language model head, or None."""
    found = graph.with_variables("embedding_table", "dense/kernel")
    if len(found) > 1:
        ways = ", ".join(sorted(graph.way(node) for node in found))
        raise InputError(f"{where!r} holds {len(found)} language model heads ({ways}): expected one at most.")
    return found[0] if found else None


def _due(keys):
    """Returns the rows without a variable that should have one: the pooler may be absent as a whole."""
    has_pooler = any(keys[row] for row in POOLER_ROWS)
    return [row for row, key in keys.items() if key is None and (has_pooler or not row.optional)]


def _lacks_projection(keys, sizes):
    absent = all(key is None for row, key in keys.items() if row.garden.startswith(_PROJECTION))
    return absent and sizes.get("input_embedding_size") == sizes.get("hidden_size")


def _axes(row):
    """Returns how many axes the variable of a row has."""
    return len(row.layout.variable_shape((1,) * len(row.shape), 1))


def _sizes(found, shapes):
    fitting = [(row, shapes[key]) for row, key in found if len(shapes[key]) == _axes(row)]
    sizes = infer_sizes([(row, row.layout.file_shape(shape)) for row, shape in fitting])
    heads = [shape[1] for row, shape in fitting if row.layout is INTO_HEADS]
    return {**sizes, "num_attention_heads": heads[0]} if heads else sizes


def _misfits(found, shapes, sizes):
    """Returns a sentence for every variable whose shape contradicts the others."""
    problems, heads = [], sizes.get("num_attention_heads", 1)
    for row, key in found:
        known = all(size in sizes for size in row.shape)
        due = row.layout.variable_shape(tuple(sizes[size] for size in row.shape), heads) if known else None
        if shapes[key] != due:
            expected = due if known else f"{_axes(row)} axes"
            problems.append(f"{key.split('/.')[0]} has shape {shapes[key]} instead of {expected}")
    return problems


def _skipped(shapes, used, of_incomplete_head):
    return [
        Skipped(name, shape, _INCOMPLETE if name in of_incomplete_head else _reason(name))
        for name, shape in sorted(shapes.items())
        if name not in used
    ]


def _reason(name):
    parts = steps(name.split("/.ATTRIBUTES/")[0])
    if name == GRAPH_KEY:
        return "the graph of objects, not a weight"
    if OPTIMIZER_SLOT in name or any("optimizer" in part for part in parts):
        return "the optimizer's"
    if parts[-1] in _STEPS:
        return "a counter"
    return "no weight of RemBERT"
