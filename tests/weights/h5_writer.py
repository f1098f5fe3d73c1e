"""A writer of `tf_model.h5` in the layout of the TensorFlow classes of transformers 4."""

import re

import h5py

_LAYERS = {"rembert": "rembert", "cls": "mlm___cls", "classifier": "classifier", "qa_outputs": "qa_outputs"}
_TABLES = {"position_embeddings", "token_type_embeddings"}


def dataset_path(name, class_name):
    """Returns the path of a weight's dataset, given its prefixed name."""
    first, *steps, last = name.split(".")
    owner = ([first] + steps)[-1]
    if owner == "LayerNorm":
        last = {"weight": "gamma", "bias": "beta"}[last]
    elif owner in _TABLES:
        last = "embeddings"
    elif owner not in ("word_embeddings", "decoder") and last == "weight":
        last = "kernel"
    layer = _LAYERS[first]
    return re.sub(r"/layer/(\d+)/", r"/layer_._\1/", "/".join([layer, class_name, layer, *steps, f"{last}:0"]))


def save(path, arrays, class_name):
    """Writes arrays, given as `model.safetensors` has them, with the names of an encoder or a head."""
    with h5py.File(path, "w") as file:
        paths = {}
        for name, array in arrays.items():
            prefixed = name if name.split(".")[0] in _LAYERS else f"rembert.{name}"
            paths[dataset_path(prefixed, class_name)] = array
        for dataset, array in paths.items():
            file.create_dataset(dataset, data=array.T if dataset.endswith("/kernel:0") else array)
        file.create_group("dropout_12")
        file.create_group("top_level_model_weights")
        file.attrs["layer_names"] = [name.encode() for name in file]
        file.attrs["backend"] = "tensorflow"
