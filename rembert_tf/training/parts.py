"""Which parts of a model are trained, and how fast each of them."""

from rembert_tf.errors import InputError
from rembert_tf.layers.lora import encoder_of

LAYERS = "layers:"  # before the number of the lowest blocks


def check_parts(model, parts):
    """Raises an InputError where `freeze` would have to stop more blocks than a model has; arguments as there."""
    blocks = len(encoder_of(model).encoder.blocks)
    for part in parts:
        if part.startswith(LAYERS) and int(part.removeprefix(LAYERS)) > blocks:
            raise InputError(f"freeze says {part}, but the model has {blocks} blocks.")


def freeze(model, parts):
    """Stops the training of parts of a model.

    Args:
        model: a task model, not yet compiled.
        parts: some of "embeddings", "layers:K" and "encoder".

    Raises:
        InputError: the model has fewer than K blocks.
    """
    check_parts(model, parts)
    encoder = encoder_of(model)
    for part in parts:
        if part == "encoder":
            encoder.trainable = False
            continue
        encoder.embeddings.trainable = False
        if part.startswith(LAYERS):
            encoder.encoder.embedding_projection.trainable = False
            for block in encoder.encoder.blocks[: int(part.removeprefix(LAYERS))]:
                block.trainable = False


def learning_rate_factors(model, layer_decay):
    """Returns {id of a variable: factor of its learning rate}, falling from the head to the embeddings.

    The head and the pooler learn at the full rate, the highest block at `layer_decay` times that, the one below at
    its square, and so on; the embeddings and their projection come last (as in ELECTRA's and BEiT's fine-tuning).

    Args:
        model: a task model.
        layer_decay: above 0 and at most 1.
    """
    encoder = encoder_of(model)
    blocks = encoder.encoder.blocks
    lowest = layer_decay ** (len(blocks) + 1)
    factors = {id(variable): lowest for layer in (encoder.embeddings, encoder.encoder) for variable in layer.variables}
    for depth, block in enumerate(reversed(blocks), start=1):
        factors.update({id(variable): layer_decay**depth for variable in block.variables})
    return factors
