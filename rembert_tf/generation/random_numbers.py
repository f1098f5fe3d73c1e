"""Random numbers that are the same in Python, in a served graph and on any backend.

Threefry-2x32 with 20 rounds (Salmon et al., SC 2011): a number follows from a key and a counter, without any
state, in additions, rotations and exclusive ors of 32-bit words, which every backend has.
"""

import numpy as np
from keras import ops

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def key_of(seed):
    """Returns the key (2,) uint32 of a seed, an integer from 0 of which the last 64 bits count."""
    return ops.convert_to_tensor(np.array([seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF], "uint32"))


def uniforms(key, steps, rows):
    """Returns (steps, rows) float32 numbers from 0 to below 1; each depends on the key, its step and its row alone.

    Args:
        key: (2,) uint32.
        steps: integer.
        rows: integer or integer scalar.
    """
    row = ops.cast(ops.arange(rows, dtype="int32"), "uint32")[None, :]
    step = ops.cast(ops.arange(steps, dtype="int32"), "uint32")[:, None]
    bits, _ = threefry(key, ops.broadcast_to(row, (steps, rows)), ops.broadcast_to(step, (steps, rows)))
    return ops.cast(ops.bitwise_right_shift(bits, 8), "float32") * 2.0**-24  # a float32 holds 24 bits exactly


def threefry(key, first, second):
    """Returns two uint32 tensors of random bits.

    Args:
        key: (2,) uint32.
        first: uint32 counters of any shape.
        second: as many.
    """
    parity = ops.convert_to_tensor(np.array(_PARITY, "uint32"))
    keys = (key[0], key[1], ops.bitwise_xor(ops.bitwise_xor(key[0], key[1]), parity))
    first, second = ops.add(first, keys[0]), ops.add(second, keys[1])
    for block in range(5):
        for distance in _ROTATIONS[block % 2]:
            first = ops.add(first, second)
            second = ops.bitwise_xor(_rotated(second, distance), first)
        number = ops.convert_to_tensor(np.array(block + 1, "uint32"))
        first = ops.add(first, keys[(block + 1) % 3])
        second = ops.add(ops.add(second, keys[(block + 2) % 3]), number)
    return first, second


def _rotated(words, distance):
    return ops.bitwise_or(ops.bitwise_left_shift(words, distance), ops.bitwise_right_shift(words, 32 - distance))
