"""MultiInference: several classifications and regressions of the same examples, in one computation."""

from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE
from rembert_tf.serving.server.example_inference import (
    CLASSIFY,
    REGRESS,
    example_array,
    output_names,
    read_results,
)
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument


def multi_inference(servable, tasks, examples, timeout=None):
    """Runs several signatures that read the same input tensor.

    Exports of TensorFlow 2 give every signature an input tensor of its own, and are refused, as they are by
    TensorFlow Serving: call Classify and Regress on them.

    Args:
        servable: a `Servable`.
        tasks: list of `InferenceTask`.
        examples: list of serialized `tf.train.Example`.
        timeout: seconds, or None.

    Returns:
        A list of (task, results), with results as of `classify` or `regress`.

    Raises:
        ServingError: INVALID_ARGUMENT for tasks that cannot be answered together, UNIMPLEMENTED for an unknown
            method, or as for Classify and Regress.
    """
    _require_one_model(tasks)
    _require_different_signatures(tasks)
    plans = [(task, *_plan(servable, task)) for task in tasks]
    inputs = {signature.inputs["inputs"].name for _, signature, _ in plans}
    if len(inputs) != 1:
        raise invalid_argument("Input tensor must be the same for all Signatures.")
    fetches = sorted({signature.outputs[name].name for _, signature, names in plans for name in names})
    arrays = dict(zip(fetches, servable.run({inputs.pop(): example_array(examples)}, fetches, timeout), strict=True))
    results = []
    for task, signature, names in plans:
        outputs = {name: arrays[signature.outputs[name].name] for name in names}
        results.append((task, read_results(task.method_name, outputs, len(examples))))
    return results


def _plan(servable, task):
    """The signature of a task and the outputs that its method needs."""
    name = task.model_spec.signature_name or DEFAULT_SIGNATURE
    if name not in servable.signatures:
        raise invalid_argument(f"Requested signature not found in model graph: {name}")
    if task.method_name not in (CLASSIFY, REGRESS):
        raise ServingError(Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}")
    signature = servable.signatures[name]
    return signature, output_names(task.method_name, signature)


def _require_one_model(tasks):
    names = {task.model_spec.name for task in tasks}
    if "" in names:
        raise invalid_argument("Found ModelSpec with an empty model name.")
    if len(names) > 1:
        raise invalid_argument("All ModelSpecs in a MultiInferenceRequest must access the same model name.")


def _require_different_signatures(tasks):
    seen = set()
    for task in tasks:
        name = task.model_spec.signature_name or DEFAULT_SIGNATURE
        if name in seen:
            raise invalid_argument(f"Duplicate evaluation of signature: {name}")
        seen.add(name)
