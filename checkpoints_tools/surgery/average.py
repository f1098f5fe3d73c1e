"""A model directory whose weights are the average of others'."""

import contextlib
import dataclasses
import functools
import hashlib
import math
from pathlib import Path

import numpy as np

from rembert_tf.checkpoints_tools.destination import fresh_directory
from rembert_tf.checkpoints_tools.surgery.model_files import check_places, copy_other_files, open_model, write_model
from rembert_tf.config import FIELDS
from rembert_tf.errors import InputError
from rembert_tf.tokenization.vocabulary import VOCABULARY_FILE
from rembert_tf.weights.shard_plan import parse_size

# What says how a model was trained, not what it computes.
_MAY_DIFFER = {
    "attention_probs_dropout_prob",
    "classifier_dropout_prob",
    "extra",
    "hidden_dropout_prob",
    "initializer_range",
    "use_cache",
}
_COMPARED = sorted(FIELDS - _MAY_DIFFER)
_SHOWN = 5
_BLOCK_ROWS = 4096


@dataclasses.dataclass(frozen=True)
class AverageReport:
    """What was averaged.

    Args:
        directories: in the order given.
        weights: each one's share; they sum to 1.
        output: the new directory.
        tensors, parameters: how many there are.
        without_vocabulary: directories whose vocabulary could not be compared, since they have none.
        left_out: names of files of the first directory that were not copied.
    """

    directories: list
    weights: list
    output: str
    tensors: int
    parameters: int
    without_vocabulary: list
    left_out: list

    def to_dict(self):
        """Returns what `--json` prints."""
        return dataclasses.asdict(self)

    def lines(self):
        """Returns lines for a terminal."""
        lines = [
            f"{weight:.4g} of {directory}" for weight, directory in zip(self.weights, self.directories, strict=True)
        ]
        if self.without_vocabulary:
            lines.append(f"without a vocabulary to compare: {', '.join(self.without_vocabulary)}")
        if self.left_out:
            lines.append(f"not copied: {', '.join(self.left_out)}")
        return [*lines, f"{self.tensors:,} tensors, {self.parameters:,} parameters written to {self.output}"]


def average(directories, output, weights=None, report=None, *, max_shard_size=None):
    """Writes the element-wise mean of several models, with the first one's configuration and vocabulary.

    Sums are taken in float64, one tensor at a time.

    Args:
        directories: local model directories of one architecture, two at least.
        output: the new directory.
        weights: each directory's share, scaled to a sum of 1; None means equal shares.
        report: called as `report(done, total, note)` while it runs, or None.
        max_shard_size: the largest file of weights, in bytes or as "2GB"; None means one file.

    Returns:
        An AverageReport.

    Raises:
        MissingFileError: a directory does not exist or holds no model.
        InputError: directories differ in configuration, tensors or vocabulary, or an argument is impossible.
    """
    directories = [str(directory) for directory in directories]
    shares = _shares(weights, directories)
    check_places(directories, output)
    if max_shard_size is not None:
        parse_size(max_shard_size)
    without_vocabulary = _compare_vocabularies(directories)
    with contextlib.ExitStack() as stack:
        models = [stack.enter_context(open_model(directory)) for directory in directories]
        first = models[0]
        for model in models[1:]:
            _compare(first, model)
        tensors = [
            (in_file, first.shape(name), functools.partial(_mean, models, shares, name))
            for name, in_file in first.tensors.items()
        ]
        with fresh_directory(output) as place:
            write_model(place, first.config, tensors, max_shard_size, report)
            left_out = copy_other_files(first.directory, place)
    return AverageReport(
        directories=directories,
        weights=shares,
        output=str(output),
        tensors=len(tensors),
        parameters=first.parameters,
        without_vocabulary=without_vocabulary,
        left_out=left_out,
    )


def _shares(weights, directories):
    """Returns a share for each directory; they sum to 1."""
    if len(directories) < 2:
        raise InputError(f"an average needs two directories at least, not {len(directories)}.")
    if weights is None:
        return [1 / len(directories)] * len(directories)
    weights = [float(weight) for weight in weights]
    if len(weights) != len(directories):
        raise InputError(f"there are {len(weights)} weights for {len(directories)} directories: give one for each.")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or sum(weights) == 0:
        raise InputError(f"weights must be numbers from 0 on that are not all 0, not {', '.join(map(str, weights))}.")
    return [weight / sum(weights) for weight in weights]


def _mean(models, shares, name):
    total = np.zeros(models[0].shape(name), np.float64)
    for model, share in zip(models, shares, strict=True):
        array = model.read(name)
        # In blocks: a second array in float64 would be the largest thing in memory.
        for start in range(0, len(array), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            total[block] += np.float64(share) * array[block]
    return total.astype(np.float32)


def _compare(first, other):
    """Raises an InputError that names what two models differ in."""
    problems = []
    for field in _COMPARED:
        ours, theirs = getattr(first.config, field), getattr(other.config, field)
        if ours != theirs:
            problems.append(f"{field} is {ours!r} and {theirs!r}")
    problems += [f"only the first has {name}" for name in first.tensors if name not in other.tensors]
    problems += [f"only the second has {name}" for name in other.tensors if name not in first.tensors]
    for name in first.tensors:
        if name in other.tensors and first.shape(name) != other.shape(name):
            problems.append(f"{name} has shapes {first.shape(name)} and {other.shape(name)}")
    if problems:
        shown = "; ".join(problems[:_SHOWN]) + ("; ..." if len(problems) > _SHOWN else "")
        raise InputError(f"{str(first.directory)!r} and {str(other.directory)!r} cannot be averaged: {shown}.")


def _compare_vocabularies(directories):
    """Raises an InputError if two vocabularies differ; returns the directories that have none."""
    from rembert_tf.tokenization.tokenizer_base import TokenizerBase

    found, without = {}, []
    for directory in directories:
        if not (Path(directory) / VOCABULARY_FILE).is_file():
            without.append(directory)
            continue
        vocabulary = TokenizerBase.from_pretrained(directory).vocabulary
        digest = hashlib.sha256(vocabulary.model).hexdigest()
        found.setdefault((digest, tuple(sorted(vocabulary.literals.items()))), directory)
    if len(found) > 1:
        places = " and ".join(repr(place) for place in list(found.values())[:2])
        raise InputError(f"the vocabularies of {places} differ: the same row of their tables means different pieces.")
    return without if found else []
