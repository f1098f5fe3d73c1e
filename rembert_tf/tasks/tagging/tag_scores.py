"""The official scores of tags: seqeval's, as XTREME's `evaluate.py` computes them."""

import warnings

from rembert_tf.errors import InputError, MissingExtraError


def tag_scores(expected, predicted):
    """Returns {"f1", "precision", "recall", "accuracy"}, each from 0 to 1.

    The first three count chunks: entities, or for tags that are no IOB tags what seqeval makes of them. It
    takes a tag's first letter for the kind and the rest for the type, so that `NOUN NOUN` is one chunk and
    only right as a whole. XTREME scores parts of speech so; accuracy counts words.

    Args:
        expected: list of lists of tags.
        predicted: of the same lengths.

    Raises:
        InputError: the lengths differ.
        MissingExtraError: seqeval is not installed.
    """
    check_lengths(expected, predicted)
    try:
        from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score
    except ImportError:
        raise MissingExtraError("scoring tags", "xtreme") from None
    functions = {"f1": f1_score, "precision": precision_score, "recall": recall_score, "accuracy": accuracy_score}
    with warnings.catch_warnings():
        # "NOUN seems not to be NE tag": once for every word of a corpus that is tagged with parts of speech.
        warnings.simplefilter("ignore")
        return {name: float(function(expected, predicted)) for name, function in functions.items()}


def check_lengths(expected, predicted):
    """Raises an InputError unless there is a predicted tag for every word."""
    if len(expected) != len(predicted):
        raise InputError(f"{len(predicted)} predictions for {len(expected)} sentences: each needs one.")
    for row, (right, said) in enumerate(zip(expected, predicted, strict=True)):
        if len(right) != len(said):
            raise InputError(f"prediction {row} has {len(said)} tags, but its sentence has {len(right)} words.")
