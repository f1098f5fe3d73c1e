"""Cutting a large input into requests, and joining their answers."""

import math

import numpy as np

from rembert_tf.errors import InputError


def split_batch(arrays, batch_size):
    """Cuts inputs along dimension 0.

    Args:
        arrays: dict of input name -> array.
        batch_size: rows of one request; None leaves them together.

    Returns:
        A list of such dicts; none for an input without rows.

    Raises:
        InputError: the inputs have no rows, or unequal numbers of them.
    """
    if batch_size is None:
        return [arrays]
    rows = {name: len(array) if array.ndim else None for name, array in arrays.items()}
    if len(set(rows.values())) != 1 or None in rows.values():
        sizes = ", ".join(f"{name} has {'none' if count is None else count}" for name, count in rows.items())
        raise InputError(f"only inputs with equally many rows can be cut into batches: {sizes or 'there are none'}")
    starts = range(0, next(iter(rows.values())), batch_size)
    return [{name: array[start : start + batch_size] for name, array in arrays.items()} for start in starts]


def join_batches(parts, batches, signature):
    """Joins the answers to the batches of one input.

    Args:
        parts: for each batch a dict of output name -> array.
        batches: what `split_batch` returned.
        signature: the `Signature`, which tells what no rows of each output are.

    Returns:
        One such dict. Where widths differ, as those of per-token outputs do, the narrower ones are
        padded with 0 or empty strings.

    Raises:
        InputError: an output has other rows than its batch.
    """
    if not parts:
        return {name: _no_rows(spec) for name, spec in signature.outputs.items()}
    if len(parts) == 1:
        return parts[0]
    for part, batch in zip(parts, batches, strict=True):
        rows = len(next(iter(batch.values())))
        for name, array in part.items():
            if array.ndim == 0 or len(array) != rows:
                raise InputError(f"output {name} has no row for each input, so that batches cannot be joined")
    return {name: _concatenate([part[name] for part in parts]) for name in parts[0]}


def _no_rows(spec):
    return np.empty((0, *(size or 0 for size in (spec.shape or ())[1:])), spec.dtype)


def _concatenate(arrays):
    widths = np.max([array.shape[1:] for array in arrays], axis=0).astype(int).tolist()
    return np.concatenate([_pad(array, widths) for array in arrays])


def _pad(array, widths):
    shape = (len(array), *widths)
    if array.shape == shape:
        return array
    padding = b"" if array.dtype == object else 0
    padded = np.full(math.prod(shape), padding, array.dtype).reshape(shape)
    padded[tuple(slice(size) for size in array.shape)] = array
    return padded
