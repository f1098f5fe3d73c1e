"""A seeded order of any number of rows that is computed where it is asked for and stored nowhere."""

import numpy as np

ROUNDS = 6
# Bits of a half of a number at least: with fewer, a Feistel network knows too few orders.
SMALLEST_HALF = 4
# Constants of SplitMix64's finalizer (Steele, Lea, Flood 2014), which turns every bit into all others.
_MULTIPLIERS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = np.uint64(30), np.uint64(27), np.uint64(31)


def shuffled(places, size, key):
    """Returns which row stands at a place of a shuffled order; all places together give each row once.

    A Feistel network is a permutation of the numbers with an even number of bits; one that falls outside the
    rows is permuted again until it falls inside (Black and Rogaway 2002). No memory is needed for the order of a
    billion rows.

    Args:
        places: (places,) integers from 0 to size - 1.
        size: how many rows there are.
        key: integers that decide the order.

    Returns:
        (places,) int64 row numbers.
    """
    half = np.uint64(max(SMALLEST_HALF, (int(size - 1).bit_length() + 1) // 2))
    keys = np.random.SeedSequence(key).generate_state(ROUNDS, np.uint64)
    rows = _permuted(np.asarray(places, np.uint64), half, keys)
    while (outside := rows >= size).any():
        rows[outside] = _permuted(rows[outside], half, keys)
    return rows.astype(np.int64)


def _permuted(numbers, half, keys):
    lower = (np.uint64(1) << half) - np.uint64(1)
    left, right = numbers >> half, numbers & lower
    for key in keys:
        left, right = right, left ^ (_mixed(right ^ key) & lower)
    return left << half | right


def _mixed(numbers):
    for shift, multiplier in zip(_SHIFTS, _MULTIPLIERS, strict=False):
        numbers = (numbers ^ (numbers >> shift)) * multiplier
    return numbers ^ (numbers >> _SHIFTS[-1])
