"""Proof that a larger model computes what the one it was made of does."""

import numpy as np

from rembert_tf.config import RemBertConfig
from rembert_tf.verification.architecture import architecture_of
from rembert_tf.verification.layer_outputs import LOGITS, plain_outputs
from rembert_tf.verification.named_tensors import open_tensors
from rembert_tf.weights.weight_rows import H

LENGTH, ROWS = 12, 2
# Sums over more and smaller summands are rounded otherwise; over many layers that adds up.
LIMIT = 1e-4


def outputs_difference(source, result, axes, report=None):
    """Returns the largest difference of any layer and output, absolute below 1 and relative above.

    Args:
        source: directory of the smaller model.
        result: of the larger one, with the same vocabulary and as many blocks.
        axes: what `grown_axes` returned.
        report: called as `report(done, total, note)`, or None.

    Raises:
        RuntimeError: it is more than rounding explains.
    """
    outputs = []
    for place in (source, result):
        config = RemBertConfig.from_pretrained(place)
        with open_tensors(place) as tensors:
            architecture = architecture_of(config, tensors)
            steps = report and (lambda done, total: report(done, total, "comparing outputs"))
            case = {"ids": _inputs(RemBertConfig.from_pretrained(source), architecture)}
            outputs.append(plain_outputs(config, architecture, tensors, case, steps)["ids"])
    small, large = outputs
    largest = 0.0
    for layer, expected in small.items():
        expected = expected if layer in LOGITS else np.take(expected, axes[H].sources, axis=-1)
        scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
        largest = max(largest, float(np.abs(large[layer] - expected).max(initial=0.0)) / scale)
    if not largest <= LIMIT:
        raise RuntimeError(f"outputs of the larger model differ by {largest:.1e} from the source's")
    return largest


def _inputs(config, architecture):
    random = np.random.default_rng(0)
    shape = (ROWS, min(LENGTH, config.max_position_embeddings))
    shape = (1, *shape) if architecture == "RemBertForMultipleChoice" else shape
    ids = random.integers(0, config.vocab_size, shape, dtype=np.int32)
    mask = np.ones_like(ids)
    mask[..., -1:] = random.integers(0, 2, mask[..., -1:].shape)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids % config.type_vocab_size}
