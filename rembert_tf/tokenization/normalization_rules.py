"""SentencePiece's compiled normalization rules as a dictionary.

The rules lie in a double-array trie (the layout of the Darts-clone library): 32-bit units, then the
replacements, each ended by a zero byte. At each place of a text SentencePiece applies the longest rule.
"""

import functools
import struct

from rembert_tf.errors import InputError


@functools.lru_cache(maxsize=4)  # a second of work, which every checkpoint of a training would do again
def read_rules(charsmap):
    """Returns {text: its replacement}, which must not be changed.

    Args:
        charsmap: a model's `precompiled_charsmap`, as bytes; empty means no rules.

    Raises:
        InputError: the bytes are no compiled rules.
    """
    if not charsmap:
        return {}
    try:
        (size,) = struct.unpack_from("<I", charsmap)
        units = struct.unpack_from(f"<{size // 4}I", charsmap, 4)
        return dict(_walk(units, charsmap[4 + size :]))
    except (struct.error, IndexError, UnicodeDecodeError, ValueError) as problem:
        raise InputError(f"the SentencePiece model's normalization rules cannot be read: {problem}.") from None


def _walk(units, replacements):
    """Yields (text, replacement) of every path from the root to a value."""
    # A child stands at (its parent's base) XOR (its own label): grouped by that number, children are found
    # from any parent.
    children = {}
    for position, unit in enumerate(units):
        if position and unit >> 31 == 0 and unit & 0xFF:
            children.setdefault(position ^ (unit & 0xFF), []).append(position)
    waiting = [(0, b"")]
    while waiting:
        position, key = waiting.pop()
        unit = units[position]
        base = position ^ _offset(unit)
        if unit >> 8 & 1:
            start = units[base] & 0x7FFFFFFF
            end = replacements.index(b"\0", start)
            yield key.decode("utf-8"), replacements[start:end].decode("utf-8")
        waiting += [(child, key + bytes([units[child] & 0xFF])) for child in children.get(base, ())]


def _offset(unit):
    return (unit >> 10) << ((unit & 0x200) >> 6)
