"""What the page has to know of each served model: its kind, what it takes, its labels."""

import tensorflow as tf

from rembert_tf.serving.client.heads import head_of
from rembert_tf.serving.model_card import LABELS, read_labels
from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE

UNKNOWN = "unknown"


NOT_EXPLAINED = (
    "Attention and attributions need the model itself, and an export has only its answers: "
    "start the server with the model directory or the run folder, as in “rembert serve runs/topic --playground”."
)
OTHER_VERSION = (
    "Version {served} is served now, and attention and attributions are those of version {explained}: "
    "start the server again with the new model's directory."
)


def described_model(name, servable, explainer):
    """Returns a dictionary for the page.

    Args:
        name: of the model.
        servable: its newest version, a `Servable`.
        explainer: its `Explainer`, or None.
    """
    signature = servable.signatures.get(DEFAULT_SIGNATURE)
    head = None if signature is None else head_of(signature)
    return {
        "name": name,
        "version": servable.version,
        "kind": UNKNOWN if head is None else head.method,
        "inputs": [] if signature is None else sorted(signature.inputs),
        "labels": _labels(servable.path),
        "tokenizes": "tokenize" in servable.signatures,
        "unexplained": why_unexplained(servable, explainer),
    }


def why_unexplained(servable, explainer):
    """Returns why there is neither attention nor attributions for a version, and how to get them; None if there are."""
    if explainer is None:
        return NOT_EXPLAINED
    if explainer.version not in (None, servable.version):
        return OTHER_VERSION.format(served=servable.version, explained=explainer.version)
    return None


def _labels(path):
    """Returns the labels in the order of the probabilities; none for an export that has no such file."""
    try:
        with tf.io.gfile.GFile(f"{path}/{LABELS}") as file:
            return read_labels(file.read())
    except (tf.errors.OpError, UnicodeDecodeError):
        return []
