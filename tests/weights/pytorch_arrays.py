"""What tests of pytorch_model.bin write into it, and read from it."""

import numpy as np

from rembert_tf.weights.flavours import open_weights

TWELVE = np.arange(12, dtype="float32")


def load(file):
    """Returns {name: array} of a directory's weights, and checks that shapes are known before reading."""
    with open_weights(file.parent) as reader:
        arrays = {name: reader.read(name) for name in reader.names()}
        assert {name: reader.shape(name) for name in arrays} == {name: array.shape for name, array in arrays.items()}
    return arrays
