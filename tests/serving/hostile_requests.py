"""Kinds of hostile REST requests to the zoo, and the status that the wire contract gives to each.

Every kind is a name, the right status, and a function of a random generator that returns (path, body).
The statuses come from `serving_contract.md` (sections 3.1 to 3.4 and 3.7), not from any server.
"""

import base64
import json
import random

PREDICT, CLASSIFY, REGRESS = (f"/v1/models/zoo:{verb}" for verb in ("predict", "classify", "regress"))
TEXTS = ("", "a", "日本語のテキスト", "😀" * 5, "\u0000", "a b  c", "\u202eabc", "x" * 3000, "\\", '"', "{", "é\u0301")
# JSON values of every type but string.
NOT_STRINGS = (0, -1, 1.5, 1e300, True, False, None, [], {}, [[]], {"text": {}}, {"b64": 3}, {"b64": None}, {"x": "y"})
NOT_LISTS = ({}, "a", None, 3, True, {"0": "a"}, {"b64": "YQ=="})
# Written as they stand: no Python number keeps them.
NOT_INT32 = ("1.0", "1e0", "NaN", "-Infinity", "2147483648", "-2147483649", "1" * 400, "true", "null", '"1"', "[1]")
BAD_BASE64 = ("!", "YQ=", "Y", "Y\u0000Q", "日本", "YQ==YQ==", "*" * 1000, "a-b_", "\\")
BAD_NUMBERS = ("1e999", "-1e999", "9" * 5000, "01", "+1", "1.", ".5", "0x10", "1_000", "--1", "Inf1", "nan", "1e")
BAD_ESCAPES = ("\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud83d", "\\u12", "\\x41", "\\", "\\u{1F600}")


def _text(rng):
    return rng.choice(TEXTS) + "".join(chr(rng.randrange(32, 0x2000)) for _ in range(rng.randrange(20)))


def _good(rng):
    return json.dumps(
        {"signature_name": "echo", "instances": [_text(rng) for _ in range(rng.randrange(1, 5))]}
    ).encode()


def _body(signature, **content):
    return json.dumps({"signature_name": signature, **content}).encode()


def _raw(signature, key, text):
    return f'{{"signature_name": "{signature}", "{key}": {text}}}'.encode("utf-8", "surrogatepass")


def _garbage(rng):
    return rng.choice([b"", b"[", b"\xff", b"<xml>", b"\x00", b"'"]) + rng.randbytes(rng.randrange(1, 2000))


def _cut(rng):
    body = _good(rng)
    return body[: rng.randrange(1, len(body))]


def _deep(rng):
    depth = rng.choice([50, 500, 990, 5_000, 200_000])
    opening, closing = rng.choice([("[", "]"), ('{"a":', "}")])
    return opening * depth + "1" + closing * rng.choice([depth, depth - 1, 0])


def _changed(rng):
    """A good body with a structural character exchanged for another."""
    body = bytearray(b'{"signature_name": "echo", "instances": ["a", "b"]}')
    where = rng.choice([0, 17, 25, 38, 40, 44, len(body) - 2, len(body) - 1])
    body[where] = rng.choice(b"!;()<=x")
    return bytes(body)


def _mixed_rows(rng):
    rows = ["a", {"text": "b"}] + [rng.choice(["a", {"text": "b"}]) for _ in range(5)]
    return rows if rng.random() < 0.5 else rows[::-1]


def _uneven(rng):
    width = rng.randrange(1, 5)
    return [[1.0] * width, [1.0] * (width + rng.randrange(1, 4))]


def _name(rng):
    return rng.choice(
        ["x", "SERVING_DEFAULT", "echo ", "\u0000", "e" * 10_000, "../echo", "__proto__", "日本", "echo\n"]
    )


def _join_row(rng):
    row = {"text": "a", "text_pair": "b", "extra": "c"}
    for name in rng.sample(sorted(row), rng.randrange(4)):
        row.pop(name)
    return row if set(row) != {"text", "text_pair"} else {}


def _base64_object(rng):
    return rng.choice([{"b64": rng.choice(BAD_BASE64)}, {"b64": "YQ==", "x": 1}, {"B64": "YQ=="}, {"b64": ["YQ=="]}])


def _path(rng):
    tail = ":" + rng.choice(["generate", "", "predict/", "predict:predict", "Predict%20", "\u0070redict"[:0] + "x"])
    head = rng.choice(
        ["", "/versions/x", "/versions/-1", "/versions/1.0", "/labels/", "/versions/1/labels/a", "/", "//"]
    )
    return "/v1/models/zoo" + head + tail


def _example(rng):
    return rng.choice(
        [1, None, "a", [1], [], {"x": None}, {"x": {"y": 1}}, {"x": [1, "a"]}, {"x": [[1]]}, {"x": 2**63}]
    )


KINDS = {
    "an empty body": (400, lambda rng: (PREDICT, b"")),
    "white space": (400, lambda rng: (PREDICT, b" \n\t\r" * rng.randrange(1, 9))),
    "bytes that are no JSON": (400, lambda rng: (PREDICT, _garbage(rng))),
    "a truncated document": (400, lambda rng: (PREDICT, _cut(rng))),
    "a changed character": (400, lambda rng: (PREDICT, _changed(rng))),
    "something behind the document": (
        400,
        lambda rng: (PREDICT, _good(rng) + rng.choice([b"x", b"{}", b",", b"\x00"])),
    ),
    "no object": (400, lambda rng: (PREDICT, json.dumps(rng.choice([[], ["a"], "a", 1, None, True])).encode())),
    "deep instances": (400, lambda rng: (PREDICT, _raw("echo", "instances", _deep(rng)))),
    "deep inputs": (400, lambda rng: (PREDICT, _raw("matrix", "inputs", _deep(rng)))),
    "deep examples": (400, lambda rng: (CLASSIFY, _raw("classify", "examples", _deep(rng)))),
    "deep names": (400, lambda rng: (PREDICT, b'{"signature_name": ' + _deep(rng).encode() + b"}")),
    "a text of another type": (400, lambda rng: (PREDICT, _body("echo", instances=[rng.choice(NOT_STRINGS)]))),
    "a column of another type": (400, lambda rng: (PREDICT, _body("echo", inputs={"text": [rng.choice(NOT_STRINGS)]}))),
    "instances that are no list": (400, lambda rng: (PREDICT, _body("echo", instances=rng.choice(NOT_LISTS)))),
    "no instances": (400, lambda rng: (rng.choice([PREDICT, CLASSIFY]), _body("classify", instances=[], examples=[]))),
    "both formats": (400, lambda rng: (PREDICT, _body("echo", instances=["a"], inputs=rng.choice([["a"], None])))),
    "neither format": (400, lambda rng: (PREDICT, _body("echo", **{rng.choice(["Instances", "input", "x"]): ["a"]}))),
    "rows of two kinds": (400, lambda rng: (PREDICT, _body("echo", instances=_mixed_rows(rng)))),
    "rows of unequal size": (400, lambda rng: (PREDICT, _body("matrix", instances=_uneven(rng)))),
    "columns of unequal size": (400, lambda rng: (PREDICT, _body("matrix", inputs=_uneven(rng)))),
    "other keys in a row": (400, lambda rng: (PREDICT, _body("join", instances=[_join_row(rng)]))),
    "a missing column": (
        400,
        lambda rng: (PREDICT, _body("join", inputs={rng.choice(["text", "text_pair", "x"]): ["a"]})),
    ),
    "no 32-bit integer": (400, lambda rng: (PREDICT, _raw("integers", "instances", f"[{rng.choice(NOT_INT32)}]"))),
    "no number of JSON": (400, lambda rng: (PREDICT, _raw("floats", "instances", f"[{rng.choice(BAD_NUMBERS)}]"))),
    "a double too large for a float": (
        400,
        lambda rng: (PREDICT, _raw("floats", "inputs", f"[{rng.choice('123')}e39]")),
    ),
    "an escape that is none": (400, lambda rng: (PREDICT, _raw("echo", "instances", f'["{rng.choice(BAD_ESCAPES)}"]'))),
    "a control character": (400, lambda rng: (PREDICT, _raw("echo", "instances", f'["{chr(rng.randrange(32))}"]'))),
    "bad base64": (400, lambda rng: (PREDICT, _body("echo", instances=[{"text": _base64_object(rng)}]))),
    "a type without JSON in a row": (400, lambda rng: (PREDICT, _body("half_input", instances=[rng.random()]))),
    "a type without JSON in a column": (501, lambda rng: (PREDICT, _body("half_input", inputs=[rng.random()]))),
    "an output without JSON": (400, lambda rng: (PREDICT, _body("half_output", instances=[rng.random()]))),
    "an unknown signature": (400, lambda rng: (PREDICT, _body(_name(rng), instances=["a"]))),
    "a signature name of another type": (400, lambda rng: (PREDICT, _body(rng.choice(NOT_STRINGS), instances=["a"]))),
    "an unknown classification": (400, lambda rng: (CLASSIFY, _body(_name(rng), examples=[{"text": "a"}]))),
    "no classification": (400, lambda rng: (CLASSIFY, _body(rng.choice(["echo", "join", "floats"]), examples=[{}]))),
    "no regression": (400, lambda rng: (REGRESS, _body(rng.choice(["echo", "classify"]), examples=[{}]))),
    "a bad example": (400, lambda rng: (CLASSIFY, _body("classify", examples=[{"text": "a"}, _example(rng)]))),
    "examples that are no list": (400, lambda rng: (CLASSIFY, _body("classify", examples=rng.choice(NOT_LISTS)))),
    "what the model refuses": (400, lambda rng: (PREDICT, _body("refuse", instances=[rng.randrange(2**31)]))),
    "an unknown model": (404, lambda rng: (f"/v1/models/lion{rng.random()}:predict", _good(rng))),
    "an unknown version": (
        404,
        lambda rng: (f"/v1/models/zoo/versions/{rng.randrange(99, 2**63)}:predict", _good(rng)),
    ),
    "no version number": (
        400,
        lambda rng: (f"/v1/models/zoo/versions/{rng.randrange(2**63, 10**90)}:predict", _good(rng)),
    ),
    "an unknown label": (400, lambda rng: (f"/v1/models/zoo/labels/l{rng.randrange(9)}:predict", _good(rng))),
    "a path that is none": (400, lambda rng: (_path(rng), _good(rng))),
    "a path outside": (404, lambda rng: (rng.choice(["/", "/v2/x", "//v1/models/zoo", "/../etc/passwd", "/v1"]), b"x")),
    # Strange, and right.
    "invalid UTF-8": (200, lambda rng: (PREDICT, _raw("echo", "instances", '["a@"]').replace(b"@", b"\xff\xe9\xc3"))),
    "bytes in base64": (
        200,
        lambda rng: (PREDICT, _body("echo_bytes", inputs=[{"b64": base64.b64encode(rng.randbytes(50)).decode()}])),
    ),
    "numbers that are none": (200, lambda rng: (PREDICT, _raw("floats", "instances", "[NaN, -Infinity, Infinity]"))),
    "an empty batch": (200, lambda rng: (PREDICT, _body("echo", inputs=rng.choice([[], {"text": []}])))),
    "columns too many": (
        200,
        lambda rng: (PREDICT, _body("echo", inputs={"text": ["a"], "x": rng.choice(NOT_STRINGS)})),
    ),
    "a long text": (200, lambda rng: (PREDICT, _body("echo", instances=["日本" * rng.randrange(50_000, 99_000)]))),
    "many rows": (200, lambda rng: (PREDICT, _body("echo", instances=["a"] * rng.randrange(500, 1000)))),
}


def requests(kind, count):
    """Returns the right status of a kind, and so many of its requests, always the same ones, one after the other."""
    status, make = KINDS[kind]
    rng = random.Random(kind)
    return status, (make(rng) for _ in range(count))
