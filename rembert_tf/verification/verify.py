"""Proves a model directory without a peer: our Keras model, a second implementation, and stored reference outputs."""

from rembert_tf.config import RemBertConfig
from rembert_tf.verification.architecture import architecture_of
from rembert_tf.verification.differences import Differences
from rembert_tf.verification.layer_outputs import KerasOutputs, plain_outputs
from rembert_tf.verification.named_tensors import digests, fingerprint, open_tensors
from rembert_tf.verification.probes import probes
from rembert_tf.verification.published_rows import distances, published_shape
from rembert_tf.verification.stored_references import recognise, stored_form
from rembert_tf.verification.verify_report import KERAS_PLAIN, KERAS_REFERENCE, PLAIN_REFERENCE, VerifyReport


def verify(directory, report=None):
    """Runs a directory's model by two implementations and compares every layer.

    Where the weights are those of a stored reference, its inputs are used and both are held against its
    outputs; a directory of google/rembert's shape is held against the published outputs.

    Args:
        directory: a model directory.
        report: called as `report(done, total, note)` while it runs, or None.

    Returns:
        A VerifyReport.

    Raises:
        MissingFileError: there is no such directory, or no model in it.
        InputError: it is not a RemBERT, or its weights do not fit its configuration.
    """
    steps = _Steps(report)
    config = RemBertConfig.from_pretrained(directory)
    with open_tensors(directory) as tensors:
        architecture = architecture_of(config, tensors)
        found = digests(tensors, steps.part("hashing weights"))
        reference = recognise(found)
        published = published_shape(config)
        cases = reference.cases if reference else {name: (x, {}) for name, x in probes(config, architecture).items()}
        if published:
            cases = {**cases, published.name: (published.inputs, {})}
        layers, notes = _compare(directory, config, architecture, tensors, cases, steps)
        measured = {}
        if published:
            measured = distances(published, config, tensors, steps.part("published outputs"))
    return VerifyReport(
        directory=str(directory),
        architecture=architecture,
        fingerprint=fingerprint(found),
        layers=layers,
        cases=list(cases),
        reference=reference and reference.name,
        provenance=reference and reference.provenance,
        changed_weights=reference.changed_weights(found) if reference else [],
        changed_fields=reference.changed_fields(config) if reference else {},
        published=published and published.name,
        distances=measured,
        notes=notes,
    )


def _compare(directory, config, architecture, tensors, cases, steps):
    """Returns LayerDifferences over all cases, and notes."""
    keras_outputs = KerasOutputs(directory, architecture)  # first: its error lists every weight that does not fit
    inputs_by_case = {case: inputs for case, (inputs, _) in cases.items()}
    plain = plain_outputs(config, architecture, tensors, inputs_by_case, steps.part("NumPy"))
    report = steps.part("Keras")
    differences = Differences()
    for done, (case, (inputs, expected)) in enumerate(cases.items()):
        report(done, len(cases))
        ours = keras_outputs(inputs)
        differences.add(KERAS_PLAIN, ours, plain[case])  # first: these hold every layer, from bottom to top
        differences.add(KERAS_REFERENCE, stored_form(ours), expected)
        differences.add(PLAIN_REFERENCE, stored_form(plain[case]), expected)
    return differences.layers, keras_outputs.notes


class _Steps:
    """Turns `report(done, total, note)` into one `report(done, total)` for each part of the work."""

    def __init__(self, report):
        self._report = report

    def part(self, note):
        return lambda done, total: self._report and self._report(done, total, note)
