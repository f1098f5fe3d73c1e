"""What tf-models-official itself builds, saves and restores: the judge of every Model Garden checkpoint."""

import numpy as np
import tensorflow as tf
import tf_keras
from official.modeling import tf_utils
from official.nlp.configs import encoders
from official.nlp.modeling import layers, models

IDS = {"input_ids": "input_word_ids", "attention_mask": "input_mask", "token_type_ids": "input_type_ids"}
ERF = {"gelu_erf": tf.nn.gelu}

SIZES = {
    "vocab_size": 50,
    "hidden_size": 12,
    "num_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
    "embedding_size": 8,
    "dropout_rate": 0.0,
    "attention_dropout_rate": 0.0,
}


def encoder_config(kind="bert_v2", **fields):
    """Returns an EncoderConfig of a type, with SIZES where no field says otherwise."""
    config = encoders.EncoderConfig()
    config.override({"type": kind, kind: {**SIZES, **fields}})
    return config


def from_yaml(path, kind):
    """Returns the EncoderConfig that a file holds, as a type."""
    config = encoders.EncoderConfig.from_yaml(str(path))
    return encoder_config(kind, **config.get().as_dict())


def build(config, custom_objects=None):
    """Returns the encoder that `encoders.build_encoder` makes, its variables built."""
    with tf_keras.utils.custom_object_scope(custom_objects or {}):
        encoder = encoders.build_encoder(config)
    encoder(as_theirs({"input_ids": np.ones((1, 3), "int32")}))
    return encoder


def as_theirs(inputs):
    """Returns our inputs under their names; no mask means all ones, no types all zeros."""
    ids = np.asarray(inputs["input_ids"])
    whole = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids), **inputs}
    return {theirs: tf.constant(whole[ours], tf.int32) for ours, theirs in IDS.items()}


def outputs(encoder, inputs):
    """Returns (sequence_output, pooled_output) as arrays."""
    found = encoder(as_theirs(inputs))
    return found["sequence_output"].numpy(), found["pooled_output"].numpy()


def pretrainer(encoder, table=None, activation="gelu"):
    """Returns a BertPretrainerV2.

    Args:
        encoder: an encoder.
        table: shape of an output table of its own, or None to share the encoder's.
        activation: of the head: a function or Model Garden's word for one.
    """
    activation = tf_utils.get_activation(activation)
    own = table and layers.MaskedLM(embedding_table=tf.Variable(tf.zeros(table)), activation=activation)
    model = models.BertPretrainerV2(encoder, mlm_activation=activation, customized_masked_lm=own)
    logits(model, {"input_ids": np.ones((1, 3), "int32")})
    return model


def logits(model, inputs):
    """Returns a pretrainer's logits at every position."""
    batch, length = np.asarray(inputs["input_ids"]).shape
    positions = tf.tile(tf.range(length)[None], (batch, 1))
    return model({**as_theirs(inputs), "masked_lm_positions": positions})["mlm_logits"].numpy()


def randomise(model, seed=6):
    """Returns the model with weights of which none is 0 or 1."""
    random = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(random.normal(1.0 if "gamma" in weight.name else 0.0, 0.3, weight.shape))
    return model


def train_one_step(model, optimizer, inputs):
    """Applies one step, so that the optimizer has slots to save."""
    with tf.GradientTape() as tape:
        batch = {**as_theirs(inputs), "masked_lm_positions": tf.constant([[0, 1]])}
        loss = tf.reduce_sum(tf.square(model(batch)["mlm_logits"]))
    variables = model.trainable_variables
    pairs = zip(tape.gradient(loss, variables), variables, strict=True)
    optimizer.apply_gradients([(gradient, variable) for gradient, variable in pairs if gradient is not None])
