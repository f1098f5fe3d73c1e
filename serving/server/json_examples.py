"""A JSON Classify or Regress request -> serialized `tf.train.Example`s."""

import tensorflow as tf

from rembert_tf.serving.server.json_document import format_error, type_name
from rembert_tf.serving.server.json_values import decode_base64, is_base64, is_integer, read_float
from rembert_tf.serving.server.status import invalid_argument

# kind of list in a tf.train.Feature -> its name in messages
_KIND_NAMES = {"bytes_list": "bytes", "float_list": "float", "int64_list": "int64"}


def read_examples(document):
    """The examples of a request, each with the context's features added.

    Args:
        document: a `Document` with `examples` and optionally `context`.

    Returns:
        A non-empty list of serialized examples.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    context = b""
    if "context" in document:
        context = _read_example(document["context"], document)
    if "examples" not in document:
        raise format_error(document, "When method is classify, key 'examples' is expected and was not found")
    examples = document["examples"]
    if not isinstance(examples, list):
        raise format_error(document, "Expecting 'examples' value to be an list/array")
    if not examples:
        raise format_error(document, "'examples' value is an empty array")
    # Two protobuf messages one after the other parse as their union, the later one winning.
    return [context + _read_example(example, document) for example in examples]


def _read_example(value, document):
    if not isinstance(value, dict):
        raise invalid_argument(f"Example must be JSON object but got JSON {type_name(value)}")
    example = tf.train.Example()
    for name, content in value.items():
        feature = tf.train.Feature()
        for element in content if isinstance(content, list) else [content]:
            _add_value(element, name, feature, document)
        # The name is encoded first: it may hold what protobuf's text fields refuse.
        example.features.feature[document.encode(name).decode("utf-8", "replace")].CopyFrom(feature)
    return example.SerializeToString()


def _add_value(value, name, feature, document):
    kind, converted = _convert(value, name, document)
    present = feature.WhichOneof("kind")
    if present not in (None, kind):
        raise invalid_argument(f"Unexpected element type in feature: {name} expecting type: {_KIND_NAMES[present]}")
    getattr(feature, kind).value.append(converted)


def _convert(value, name, document):
    if isinstance(value, bool):
        return "int64_list", int(value)
    if isinstance(value, str):
        return "bytes_list", document.encode(value)
    if is_base64(value):
        return "bytes_list", decode_base64(value, document)
    if isinstance(value, float):
        return "float_list", read_float(value, tf.float32)
    if not is_integer(value):
        raise invalid_argument(f"Feature: {name} has element with unexpected JSON type: {type_name(value)}")
    if not -(2**63) <= value < 2**63:
        raise invalid_argument(f"Feature: {name} has uint64 element. Only int64 is supported.")
    return "int64_list", value
