"""Named sizes of a model, for those who bring no configuration of their own."""

from rembert_tf.config import RemBertConfig

# Widths keep the paper's idea: a small input table, which fine-tuning keeps, and a large output table, which it drops.
# New weights are drawn wider than RemBERT's 0.02 where a model is narrow: about 1 / sqrt(hidden_size).
SIZES = {
    # Minutes on two cores: to see that everything works.
    "tiny": {
        "hidden_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "input_embedding_size": 64,
        "output_embedding_size": 256,
        "intermediate_size": 512,
        "initializer_range": 0.08,
    },
    # Hours on two cores, minutes on a GPU.
    "small": {
        "hidden_size": 256,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "input_embedding_size": 128,
        "output_embedding_size": 512,
        "intermediate_size": 1024,
        "initializer_range": 0.06,
    },
    # The shape of the paper's ablations (table 3): 192 million weights to pre-train with 120,000 pieces, 100 to keep.
    "base": {
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "input_embedding_size": 128,
        "output_embedding_size": 768,
        "intermediate_size": 3072,
    },
    # The released model: the defaults of RemBertConfig.
    "rembert": {},
}


def config_of_size(name):
    """Returns the RemBertConfig of a name in SIZES, whose vocabulary is still to be decided."""
    return RemBertConfig(**SIZES[name])


def parameter_counts(config):
    """Returns how many weights a model has in pre-training, and how many of them fine-tuning keeps.

    Args:
        config: a RemBertConfig.

    Returns:
        (in pre-training, in fine-tuning): the latter with a pooler, without a head.
    """
    hidden, inner, wide = config.hidden_size, config.intermediate_size, config.input_embedding_size
    rows = config.vocab_size + config.max_position_embeddings + config.type_vocab_size
    block = 4 * (hidden + 1) * hidden + (hidden + 1) * inner + (inner + 1) * hidden + 4 * hidden
    encoder = (rows + 2) * wide + (wide + 1) * hidden + config.num_hidden_layers * block
    output = config.output_embedding_size
    head = (hidden + 1) * output + 2 * output + config.vocab_size * (output + 1)
    return encoder + head, encoder + (hidden + 1) * hidden
