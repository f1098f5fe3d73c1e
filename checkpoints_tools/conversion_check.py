"""Proof of a conversion: what was written, read back by its own reader, against the source."""

import numpy as np

from rembert_tf.checkpoints_tools.activation import FORMS
from rembert_tf.checkpoints_tools.formats import module_of
from rembert_tf.checkpoints_tools.source import Request
from rembert_tf.config import RemBertConfig
from rembert_tf.verification.named_tensors import open_tensors
from rembert_tf.verification.published_rows import distances, published_shape
from rembert_tf.verification.verify_report import published_lines
from rembert_tf.weights.safetensors_writer import rounded

# Ids of [CLS] and [SEP] in the vocabulary of google/rembert.
_RELEASED = (312, 313)


def published_check(folder, tokenizer):
    """Returns the lines that hold a model directory against a released model's published outputs, [] for others.

    Args:
        folder: of the model directory.
        tokenizer: its tokenizer, or None; one that numbers the special tokens otherwise is another model's.
    """
    config = RemBertConfig.from_pretrained(folder)
    published = published_shape(config)
    if published is None or (tokenizer is not None and (tokenizer.cls_token_id, tokenizer.sep_token_id) != _RELEASED):
        return []
    with open_tensors(folder) as tensors:
        return list(published_lines(published.name, distances(published, config, tensors)))


def check_written(source, names, folder, target, dtype, pass_over):
    """Compares a destination with its source.

    Args:
        source: the open Source.
        names: what the target's `plan` returned.
        folder: a Path, where the destination was written.
        target: its format.
        dtype: of its numbers.
        pass_over: function (note) that returns what is called with each tensor.

    Returns:
        A list of lines, and whether nothing differs.
    """
    step, differing = pass_over("verifying"), []
    said = source.config.hidden_act if source.config.hidden_act in FORMS else None
    with module_of(target).open_source(folder, Request(hidden_act=said)) as written:
        by_name = {tensor.row.name: tensor for tensor in written.tensors}
        for tensor in names:
            other = by_name.get(tensor.row.name)
            expected = rounded(tensor.read(), dtype, tensor.origin).astype(np.float32)
            if other is None or not np.array_equal(expected, other.read(), equal_nan=True):
                differing.append(tensor.row.name)
            step(tensor)
    lines = [f"verified: {len(names) - len(differing)} of {len(names)} weights read back bit for bit"]
    lines += [f"differs: {name}" for name in differing]
    if differing or target != "hf":
        return lines, not differing
    more, passed = _run(folder)
    return lines + more, passed


def _run(folder):
    """Runs the model by two implementations; returns lines and whether they agree."""
    from rembert_tf.verification.verify import verify

    found = verify(folder)
    return list(found.lines())[1:], found.exit_code == 0
