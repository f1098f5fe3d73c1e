"""Two model directories side by side: the same inputs through both, their weights, their configurations."""

import contextlib
import functools
import math

from rembert_tf.config import FIELDS, RemBertConfig
from rembert_tf.verification.architecture import architecture_of
from rembert_tf.verification.compare_report import CompareReport
from rembert_tf.verification.differences import Differences, largest_difference
from rembert_tf.verification.layer_outputs import plain_outputs
from rembert_tf.verification.named_tensors import open_tensors
from rembert_tf.verification.probes import probes

# Everything but what follows from `id2label`, and the keys that the family does not know.
COMPARED_FIELDS = sorted(FIELDS - {"extra", "num_labels", "label2id"})

# What limits the inputs that a model takes.
INPUT_LIMITS = ("vocab_size", "max_position_embeddings", "type_vocab_size")


def compare(directory, other, report=None):
    """Compares two directories, each of any file flavour, layer by layer and weight by weight.

    The layers are computed by the plain NumPy implementation, which holds one layer of one model at a time.

    Args:
        directory: a model directory.
        other: another one.
        report: called as `report(done, total, note)` while it runs, or None.

    Returns:
        A CompareReport.

    Raises:
        MissingFileError: there is no such directory, or no model in it.
        InputError: one is not a RemBERT, or its weights do not fit its configuration.
    """
    configs = [RemBertConfig.from_pretrained(path) for path in (directory, other)]
    with contextlib.ExitStack() as stack:
        both = [stack.enter_context(open_tensors(path)) for path in (directory, other)]
        architectures = [architecture_of(*pair) for pair in zip(configs, both, strict=True)]
        layers = _compare_layers(configs, architectures, both, report)
        weights, reshaped = _compare_weights(*both, report)
        only = [[name for name in ours.names() if name not in theirs] for ours, theirs in (both, both[::-1])]
    return CompareReport(
        directory=str(directory),
        other=str(other),
        layers=layers,
        changed_fields=_changed_fields(configs, architectures),
        weights=weights,
        reshaped=reshaped,
        only_in_directory=only[0],
        only_in_other=only[1],
    )


def _changed_fields(configs, architectures):
    """Returns {field: (directory's value, other's)} where they differ."""
    pairs = {"class": tuple(architectures)}
    pairs.update({name: tuple(getattr(config, name) for config in configs) for name in COMPARED_FIELDS})
    return {name: (ours, theirs) for name, (ours, theirs) in pairs.items() if ours != theirs}


def _compare_layers(configs, architectures, both, report):
    """Returns LayerDifferences over inputs that both models take."""
    first, second = configs
    limits = {name: min(getattr(config, name) for config in configs) for name in INPUT_LIMITS}
    crosses = first.add_cross_attention and second.add_cross_attention and first.hidden_size == second.hidden_size
    shared = first.replace(**limits, add_cross_attention=crosses)
    inputs = [probes(shared, architecture) for architecture in architectures]
    outputs = [
        plain_outputs(*model, cases, functools.partial(report, note=f"layers of {name}") if report else None)
        for *model, cases, name in zip(configs, architectures, both, inputs, ("DIR", "OTHER"), strict=True)
    ]
    differences = Differences()
    for case in inputs[0]:
        differences.add("difference", *(outputs_by_case[case] for outputs_by_case in outputs))
    return differences.layers


def _compare_weights(ours, theirs, report):
    """Returns {name: largest difference} where it is not 0, largest first, and {name: shapes} where those differ."""
    names = [name for name in ours.names() if name in theirs]
    found, reshaped = {}, {}
    for done, name in enumerate(names):
        if report is not None:
            report(done, len(names), "weights")
        if ours.shape(name) != theirs.shape(name):
            reshaped[name] = (ours.shape(name), theirs.shape(name))
            continue
        difference = largest_difference(ours.read(name), theirs.read(name))
        if difference != 0:
            found[name] = difference
    order = sorted(found, key=lambda name: (-math.inf if math.isnan(found[name]) else -found[name], name))
    return {name: found[name] for name in order}, reshaped
