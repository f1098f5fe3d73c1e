"""Writing a SavedModel that takes raw strings, for TensorFlow Serving."""

import warnings
from pathlib import Path

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.models.sequence_classification import RemBertForSequenceClassification
from rembert_tf.serving import warmup as warmup_files
from rembert_tf.serving.signatures.sequence_classification import SequenceClassificationSignatures
from rembert_tf.tasks.start import check_lengths
from rembert_tf.weights.atomic_files import new_directory


def export_saved_model(
    model, tokenizer, base_path, version=None, max_length=None, labels=None, pair=False, warmup="auto"
):
    """Writes `base_path/<version>/`, which TensorFlow Serving 2.19 and later runs as it is.

    The version appears in one rename when it is whole: a server that watches the folder never sees half
    a model. Weights stay variables, and each is stored once.

    Args:
        model: a RemBertForSequenceClassification.
        tokenizer: its RemBertTokenizerFast, which becomes part of the graph.
        base_path: the folder that holds the model's versions.
        version: a positive integer; None takes the next free one.
        max_length: pieces that a text or pair is truncated to; None means what the model can take.
        labels: the labels' names, in the order of the logits; None takes the configuration's.
        pair: whether every request holds `text` and `text_pair`.
        warmup: True writes warm-up requests, which needs the `serving` extra; "auto" does so where the
            extra is installed, and warns where it is not; False leaves them out.

    Returns:
        The version's path.

    Raises:
        InputError: an argument is impossible, or the version exists already; nothing was written.
    """
    if not isinstance(model, RemBertForSequenceClassification):
        raise InputError(f"{type(model).__name__} cannot be exported: expected a RemBertForSequenceClassification.")
    max_length = model.config.max_position_embeddings if max_length is None else max_length
    check_lengths(model, tokenizer, max_length)
    if max_length < 3 + pair:
        raise InputError(f"max_length must be at least {3 + pair}, not {max_length}: special tokens take the rest.")
    labels = list(model.config.id2label.values()) if labels is None else list(labels)
    if len(labels) != model.config.num_labels:
        raise InputError(f"{len(labels)} labels were given, but the model has {model.config.num_labels} outputs.")
    destination = Path(base_path) / str(_version(base_path, version))
    module = SequenceClassificationSignatures(model, tokenizer, labels, max_length, pair)
    signatures = module.signatures()
    requests = warmup_files.warmup_requests(signatures, max_length)
    with new_directory(destination) as partial:
        tf.saved_model.save(module, str(partial), signatures=signatures)
        warmup_files.execute(partial, requests)
        if _warmup_wanted(warmup):
            warmup_files.write_warmup(partial, requests)
    return destination


def _version(base_path, version):
    """Returns the version to write: the one asked for, or one above the newest."""
    if version is None:
        folder = Path(base_path)
        taken = [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()] if folder.is_dir() else []
        return max(taken, default=0) + 1
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InputError(f"version must be a positive integer, not {version!r}.")
    return version


def _warmup_wanted(warmup):
    if warmup == "auto":
        installed = warmup_files.serving_protos_installed()
        if not installed:
            warnings.warn(
                "no warm-up requests were written, so the first answer will be slow: "
                "pip install 'rembert-tf[serving]' to have them.",
                stacklevel=3,
            )
        return installed
    return bool(warmup)
