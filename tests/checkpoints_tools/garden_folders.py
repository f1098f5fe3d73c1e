"""Writing and reading folders of Model Garden checkpoints with our own code."""

import numpy as np

from rembert_tf.checkpoints_tools.formats import garden, hf
from rembert_tf.checkpoints_tools.formats.object_checkpoint import GRAPH_KEY, graph_of
from rembert_tf.checkpoints_tools.formats.tf_checkpoint import CheckpointReader, CheckpointWriter
from rembert_tf.checkpoints_tools.source import Request, WriteSettings


def export(model_path, folder):
    """Writes a model directory as a Model Garden checkpoint; returns the list of what was left out."""
    folder.mkdir()
    with hf.open_source(str(model_path), Request()) as source:
        return garden.write(source, folder, WriteSettings())


def bring_back(folder, directory, **request):
    """Writes a Model Garden checkpoint as a model directory; returns the Source."""
    directory.mkdir()
    with garden.open_source(str(folder), Request(**request)) as source:
        hf.write(source, directory, WriteSettings())
        return source


def randomised(model):
    """Returns the model with weights of which none is 0 or 1."""
    random = np.random.default_rng(4)
    for weight in model.weights:
        if "float" in str(weight.dtype):
            weight.assign(random.normal(1.0 if weight.path.endswith("gamma") else 0.0, 0.3, weight.shape))
    return model


def rewritten(folder, target, change, **arguments):
    """Writes a checkpoint again with `change({name: array})` applied, under a graph of its own.

    `arguments` are of the CheckpointWriter.
    """
    reader = CheckpointReader(str(folder / garden.PREFIX))
    arrays = change({name: reader.read(name) for name in reader.names() if name != GRAPH_KEY})
    target.mkdir()
    with CheckpointWriter(target / garden.PREFIX, **arguments) as writer:
        for name, array in arrays.items():
            writer.add(name, array)
        writer.add(GRAPH_KEY, graph_of(arrays))
    return target
