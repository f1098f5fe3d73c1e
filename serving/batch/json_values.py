"""Values of rows as JSON has them."""

import base64
import json
import math
import numbers

_KINDS = ((bool, "true or false"), (numbers.Number, "a number"), ((list, tuple), "a list"), (dict, "an object"))


def json_value(value):
    """Returns a value of a row as an object for JSON: bytes that are no text as {"b64": ...}, dates as strings."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return {"b64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {str(key): json_value(found) for key, found in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(found) for found in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def json_line(value):
    """Returns an object as a line of JSON in UTF-8, with its line feed."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, or a file's name that is not UTF-8
        return json.dumps(value, allow_nan=False).encode("ascii") + b"\n"


def kind_of(value):
    """Returns what a value is, for messages: "a number"."""
    if value is None:
        return "null"
    return next((said for kinds, said in _KINDS if isinstance(value, kinds)), f"a {type(value).__name__}")
