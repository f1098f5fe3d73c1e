"""Model Garden's encoder of the same sizes, with random weights."""

import tensorflow as tf
import tf_keras
from official.nlp.modeling.networks import BertEncoderV2

from rembert_tf import RemBertConfig
from rembert_tf.benchmarking.candidates.exported import read_batches


def forward(directory, dtype, batches):
    """Returns cases that run the encoder in a `tf.function`.

    Args:
        directory: with the config.json whose sizes it takes.
        dtype: "bfloat16" computes under its mixed policy, "float32" as it is.
        batches: path of the .npz file.
    """
    tf_keras.mixed_precision.set_global_policy("mixed_bfloat16" if dtype == "bfloat16" else dtype)
    config = RemBertConfig.from_pretrained(directory)
    encoder = BertEncoderV2(
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        num_layers=config.num_hidden_layers,
        num_attention_heads=config.num_attention_heads,
        max_sequence_length=config.max_position_embeddings,
        type_vocab_size=config.type_vocab_size,
        inner_dim=config.intermediate_size,
        embedding_width=config.input_embedding_size,
    )
    run = tf.function(lambda inputs: encoder(inputs, training=False))

    def case(arrays):
        inputs = {
            "input_word_ids": tf.constant(arrays["input_ids"]),
            "input_mask": tf.constant(arrays["attention_mask"]),
            "input_type_ids": tf.zeros_like(arrays["input_ids"]),
        }
        return lambda: run(inputs)["pooled_output"].numpy()

    return {name: case(arrays) for name, arrays in read_batches(batches).items()}
