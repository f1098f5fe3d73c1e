"""Names of datasets in a Hugging Face `tf_model.h5` -> names of weights in all their other files."""

import re

# A dataset is called <group>/<model's name>/<layer>/<the rest>:0, and the model's name differs per class:
# what counts begins at the last layer of the model itself.
_DATASET = re.compile(r"(?:.*/)?(?P<layer>rembert|\w+___cls|classifier|qa_outputs)/(?P<rest>.+):0")
_BLOCK = re.compile(r"layer_\._(\d+)")
_ENDINGS = {"kernel": "weight", "gamma": "weight", "beta": "bias", "embeddings": "weight"}


def weight_name(dataset):
    """Returns a weight's name as in `model.safetensors`; a dataset that no RemBERT class writes keeps its own.

    Args:
        dataset: path of a dataset from the file's root.
    """
    match = _DATASET.fullmatch(dataset)
    if not match:
        return dataset
    # "mlm___cls" is the variable `mlm` of the class, stored under the name `cls`.
    steps = [match["layer"].rpartition("___")[2], *match["rest"].split("/")]
    steps = [_BLOCK.sub(r"layer.\1", step) for step in steps]
    return ".".join([*steps[:-1], _ENDINGS.get(steps[-1], steps[-1])])


def is_kernel(dataset):
    """Whether a dataset is a kernel: (in, out) here and (out, in) in all other files."""
    return dataset.endswith("/kernel:0")
