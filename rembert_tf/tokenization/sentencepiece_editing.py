"""Giving a serialized SentencePiece model another list of pieces, and leaving everything else as it is.

The counterpart of `sentencepiece_proto`: the numbered fields are those of sentencepiece_model.proto.
"""

import struct
from collections import Counter

from rembert_tf.errors import InputError
from rembert_tf.tokenization.sentencepiece_proto import Piece, PieceType, parse_model, read_varint

ROLES = ("unk", "bos", "eos", "pad")

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_LENGTHS = {_FIXED32: 4, _FIXED64: 8}

# Of the model.
_PIECES, _TRAINER, _SELF_TEST = 1, 2, 4
# Of its trainer_spec. What stands there when a field is missing is the format's default.
_VOCABULARY_SIZE, _DEFAULT_SIZE = 4, 8000
_ROLE_IDS = {"unk": 40, "bos": 41, "eos": 42, "pad": 43}
_DEFAULT_IDS = {"unk": 0, "bos": 1, "eos": 2, "pad": -1}
_ROLE_PIECES = {"unk": 45, "bos": 46, "eos": 47, "pad": 48}
_DEFAULT_PIECES = {"unk": "<unk>", "bos": "<s>", "eos": "</s>", "pad": "<pad>"}


def rewrite_pieces(model, pieces, special_ids=None):
    """Returns a SentencePiece model with other pieces.

    Entries of pieces that stay as they are, the normalizer and all fields that say nothing about the
    vocabulary are copied byte for byte. A self test, which tensorflow-text makes a model pass before it
    loads it, is left out where pieces change: its answers are those of the old vocabulary.

    Args:
        model: the serialized model, as bytes.
        pieces: list of Piece, in the order of their ids.
        special_ids: {"unk": id, "bos": id, "eos": id, "pad": id}, a negative id for none; a role that is
            not named stays with the piece of its spelling, and has none where that piece is gone.

    Returns:
        The new model, as bytes.

    Raises:
        InputError: `model` is not a SentencePiece model, or SentencePiece would not load these pieces.
    """
    old = parse_model(model)
    pieces = list(pieces)
    _check_pieces(pieces, old.byte_fallback)
    entries = list(_entries(model))
    unchanged = dict(zip(old.pieces, (raw for field, raw, _ in entries if field == _PIECES), strict=True))
    specs = [content for field, _, content in entries if field == _TRAINER]
    trainer = _trainer_spec(specs[-1] if specs else b"", pieces, special_ids or {})
    dropped = {_PIECES, _TRAINER} | ({_SELF_TEST} if pieces != old.pieces else set())
    parts = [unchanged.get(piece) or _message(_PIECES, _piece(piece)) for piece in pieces]
    parts += [_message(_TRAINER, trainer)]
    parts += [raw for field, raw, _ in entries if field not in dropped]
    return b"".join(parts)


def _check_pieces(pieces, byte_fallback):
    """Raises an InputError for what SentencePiece refuses when it loads a model."""
    twice = [text for text, count in Counter(piece.text for piece in pieces).items() if count > 1]
    if twice:
        raise InputError(f"a vocabulary has each piece once, but these come twice: {', '.join(map(repr, twice[:5]))}.")
    if any(not piece.text for piece in pieces):
        raise InputError("a piece must have a text, but one is empty.")
    unknown = sum(piece.type == PieceType.UNKNOWN for piece in pieces)
    if unknown != 1:
        raise InputError(f"a vocabulary has one unknown piece, not {unknown}.")
    in_bytes, needed = sum(piece.type == PieceType.BYTE for piece in pieces), 256 if byte_fallback else 0
    if in_bytes != needed:
        raise InputError(f"this model needs {needed} byte pieces, not {in_bytes}: its byte_fallback says so.")


def _trainer_spec(content, pieces, special_ids):
    """Returns a trainer_spec that agrees with the pieces."""
    fields = {field: value for field, _, value in _entries(content)}
    numbers = {piece.text: number for number, piece in enumerate(pieces)}
    unknown = next(number for number, piece in enumerate(pieces) if piece.type == PieceType.UNKNOWN)
    _check_roles(special_ids, pieces, unknown)
    changes = {}
    if fields.get(_VOCABULARY_SIZE, _DEFAULT_SIZE) != len(pieces):
        changes[_VOCABULARY_SIZE] = _number(_VOCABULARY_SIZE, len(pieces))
    for role in ROLES:
        spelled = fields.get(_ROLE_PIECES[role], _DEFAULT_PIECES[role].encode()).decode("utf-8")
        number = unknown if role == "unk" else max(-1, special_ids.get(role, numbers.get(spelled, -1)))
        spelling = spelled if number < 0 else pieces[number].text
        if _signed(fields.get(_ROLE_IDS[role], _DEFAULT_IDS[role])) != number:
            changes[_ROLE_IDS[role]] = _number(_ROLE_IDS[role], number)
        if spelling != spelled:
            changes[_ROLE_PIECES[role]] = _message(_ROLE_PIECES[role], spelling.encode("utf-8"))
    return _with_fields(content, changes)


def _check_roles(special_ids, pieces, unknown):
    for role, number in special_ids.items():
        if role not in ROLES:
            raise InputError(f"special_ids has no role {role!r}: its roles are {', '.join(ROLES)}.")
        if number >= len(pieces):
            raise InputError(f"the {role} piece cannot have id {number}: there are {len(pieces)} pieces.")
    if special_ids.get("unk", unknown) != unknown:
        raise InputError(f"the unk piece cannot have id {special_ids['unk']}: the piece of that type is {unknown}.")


def _with_fields(content, changes):
    """Returns a message with some fields set: where they stood, or else at its end."""
    parts, missing = [], dict(changes)
    for field, raw, _ in _entries(content):
        if field not in changes:
            parts.append(raw)
        elif field in missing:
            parts.append(missing.pop(field))
    return b"".join(parts) + b"".join(missing[field] for field in sorted(missing))


def _piece(piece: Piece):
    parts = [_message(1, piece.text.encode("utf-8")), _key(2, _FIXED32), struct.pack("<f", piece.score)]
    if piece.type != PieceType.NORMAL:
        parts.append(_number(3, int(piece.type)))
    return b"".join(parts)


def _key(field, wire_type):
    return _varint(field << 3 | wire_type)


def _number(field, value):
    return _key(field, _VARINT) + _varint(value % 2**64)  # a negative int32 is written as 64 bits


def _message(field, content):
    return _key(field, _BYTES) + _varint(len(content)) + content


def _varint(value):
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*octets, value])


def _signed(value):
    return value - 2**64 if value >= 2**63 else value


def _entries(content):
    """Yields (field, its bytes with key and length, value): integers, or bytes for everything else."""
    position = 0
    while position < len(content):
        start = position
        key, position = read_varint(content, position)
        wire_type = key & 7
        if wire_type == _VARINT:
            value, position = read_varint(content, position)
        else:
            length = _FIXED_LENGTHS.get(wire_type)
            if length is None:  # `parse_model` has refused every other wire type
                length, position = read_varint(content, position)
            value, position = content[position : position + length], position + length
        yield key >> 3, content[start:position], value
