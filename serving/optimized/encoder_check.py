"""The proof of an optimized encoder: it makes of real texts what the encoder's own layers make."""

import numpy as np
import tensorflow as tf

from rembert_tf.layers.lora import encoder_of
from rembert_tf.serving.sample_requests import TEXTS
from rembert_tf.serving.self_check import TOLERANCE, ExportError

LEAST_COSINE = 0.9995  # of all states of a layer in bfloat16, where either way of computing rounds at other places


def check_encoder(model, tokenizer, max_length):
    """Compares the hidden states of an optimized encoder with those of its layers, layer after layer.

    States and not answers, because a head's choice between two candidates that are nearly equal may fall
    otherwise after rounding; everything after the states is the same code for both. Both start from the same
    weights in the same number type, so that what is found is the optimization's doing alone. In float32 no number
    may differ by more than `TOLERANCE` times the largest of its layer, in bfloat16 the cosine may not be lower than
    `LEAST_COSINE`. Only positions that are not padding are compared.

    Args:
        model: with an `encoder_substitute`.
        tokenizer: its RemBertTokenizerFast.
        max_length: pieces of a row.

    Raises:
        ExportError: naming the layer whose states differ.
    """
    encoder = encoder_of(model)
    inputs = tokenizer(
        tf.constant(TEXTS), padding="longest", truncation=True, max_length=max_length, split_special_tokens=True
    )
    kept = inputs["attention_mask"].numpy().astype(bool)
    optimized = _states(encoder, inputs)
    substitute, encoder.encoder_substitute = encoder.encoder_substitute, None
    plain = _states(encoder, inputs)
    encoder.encoder_substitute = substitute
    for layer, (mine, theirs) in enumerate(zip(optimized, plain, strict=True)):
        if not _same(mine[kept], theirs[kept], encoder.compute_dtype):
            raise ExportError(f"the optimized encoder's layer {layer} computes other states; nothing was written.")


def _states(encoder, inputs):
    """Returns one (batch, length, hidden_size) float32 array a layer, the projected embeddings first."""

    # A new function for either: the operations exist in graphs alone, and a graph keeps the encoder it was made with.
    @tf.function(autograph=False)
    def states(inputs):
        return encoder(inputs, training=False, output_hidden_states=True)["hidden_states"]

    return [tf.cast(state, tf.float32).numpy() for state in states(inputs)]


def _same(mine, theirs, dtype):
    if dtype == "float32":
        return np.abs(mine - theirs).max() <= TOLERANCE * np.abs(theirs).max()
    return np.vdot(mine, theirs) >= LEAST_COSINE * np.linalg.norm(mine) * np.linalg.norm(theirs)
