"""Runs one signature of one servable: the rules of Predict, Classify and Regress, free of any wire format."""

import tensorflow as tf

from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE
from rembert_tf.serving.server.servable import runtime_type_name
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument


def predict(servable, signature_name, inputs, output_filter=(), timeout=None):
    """Runs a signature on named arrays.

    Args:
        servable: a `Servable`.
        signature_name: empty means `serving_default`.
        inputs: dict of input name -> array; strings are object arrays of bytes.
        output_filter: names of the wanted outputs; empty means all.
        timeout: seconds, or None.

    Returns:
        A dict of output name -> array, in the order of names.

    Raises:
        ServingError: FAILED_PRECONDITION for an unknown signature, INVALID_ARGUMENT for inputs that do not
            fit it, or the runtime's own error.
    """
    signature_name = signature_name or DEFAULT_SIGNATURE
    if signature_name not in servable.signatures:
        raise ServingError(Code.FAILED_PRECONDITION, f'Serving signature key "{signature_name}" not found.')
    signature = servable.signatures[signature_name]
    feeds = _feeds(signature, inputs)
    names = _wanted_outputs(signature, output_filter)
    arrays = servable.run(feeds, [signature.outputs[name].name for name in names], timeout)
    return dict(zip(names, arrays, strict=True))


def batch_rows(inputs):
    """The first dimension of a request's arrays; 0 when they have none."""
    return max((len(array) for array in inputs.values() if array.ndim), default=0)


def _feeds(signature, inputs):
    expected, sent = set(signature.inputs), set(inputs)
    if len(sent) > len(expected) or (len(sent) < len(expected) and not signature.defaults):
        raise invalid_argument(
            f"input size does not match signature: {len(sent)}!={len(expected)} len({_name_set(sent)}) != "
            f"len({_name_set(expected)}). Sent extra: {_name_set(sent - expected)}. "
            f"Missing but required: {_name_set(expected - sent)}."
        )
    for name in sorted(sent - expected):
        raise invalid_argument(
            f"input tensor alias not found in signature: {name}. "
            f"Inputs expected to be in the set {_name_set(expected)}."
        )
    missing = expected - sent - set(signature.defaults)
    if missing:
        raise invalid_argument(f"input tensor missing without a default: {_name_set(missing)}")
    feeds = {}
    for position, (name, info) in enumerate(sorted(signature.inputs.items())):
        value = inputs[name] if name in inputs else tf.make_ndarray(signature.defaults[name])
        given = tf.as_dtype(value.dtype)
        if given != tf.as_dtype(info.dtype):
            raise invalid_argument(
                f"Expects arg[{position}] to be {runtime_type_name(info.dtype)} "
                f"but {runtime_type_name(given)} is provided"
            )
        feeds[info.name] = value
    return feeds


def _wanted_outputs(signature, output_filter):
    seen = set()
    for name in output_filter:
        if name not in signature.outputs:
            raise invalid_argument(
                f"output tensor alias not found in signature: {name} "
                f"Outputs expected to be in the set {_name_set(signature.outputs)}."
            )
        if name in seen:
            raise invalid_argument(f"duplicate output tensor alias: {name}")
        seen.add(name)
    return list(output_filter) or sorted(signature.outputs)


def _name_set(names):
    return "{" + ",".join(sorted(names)) + "}"
