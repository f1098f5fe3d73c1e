"""A request that a loaded model answers, to show its user."""

import json
import shlex

import tensorflow as tf

_SENTENCES = {
    "text": "The museum opens at nine.",
    "text_pair": "Visitors can enter in the morning.",
    "question": "When does the museum open?",
    "context": "The museum opens at nine and closes at five.",
    "prompt": "The museum opens at",
    "choices": "nine",
}
_OTHER_SENTENCE = "The museum opens at nine."
_MASKED_SENTENCE = "The museum [MASK] at nine."


def curl_line(rest_url, name, signature):
    """A shell line that asks the model one question.

    Args:
        rest_url: `http://host:port`.
        name: the model's name.
        signature: its `serving_default` SignatureDef.
    """
    body = json.dumps({"instances": [_example_instance(signature)]})
    return f"curl -d {shlex.quote(body)} {rest_url}/v1/models/{name}:predict"


def _example_instance(signature):
    masked = "num_masks" in signature.outputs  # a fill-mask model
    values = {name: _example_value(name, info, masked) for name, info in sorted(signature.inputs.items())}
    return next(iter(values.values())) if len(values) == 1 else values


def _example_value(name, info, masked):
    dtype = tf.as_dtype(info.dtype)
    if dtype == tf.string:
        value = _MASKED_SENTENCE if masked else _SENTENCES.get(name, _OTHER_SENTENCE)
    elif dtype == tf.bool:
        value = True
    else:
        value = 1 if dtype.is_integer else 1.0
    # The first dimension is the batch, which `instances` adds; two elements for one of unknown size.
    for dim in reversed(info.tensor_shape.dim[1:]):
        value = [value] * (dim.size if dim.size > 0 else 2)
    return value
