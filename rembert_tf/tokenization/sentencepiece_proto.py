"""Reading what a serialized SentencePiece model holds, without the protobuf package.

The `sentencepiece` package brings a compiled description of its format, but one that only the newest
protobuf runtime accepts. The format is small: numbered fields, of which a handful matter here
(sentencepiece_model.proto of the SentencePiece project names them).
"""

import dataclasses
import enum
import struct

from rembert_tf.errors import InputError

UNIGRAM, BPE = 1, 2
MODEL_TYPES = {UNIGRAM: "unigram", BPE: "BPE", 3: "word", 4: "character"}

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class PieceType(enum.IntEnum):
    """What a piece is for."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclasses.dataclass(frozen=True)
class Piece:
    """One entry of the vocabulary."""

    text: str
    score: float
    type: PieceType


@dataclasses.dataclass(frozen=True)
class SentencePieceModel:
    """A SentencePiece model's content.

    Args:
        pieces: list of `Piece`, in the order of their ids.
        model_type: UNIGRAM, BPE, or another number.
        byte_fallback: whether unknown characters are spelled in byte pieces.
        whitespace_as_suffix: whether "▁" ends a word instead of beginning it.
        charsmap: the compiled normalization rules; empty where text is left as it is.
        add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces: the treatment of white space.
    """

    pieces: list
    model_type: int
    byte_fallback: bool
    whitespace_as_suffix: bool
    charsmap: bytes
    add_dummy_prefix: bool
    remove_extra_whitespaces: bool
    escape_whitespaces: bool

    @property
    def unknown_id(self):
        """Id of the unknown piece."""
        return next(index for index, piece in enumerate(self.pieces) if piece.type == PieceType.UNKNOWN)


def parse_model(content):
    """Reads a serialized model.

    Args:
        content: bytes of a `sentencepiece.model` file.

    Returns:
        A SentencePieceModel.

    Raises:
        InputError: the bytes are none, or the model has no unknown piece.
    """
    try:
        model = _fields(content)
        trainer = _last_values(model.get(2, [b""])[-1])
        normalizer = _last_values(model.get(3, [b""])[-1])
        pieces = [_piece(entry) for entry in model.get(1, [])]
    except (IndexError, ValueError, struct.error, TypeError) as problem:
        raise InputError(f"the bytes are not a SentencePiece model: {problem}.") from None
    if not any(piece.type == PieceType.UNKNOWN for piece in pieces):
        raise InputError("the SentencePiece model has no unknown piece.")
    return SentencePieceModel(
        pieces,
        model_type=trainer.get(3, UNIGRAM),
        byte_fallback=bool(trainer.get(35, False)),
        whitespace_as_suffix=bool(trainer.get(24, False)),
        charsmap=normalizer.get(2, b""),
        add_dummy_prefix=bool(normalizer.get(3, True)),
        remove_extra_whitespaces=bool(normalizer.get(4, True)),
        escape_whitespaces=bool(normalizer.get(5, True)),
    )


def _piece(entry):
    values = _last_values(entry)
    score = struct.unpack("<f", values[2])[0] if 2 in values else 0.0
    return Piece(values.get(1, b"").decode("utf-8"), score, PieceType(values.get(3, PieceType.NORMAL)))


def _last_values(content):
    """Returns {field: value}; of a field that comes twice the last one counts."""
    return {field: values[-1] for field, values in _fields(content).items()}


def _fields(content):
    """Returns {field: [values]} of a message: integers, or bytes for everything of known length."""
    fields, position = {}, 0
    while position < len(content):
        key, position = read_varint(content, position)
        field, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, position = read_varint(content, position)
        else:
            if wire_type == _BYTES:
                length, position = read_varint(content, position)
            elif wire_type in (_FIXED32, _FIXED64):
                length = 4 if wire_type == _FIXED32 else 8
            else:
                raise ValueError(f"wire type {wire_type} at byte {position}")
            value, position = content[position : position + length], position + length
            if position > len(content):
                raise ValueError(f"field {field} ends behind the last byte")
        fields.setdefault(field, []).append(value)
    return fields


def read_varint(content, position):
    """Returns the number that begins at a position of serialized bytes, and the position after it."""
    value, shift = 0, 0
    while True:
        byte = content[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
