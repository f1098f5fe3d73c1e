"""Classify and Regress: signatures that take serialized `tf.train.Example`s."""

import numpy as np

from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument

# The names by which a MultiInference request asks for the one or the other.
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"


def classify(servable, signature_name, examples, timeout=None):
    """Runs a classification signature.

    Args:
        servable: a `Servable`.
        signature_name: empty means `serving_default`.
        examples: list of serialized `tf.train.Example`.
        timeout: seconds, or None.

    Returns:
        One list of (label bytes, score) for each example; a signature without one of its two outputs gives
        empty labels or scores of 0.

    Raises:
        ServingError: INVALID_ARGUMENT or FAILED_PRECONDITION when the signature is no classification.
    """
    return _run_alone(CLASSIFY, servable, signature_name, examples, timeout)


def regress(servable, signature_name, examples, timeout=None):
    """Runs a regression signature.

    Args:
        servable: a `Servable`.
        signature_name: empty means `serving_default`.
        examples: list of serialized `tf.train.Example`.
        timeout: seconds, or None.

    Returns:
        A float32 array (examples,).

    Raises:
        ServingError: INVALID_ARGUMENT or FAILED_PRECONDITION when the signature is no regression.
    """
    return _run_alone(REGRESS, servable, signature_name, examples, timeout)


def example_signature(servable, signature_name):
    """The signature that a request names; empty means `serving_default`.

    Raises:
        ServingError: INVALID_ARGUMENT when there is none.
    """
    signature_name = signature_name or DEFAULT_SIGNATURE
    if signature_name not in servable.signatures:
        raise invalid_argument(f"No signature was found with the name: {signature_name}")
    return servable.signatures[signature_name]


def output_names(method, signature):
    """The outputs that a method needs of a signature, once the signature is found to be of that kind.

    Args:
        method: `CLASSIFY` or `REGRESS`.
        signature: a SignatureDef.

    Raises:
        ServingError: INVALID_ARGUMENT or FAILED_PRECONDITION.
    """
    if len(signature.inputs) != 1:
        raise invalid_argument("Expected one input Tensor.")
    if "inputs" not in signature.inputs:
        kind = "classification" if method == CLASSIFY else "regression"
        raise ServingError(Code.FAILED_PRECONDITION, f"No {kind} inputs found in SignatureDef")
    return _classification_outputs(signature) if method == CLASSIFY else _regression_outputs(signature)


def read_results(method, outputs, num_examples):
    """What a method answers, once the computed arrays are found to be of that kind.

    Args:
        method: `CLASSIFY` or `REGRESS`.
        outputs: dict of output name -> array.
        num_examples: how many examples were sent.

    Returns:
        As `classify` or `regress`.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    return (_classifications if method == CLASSIFY else _regressions)(outputs, num_examples)


def example_array(examples):
    """Serialized examples as an array to feed.

    Raises:
        ServingError: INVALID_ARGUMENT when there is none.
    """
    if not examples:
        raise invalid_argument("Input is empty.")
    serialized = np.empty(len(examples), object)
    serialized[:] = examples
    return serialized


def _run_alone(method, servable, signature_name, examples, timeout):
    signature = example_signature(servable, signature_name)
    names = output_names(method, signature)
    feeds = {signature.inputs["inputs"].name: example_array(examples)}
    arrays = servable.run(feeds, [signature.outputs[name].name for name in names], timeout)
    return read_results(method, dict(zip(names, arrays, strict=True)), len(examples))


def _classification_outputs(signature):
    if len(signature.outputs) not in (1, 2):
        raise invalid_argument(f"Expected one or two output Tensors, found {len(signature.outputs)}")
    names = [name for name in ("classes", "scores") if name in signature.outputs]
    if not names:
        raise ServingError(
            Code.FAILED_PRECONDITION,
            'Expected classification signature outputs to contain at least one of "classes" or "scores".',
        )
    return names


def _classifications(outputs, num_examples):
    for name, array in outputs.items():
        _check_classes(name, array, num_examples)
    shapes = {array.shape for array in outputs.values()}
    if len(shapes) > 1:
        raise invalid_argument(
            "Tensors class and score should match in dim_size(1). "
            f"Got {outputs['classes'].shape[1]} vs. {outputs['scores'].shape[1]}"
        )
    shape = shapes.pop()
    classes = outputs.get("classes", np.full(shape, b"", object))
    scores = outputs.get("scores", np.zeros(shape, np.float32))
    return [list(zip(*row, strict=True)) for row in zip(classes, scores, strict=True)]


def _regression_outputs(signature):
    if len(signature.outputs) != 1:
        raise invalid_argument("Expected one output Tensor.")
    if "outputs" not in signature.outputs:
        raise ServingError(Code.FAILED_PRECONDITION, "No regression outputs found in SignatureDef")
    return ["outputs"]


def _regressions(outputs, num_examples):
    values = outputs["outputs"]
    if not (values.ndim == 1 or (values.ndim == 2 and values.shape[1] == 1)):
        raise invalid_argument(
            f"Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got {_shape(values)}"
        )
    if len(values) != num_examples:
        raise invalid_argument(f"Input batch size did not match output batch size: {num_examples} vs. {len(values)}")
    if values.dtype != np.float32:
        raise invalid_argument(f"Expected output Tensor of DT_FLOAT.  Got: {values.dtype}")
    return values.reshape(-1)


def _check_classes(name, array, num_examples):
    if array.ndim != 2:
        raise invalid_argument(f"Expected Tensor shape: [batch_size num_classes] but got {_shape(array)}")
    expected, type_name = (np.dtype(object), "DT_STRING") if name == "classes" else (np.dtype("float32"), "DT_FLOAT")
    if array.dtype != expected:
        raise invalid_argument(f"Expected {name} Tensor of {type_name}. Got: {array.dtype}")
    if len(array) != num_examples:
        raise invalid_argument(f"Expected {name} output batch size of {num_examples}. Got: {len(array)}")


def _shape(array):
    return "[" + ",".join(map(str, array.shape)) + "]"
