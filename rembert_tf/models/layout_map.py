"""How a model's weights are divided among the devices of a mesh, for Keras' `ModelParallel` on JAX."""

import keras

from rembert_tf.errors import InputError

MODEL_AXIS = "model"


def layout_map(config, device_mesh, axis=MODEL_AXIS):
    """Returns a `keras.distribution.LayoutMap` for every model of the family with this configuration.

    Attention is divided by heads and the feed-forward network by its inner width, so that a block needs one sum over
    devices behind each of the two; tables are divided by rows. Where a size is no multiple of the devices, the next
    axis that is one is taken instead, and without any the weight is on every device. Biases and LayerNorm, which are
    small, are on every device.

    Args:
        config: a RemBertConfig.
        device_mesh: a `keras.distribution.DeviceMesh` with the axis.
        axis: name of the mesh's axis over which weights are divided.

    Returns:
        The LayoutMap. Make the model with it as `keras.distribution.set_distribution(keras.distribution.ModelParallel(
        layout_map=layout_map(config, mesh), batch_dim_name="batch"))` has it.

    Raises:
        InputError: the mesh has no such axis.
    """
    if axis not in device_mesh.axis_names:
        raise InputError(f"the mesh has no axis {axis!r}: its axes are {', '.join(map(repr, device_mesh.axis_names))}.")
    devices = device_mesh.shape[device_mesh.axis_names.index(axis)]
    found = keras.distribution.LayoutMap(device_mesh)
    for path, (sizes, preferred) in _divisions(config).items():
        fitting = [place for place in preferred if sizes[place] % devices == 0]
        found[path] = tuple(axis if fitting and place == fitting[0] else None for place in range(len(sizes)))
    return found


def _divisions(config):
    """Returns {pattern of a variable's path: (its sizes, the axes to divide, best first)}."""
    hidden, inner, heads = config.hidden_size, config.intermediate_size, config.num_attention_heads
    head = hidden // heads
    into_heads = (hidden, heads, head), (1, 2, 0)
    return {
        r".*word_embeddings/embeddings": ((config.vocab_size, config.input_embedding_size), (0, 1)),
        r".*encoder/embedding_projection/kernel": ((config.input_embedding_size, hidden), (1, 0)),
        r".*attention/query/kernel": into_heads,
        r".*attention/key/kernel": into_heads,
        r".*attention/value/kernel": into_heads,
        r".*attention/output_dense/kernel": ((heads, head, hidden), (0, 1, 2)),
        r".*feed_forward/intermediate_dense/kernel": ((hidden, inner), (1, 0)),
        r".*feed_forward/output_dense/kernel": ((inner, hidden), (0, 1)),
        r".*lm_head/dense/kernel": ((hidden, config.output_embedding_size), (0, 1)),
        r".*lm_head/decoder/embeddings": ((config.vocab_size, config.output_embedding_size), (0, 1)),
    }
