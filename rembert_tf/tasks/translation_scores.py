"""Scoring translations with a learned metric: a regression model reads the reference, then the candidate.

The rules are BLEURT's (google-research/bleurt, `encoding.py`): [CLS] reference [SEP] candidate [SEP], pieces
over the limit taken off the longer text, off the candidate where both are as long.
"""

from pathlib import Path

import numpy as np

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.tasks.pairs.text_batches import logits_of, text_batches
from rembert_tf.tasks.start import check_lengths, load_task_model
from rembert_tf.weights import model_directory

BATCH_SIZE = 32
ORIGINAL_FILE = "bleurt_config.json"


def score(model, references, candidates, batch_size=BATCH_SIZE, report=None):
    """Returns a score for each candidate, higher for better, roughly 0 to 1 with BLEURT's own weights.

    Args:
        model: a model directory, or a pair of a RemBertForSequenceClassification with one output and its
            RemBertTokenizerFast, whose `model_max_length` is the longest row.
        references: list of strings.
        candidates: list of as many strings; an empty one is scored like any other.
        batch_size: pairs at a time, sorted by length.
        report: called as `report(pairs_done, pairs)` after each batch, or None.

    Returns:
        (pairs,) float32 array, in the order of the texts.

    Raises:
        InputError: the model is no regression with one output, or the lists differ in length.
    """
    if len(references) != len(candidates):
        raise InputError(f"every candidate needs a reference: there are {len(references)} and {len(candidates)}.")
    if batch_size < 1:
        raise InputError(f"batch_size must be 1 or more, not {batch_size}.")
    model, tokenizer = load_scorer(model) if isinstance(model, (str, Path)) else model
    _check_regression(model.config, type(model).__name__)
    max_length = tokenizer.model_max_length
    check_lengths(model, tokenizer, max_length)
    if not references:
        return np.zeros(0, "float32")
    examples = TextExamples(list(references), list(candidates))
    batches = text_batches(tokenizer, examples, batch_size, max_length, with_labels=False)
    return np.concatenate(logits_of(model, batches, report))


def load_scorer(directory):
    """Returns (model, tokenizer) of a directory with a regression model of one output.

    Args:
        directory: path of the model directory.

    Raises:
        MissingFileError: there is no such directory.
        InputError: it holds another kind of model.
    """
    if (Path(directory) / ORIGINAL_FILE).is_file():
        raise InputError(f"{str(directory)!r} is an original BLEURT: convert it first with `rembert convert`.")
    _check_regression(model_directory.read_config(directory), repr(str(directory)))
    return load_task_model(directory, "RemBertForSequenceClassification")


def read_pairs(references, candidates):
    """Returns the lines of two files, which belong together one by one.

    Args:
        references: path of a text file, a reference a line.
        candidates: path of a text file, a candidate a line; empty lines count.

    Raises:
        MissingFileError: there is no such file.
        InputError: one is not UTF-8, or they have different numbers of lines, or none.
    """
    first, second = _lines(references), _lines(candidates)
    if len(first) != len(second):
        raise InputError(
            f"line belongs to line, but {str(references)!r} has {len(first)} lines "
            f"and {str(candidates)!r} has {len(second)}."
        )
    if not first:
        raise InputError(f"{str(references)!r} and {str(candidates)!r} are empty: expected a text a line.")
    return first, second


def _check_regression(config, name):
    if config.num_labels != 1 or config.problem_type not in (None, "regression"):
        kind = f" for {config.problem_type}" if config.problem_type else ""
        raise InputError(
            f"{name} gives no scores: it has {config.num_labels} outputs{kind}, where a regression model has one."
        )


def _lines(path):
    """Returns a file's lines; only a line feed ends one, as other separators may stand inside a text."""
    if not Path(path).is_file():
        raise MissingFileError(f"there is no file {str(path)!r}: expected a text file, a text a line.")
    lines = Path(path).read_bytes().split(b"\n")
    lines = lines if lines[-1] else lines[:-1]  # the last line feed ends the last line
    texts = []
    for number, line in enumerate(lines, start=1):
        try:
            texts.append(line.decode("utf-8-sig" if number == 1 else "utf-8").removesuffix("\r"))
        except UnicodeDecodeError as problem:
            raise InputError(f"{path}, line {number}: not UTF-8 ({problem.reason}).") from None
    return texts
