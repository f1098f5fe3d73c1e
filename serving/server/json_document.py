"""Reads a request body as JSON the way TensorFlow Serving's parser does."""

import json
import math

from rembert_tf.serving.server.status import invalid_argument

QUOTED_CHARACTERS = 200  # of a value in an error message
_TYPE_NAMES = {str: "String", int: "Number", float: "Number", list: "Array", dict: "Object", type(None): "Null"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ENCODER = json.JSONEncoder()


class Document(dict):
    """A request's top-level object, and how its strings turn back into bytes.

    Bodies that are not valid UTF-8 are served: their stray bytes live in strings as surrogate escapes. In a
    valid body a lone surrogate can only come from an escape such as \\ud800, which is no text.
    """

    encoding_errors = "strict"

    def encode(self, text):
        """The bytes of one of the document's strings."""
        try:
            return text.encode("utf-8", self.encoding_errors)
        except UnicodeEncodeError as error:
            raise invalid_argument("JSON Parse error: The surrogate pair in string is invalid.") from error


def parse_document(body):
    """Parses a request body.

    Args:
        body: bytes.

    Returns:
        A `Document`.

    Raises:
        ServingError: INVALID_ARGUMENT when it is not one JSON object. NaN and Infinity are numbers here.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if not body:
        raise invalid_argument("JSON Parse error: The document is empty")
    try:
        text, errors = body.decode("utf-8"), "strict"
    except UnicodeDecodeError:
        text, errors = body.decode("utf-8", "surrogateescape"), "surrogateescape"
    try:
        value = json.loads(text, parse_float=_finite)
    except RecursionError as error:
        raise invalid_argument("JSON Parse error: The document is nested too deeply") from error
    except json.JSONDecodeError as error:
        offset = len(text[: error.pos].encode("utf-8", "surrogateescape"))
        raise invalid_argument(f"JSON Parse error: {error.msg} at offset: {offset}") from error
    except ValueError as error:  # a number beyond any type
        raise invalid_argument("JSON Parse error: Number too big to be stored in double.") from error
    if not isinstance(value, dict):
        raise format_error(value, "Is not object")
    document = Document(value)
    document.encoding_errors = errors
    return document


def _finite(token):
    value = float(token)
    if math.isinf(value):
        raise ValueError(token)
    return value


def signature_name_of(document):
    """The request's optional `signature_name`, empty when absent."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise format_error(document, "not formatted correctly. 'signature_name' key must be a string value.")
    return name


def format_error(value, complaint):
    """The error for a value of the wrong form."""
    return invalid_argument(f"JSON Value: {quote(value)} {complaint}")


def type_error(value, expected):
    """The error for a value that does not belong into a tensor of the type named `expected`."""
    return invalid_argument(f"JSON Value: {quote(value)} Type: {type_name(value)} is not of expected type: {expected}")


def type_name(value):
    """A JSON value's type as messages name it."""
    if isinstance(value, bool):
        return "True" if value else "False"
    return next(name for kind, name in _TYPE_NAMES.items() if isinstance(value, kind))


def quote(value):
    """A value as JSON for a message, cut to a readable length; little of a large value is ever written."""
    pieces, length = [], 0
    try:
        for piece in _ENCODER.iterencode(value):
            pieces.append(piece[: QUOTED_CHARACTERS + 1])
            length += len(piece)
            if length > QUOTED_CHARACTERS:
                break
    except RecursionError:  # what was written until then says enough
        length = QUOTED_CHARACTERS + 1
    text = "".join(pieces)
    return text if length <= QUOTED_CHARACTERS else text[:QUOTED_CHARACTERS] + "..."
