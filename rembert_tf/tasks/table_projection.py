"""Tables of a wider model made narrower: their truncated singular value decomposition."""

import numpy as np


def principal_directions(table, width):
    """Returns (table's width, width) float32: the directions in which a table's rows are largest.

    The table times these is its best approximation of that width: products of rows change least.

    Args:
        table: (rows, table's width) float32.
        width: how many directions, at most the table's width.
    """
    # Of the small matrix of products between columns: the same directions as of the long table.
    values, vectors = np.linalg.eigh((table.T @ table).astype("float64"))
    largest = vectors[:, np.argsort(-values)[:width]]
    # A direction has no sign of its own: the largest entry is made positive.
    signs = np.sign(largest[np.abs(largest).argmax(axis=0), np.arange(width)])
    return (largest * signs).astype("float32")


def take_tables(student, teacher):
    """Fills a student's input tables, and a language model's output table, from those of a wider or equal teacher.

    Word, position and token type vectors are summed, so all three are turned the same way. Tables that are wider than
    the teacher's stay new.

    Args:
        student: a task model with new weights.
        teacher: one with the same vocabulary.
    """
    own, theirs = student.rembert.embeddings, teacher.rembert.embeddings
    names = ("word_embeddings", "position_embeddings", "token_type_embeddings")
    _take([(getattr(own, name).embeddings, getattr(theirs, name).embeddings) for name in names])
    if hasattr(student, "lm_head") and _take(
        [(student.lm_head.decoder.embeddings, teacher.lm_head.decoder.embeddings)]
    ):
        _copy_rows(student.lm_head.decoder.bias, np.asarray(teacher.lm_head.decoder.bias.numpy(), "float32"))


def _take(pairs):
    """Fills the first of each pair of variables from the second, turned as the first pair wants; whether it did."""
    width, there = pairs[0][0].shape[1], pairs[0][1].shape[1]
    if width > there:
        return False
    tables = [np.asarray(theirs.numpy(), "float32") for _, theirs in pairs]
    turned = tables if width == there else [table @ principal_directions(tables[0], width) for table in tables]
    for (own, _), table in zip(pairs, turned, strict=True):
        _copy_rows(own, table)
    return True


def _copy_rows(variable, array):
    rows = min(variable.shape[0], len(array))
    variable.assign(np.concatenate([array[:rows], variable.numpy()[rows:]]))
