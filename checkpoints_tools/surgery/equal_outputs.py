"""Whether a model with a smaller vocabulary computes, for real texts, what the whole model does."""

import dataclasses

import numpy as np

from rembert_tf.config import RemBertConfig
from rembert_tf.verification.architecture import architecture_of
from rembert_tf.verification.differences import largest_difference
from rembert_tf.verification.layer_outputs import plain_outputs
from rembert_tf.verification.named_tensors import open_tensors

LONGEST = 48  # pieces of a sampled text
# The same numbers go through the same sums, except that a matrix product over fewer columns may be summed
# in another order: of that, float32 shows the seventh digit.
LIMIT = 1e-6
VOCABULARY_HEADS = ("RemBertForMaskedLM", "RemBertForCausalLM")


@dataclasses.dataclass(frozen=True)
class OutputDifference:
    """How far two models' outputs are apart.

    Args:
        texts: how many were compared.
        largest: difference over all layers and outputs, absolute for entries below 1, relative above.
        layers: how many layers and outputs were compared.
    """

    texts: int
    largest: float
    layers: int

    @property
    def agrees(self):
        """Whether rounding explains the difference."""
        return self.largest <= LIMIT


def compare_outputs(directory, other, inputs, other_inputs, columns, report=None):
    """Runs the plain NumPy implementation of both models, which holds one layer at a time.

    Args:
        directory: of the whole model.
        other: of the one with fewer rows.
        inputs: dictionary of arrays (batch, length) for the whole model.
        other_inputs: the same texts for the other one.
        columns: (rows of the other one,): which of the whole model's scores of the vocabulary it has.
        report: called as `report(done, total, note)`, or None.

    Returns:
        An OutputDifference.
    """
    outputs = []
    for place, arrays in ((directory, inputs), (other, other_inputs)):
        config = RemBertConfig.from_pretrained(place)
        with open_tensors(place) as tensors:
            architecture = architecture_of(config, tensors)
            if architecture == "RemBertForMultipleChoice":
                arrays = {name: array[:, None] for name, array in arrays.items()}
            steps = report and (lambda done, total: report(done, total, "comparing outputs"))
            outputs.append(plain_outputs(config, architecture, tensors, {"texts": arrays}, steps)["texts"])
    whole, trimmed = outputs
    if architecture in VOCABULARY_HEADS and "logits" in whole:
        whole["logits"] = whole["logits"][..., columns]
    largest = max(_difference(whole[layer], trimmed[layer]) for layer in whole)
    return OutputDifference(len(inputs["input_ids"]), largest, len(whole))


def _difference(array, other):
    return largest_difference(array, other) / max(1.0, float(np.max(np.abs(array), initial=0.0)))
