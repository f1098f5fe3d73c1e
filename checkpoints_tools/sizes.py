"""A model's sizes, as its tensors have them, held against what a JSON file says."""

from rembert_tf.checkpoints_tools.source import MULTIPLE_CHOICE, shape_of
from rembert_tf.config import GOOGLE_SPELLINGS, RemBertConfig
from rembert_tf.errors import InputError
from rembert_tf.weights.weight_rows import LABELS


def infer_sizes(found, architecture=None):
    """Returns {field of the configuration: size} of the tensors that were found; the first one decides.

    Args:
        found: list of (row of the weight table, shape as in a Hugging Face file).
        architecture: name of the class; multiple choice says nothing about the number of labels.
    """
    sizes = {}
    for row, shape in found:
        if len(shape) == len(row.shape):
            for name, size in zip(row.shape, shape, strict=True):
                sizes.setdefault(name, size)
    if architecture == MULTIPLE_CHOICE:
        sizes.pop(LABELS, None)
    return sizes


def settle_config(content, sizes, where):
    """Returns the RemBertConfig of what a JSON file says and what the tensors show.

    Args:
        content: the JSON object, in Google's or in our spelling.
        sizes: what `infer_sizes` returned, and `num_hidden_layers`; wins where the JSON says nothing.
        where: the JSON's path, for messages.

    Raises:
        InputError: they disagree, each field by name and value; or the JSON is impossible.
    """
    try:
        said = RemBertConfig.from_dict({**content, **_absent(content, sizes)})
    except InputError as problem:
        raise InputError(f"{where}: {problem}") from None
    theirs = {ours: name for name, ours in GOOGLE_SPELLINGS.items() if name in content}
    differing = [
        f"{theirs.get(name, name)} {getattr(said, name)} but {size}"
        for name, size in sizes.items()
        if getattr(said, name) != size
    ]
    if differing:
        raise InputError(f"{where} disagrees with the tensors: it says {'; it says '.join(differing)} in the tensors.")
    return said


def _absent(content, sizes):
    """Returns the sizes that the JSON leaves open, in either spelling."""
    present = {GOOGLE_SPELLINGS.get(name, name) for name in content}
    if {"id2label", "label2id"} & present:
        present.add("num_labels")
    return {name: size for name, size in sizes.items() if name not in present}


def check_shapes(found, config, where, architecture=None):
    """Compares every tensor's shape with the configuration.

    Args:
        found: list of (row, shape as in a Hugging Face file, name in the source).
        config: the RemBertConfig.
        where: for the message.
        architecture: name of the class.

    Raises:
        InputError: naming every tensor that does not fit.
    """
    wrong = [
        f"{name} has the shape {tuple(shape)} where {shape_of(row, config, architecture)} is due"
        for row, shape, name in found
        if tuple(shape) != shape_of(row, config, architecture)
    ]
    if wrong:
        raise InputError(f"{where} contradicts itself ({len(wrong)} tensors): {'; '.join(wrong)}.")
