"""SentencePiece's own offsets, from any release of its Python package."""

PIECES, PIECE_ID, BEGIN, END = 2, 2, 4, 5  # field numbers of SentencePieceText and its pieces


def byte_spans(processor, text):
    """Returns [(id, first byte, byte after the last)] of a text's pieces.

    Args:
        processor: a SentencePieceProcessor.
        text: UTF-8 bytes.
    """
    if not hasattr(processor, "encode_as_serialized_proto"):
        return [(piece.id, piece.begin, piece.end) for piece in processor.encode(text, return_type="proto").pieces]
    # Up to 0.2.1 every other way counts characters, and those of broken bytes by rules of its own.
    message = processor.encode_as_serialized_proto(text)
    pieces = [dict(_fields(content)) for field, content in _fields(message) if field == PIECES]
    return [(piece[PIECE_ID], piece[BEGIN], piece[END]) for piece in pieces]


def _fields(message):
    """Yields (number, value) of a Protocol Buffers message of integers and byte strings."""
    position = 0
    while position < len(message):
        key, position = _integer(message, position)
        value, position = _integer(message, position)
        if key & 7 == 2:
            value, position = message[position : position + value], position + value
        yield key >> 3, value


def _integer(message, position):
    value = shift = 0
    while True:
        byte = message[position]
        value, shift, position = value | (byte & 127) << shift, shift + 7, position + 1
        if byte < 128:
            return value, position
