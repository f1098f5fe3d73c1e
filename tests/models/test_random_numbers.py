"""The numbers that sampling draws with: a published generator, the same on every machine."""

import numpy as np
import pytest

from rembert_tf.generation.random_numbers import key_of, threefry, uniforms

# Known answers of Threefry-2x32-20, published with the Random123 library: counter, key, result.
KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter, key, expected):
    bits = threefry(key_of(key[0] | key[1] << 32), *np.array(counter, "uint32")[:, None])
    assert [int(word[0]) for word in map(np.asarray, bits)] == list(expected)


def test_numbers_are_spread_evenly_from_0_to_below_1():
    found = np.asarray(uniforms(key_of(5), 400, 50))
    assert found.dtype == np.float32 and found.shape == (400, 50)
    assert found.min() >= 0 and found.max() < 1
    counts = np.histogram(found, bins=20, range=(0, 1))[0]  # 1000 each, standard deviation 31
    assert np.all(np.abs(counts - 1000) < 5 * 31)
    assert len(np.unique(found)) > 0.99 * found.size


def test_a_row_has_the_same_numbers_in_any_batch():
    np.testing.assert_array_equal(np.asarray(uniforms(key_of(5), 8, 50))[:3, :7], uniforms(key_of(5), 3, 7))
    assert np.any(np.asarray(uniforms(key_of(6), 3, 7)) != np.asarray(uniforms(key_of(5), 3, 7)))
    assert np.any(np.asarray(uniforms(key_of(5 + 2**32), 3, 7)) != np.asarray(uniforms(key_of(5), 3, 7)))
