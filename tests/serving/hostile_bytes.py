"""Kinds of hostile byte streams to the REST port and hostile gRPC requests, each with its right end.

HTTP's own rules stand here, since the wire contract begins behind them: a message that is none gets 400 or no
answer, and the connection is closed.
"""

import random

import grpc
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import classification_pb2, get_model_metadata_pb2, predict_pb2

from tests.serving.http_requests import PREDICT, head

BODY = b'{"signature_name": "echo", "instances": ["a"]}'
LENGTH = f"Content-Length: {len(BODY)}"
CHUNKED = "Transfer-Encoding: chunked"
NOT_HTTP = (400, None)


def _garbage(rng):
    return rng.choice(
        [b"\x16\x03\x01\x02\x00\x01", b"\x00", b"GET", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n\r\n\r\n"]
    ) + (rng.randbytes(rng.randrange(2000)) + b"\r\n\r\n")


def _length(rng):
    value = rng.choice(
        ["-1", "+5", "0x10", "five", "1e3", "5,5", "1 2", "9" * 40, "", f"{len(BODY)}\r\nContent-Length: 3"]
    )
    return head("POST", PREDICT, f"Content-Length: {value}") + BODY


def _chunk(rng):
    size = rng.choice([b"ZZ", b"-1", b"", b"0x5", b"f" * 40, b"5 5"])
    return head("POST", PREDICT, CHUNKED) + size + b"\r\n" + BODY + b"\r\n0\r\n\r\n"


def _bomb(rng):
    bombs = [
        ["X: " + "x" * 100_000],
        [f"X{number}: x" for number in range(5000)],
        ["X" * 100_000 + ": x"],
        ["Cookie: " + "a=b; " * 20_000],
    ]
    return head("GET", "/v1/models/zoo", *rng.choice(bombs))


def _bad_head(rng):
    field = rng.choice(["no colon", ": no name", "bad name: x", "X: a\x00b", "X\x00: x", " folded"])
    return head("GET", "/v1/models/zoo", field)


def _bad_line(rng):
    method = rng.choice(["BREW", "get", "G\x00T", "POST POST", "\xff", "A" * 20_000])
    return head(method, "/v1/models/zoo")


def _bad_target(rng):
    return head("GET", rng.choice(["/v1/models/zo\x00o", "/v1/models/zo o", "/" + "a" * 50_000, "v1\x7f", "/v1/\xff"]))


# kind -> (right statuses; None is a closed connection without an answer, whether the sending side closes, bytes)
STREAMS = {
    "no HTTP": (NOT_HTTP, True, _garbage),
    "nothing": ((None,), True, lambda rng: b"\r\n" * rng.randrange(5)),
    "a truncated head": (NOT_HTTP, True, lambda rng: head("POST", PREDICT, LENGTH)[: rng.randrange(1, 60)]),
    "a truncated body": ((400,), True, lambda rng: head("POST", PREDICT, LENGTH) + BODY[: rng.randrange(len(BODY))]),
    "a truncated chunk": (
        (400,),
        True,
        lambda rng: head("POST", PREDICT, CHUNKED) + b"2e\r\n" + BODY[: rng.randrange(46)],
    ),
    "a length that is none": ((400,), True, _length),
    "a length too short": (
        (400,),
        True,
        lambda rng: head("POST", PREDICT, f"Content-Length: {rng.randrange(45)}") + BODY,
    ),
    "a length and chunks": ((400,), True, lambda rng: head("POST", PREDICT, LENGTH, CHUNKED) + BODY),
    "a chunk that is none": ((400,), True, _chunk),
    "a bomb of fields": ((400, 431), False, _bomb),
    "a field that is none": ((400,), False, _bad_head),
    "a method that is none": ((400, 414, 501), False, _bad_line),
    "a target that is none": ((400, 404, 414), False, _bad_target),
    "an unknown version": ((400, 505), False, lambda rng: b"GET / HTTP/%d.7\r\nHost: x\r\n\r\n" % rng.randrange(2, 9)),
    "garbage behind a request": (
        (200, 400),
        True,
        lambda rng: head("GET", "/v1/models/zoo")[:-2] + b"\r\n" + rng.randbytes(99),
    ),
    # Strange, and right.
    "a closed sending side": ((200,), True, lambda rng: head("POST", PREDICT, LENGTH) + BODY),
    "small chunks": ((200,), False, lambda rng: head("POST", PREDICT, CHUNKED) + _chunks(rng) + b"0\r\n\r\n"),
    "the target of a proxy": ((200,), False, lambda rng: head("GET", f"http://h{rng.randrange(9)}/v1/models/zoo")),
}


def _chunks(rng):
    size = rng.randrange(1, 9)
    pieces = [BODY[begin : begin + size] for begin in range(0, len(BODY), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def streams(kind, count):
    """Returns the right statuses of a kind, whether the sending side is closed, and so many byte strings."""
    statuses, half_close, make = STREAMS[kind]
    rng = random.Random(kind)
    return statuses, half_close, [make(rng) for _ in range(count)]


def _predict(rng, signature="echo", name="zoo", version=None, label=None, outputs=(), **inputs):
    request = predict_pb2.PredictRequest(output_filter=outputs)
    request.model_spec.name, request.model_spec.signature_name = name, signature
    if version is not None:
        request.model_spec.version.value = version
    if label is not None:
        request.model_spec.version_label = label
    for key, value in (inputs or {"text": ["a"]}).items():
        request.inputs[key].CopyFrom(
            value if isinstance(value, tensor_pb2.TensorProto) else tf.make_tensor_proto(value)
        )
    return request


def _broken_tensor(rng):
    tensor = tf.make_tensor_proto([[1.0, 2.0]])
    change = rng.randrange(5)
    if change == 0:
        tensor.tensor_shape.dim[0].size = rng.choice([2**62, -1, -(2**63), 5])
    elif change == 1:
        tensor.tensor_content = b"\x00" * rng.randrange(1, 8)
    elif change == 2:
        tensor.dtype = 0
    elif change == 3:
        tensor.tensor_shape.unknown_rank = True
    else:
        tensor.tensor_shape.dim.extend([tensor.tensor_shape.dim[0]] * 300)
        tensor.tensor_shape.dim[0].size = 7
    return _predict(rng, "matrix", x=tensor)


def _example_request(rng):
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name, request.model_spec.signature_name = "zoo", rng.choice(["x", "join", "classify"])
    if request.model_spec.signature_name != "classify":  # which gets no example instead
        request.input.example_list.examples.add()
    return request


def _metadata(rng):
    request = get_model_metadata_pb2.GetModelMetadataRequest(
        metadata_field=rng.choice([[], ["x"], ["signature_def", "x"]])
    )
    request.model_spec.name = "zoo"
    return request


Code = grpc.StatusCode
# kind -> (right code, name of the method, function of a random generator that makes the request, or its bytes)
CALLS = {
    "bytes that are no message": (Code.INTERNAL, "Predict", lambda rng: b"\xff" + rng.randbytes(rng.randrange(300))),
    "no model": (Code.INVALID_ARGUMENT, "Predict", lambda rng: predict_pb2.PredictRequest()),
    "a model without a name": (Code.INVALID_ARGUMENT, "Predict", lambda rng: _predict(rng, name="")),
    "an unknown model": (Code.NOT_FOUND, "Predict", lambda rng: _predict(rng, name=f"lion\n{rng.random()}")),
    "an unknown version": (
        Code.NOT_FOUND,
        "Predict",
        lambda rng: _predict(rng, version=rng.choice([-1, 7, 2**63 - 1])),
    ),
    "an unknown label": (Code.INVALID_ARGUMENT, "Predict", lambda rng: _predict(rng, label=f"l{rng.random()}")),
    "an unknown signature": (
        Code.FAILED_PRECONDITION,
        "Predict",
        lambda rng: _predict(rng, "x" * rng.randrange(1, 5000)),
    ),
    "other inputs": (Code.INVALID_ARGUMENT, "Predict", lambda rng: _predict(rng, "join", text=["a"], x=["b"])),
    "another type": (
        Code.INVALID_ARGUMENT,
        "Predict",
        lambda rng: _predict(rng, text=rng.choice([[1], [1.5], [True]])),
    ),
    "another rank": (Code.INVALID_ARGUMENT, "Predict", lambda rng: _predict(rng, "matrix", x=[1.0] * rng.randrange(5))),
    "a broken tensor": (Code.INVALID_ARGUMENT, "Predict", _broken_tensor),
    "an unknown output": (Code.INVALID_ARGUMENT, "Predict", lambda rng: _predict(rng, outputs=[f"{rng.random()}"])),
    "what the model refuses": (
        Code.INVALID_ARGUMENT,
        "Predict",
        lambda rng: _predict(rng, "refuse", x=[rng.randrange(99)]),
    ),
    "no classification": (Code.INVALID_ARGUMENT, "Classify", _example_request),
    "unknown metadata": (Code.INVALID_ARGUMENT, "GetModelMetadata", _metadata),
    "an unknown method": (Code.UNIMPLEMENTED, "Divine", lambda rng: b""),
}


def calls(kind, count):
    """Returns the right code of a kind, the name of the method, and so many serialized requests."""
    code, method, make = CALLS[kind]
    rng = random.Random(kind)
    made = [make(rng) for _ in range(count)]
    return code, method, [request if isinstance(request, bytes) else request.SerializeToString() for request in made]
