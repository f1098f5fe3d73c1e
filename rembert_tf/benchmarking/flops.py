"""How many floating-point operations there are in what is measured."""

from rembert_tf.config import RemBertConfig


def matmul_flops(case):
    """Returns the operations of a case `DTYPE NxKxM NAME`."""
    n, k, m = map(int, case.split()[1].split("x"))
    return 2 * n * k * m


def encoder_flops(fields, batch, length):
    """Returns the operations of the matrix products of an encoder's forward pass, the pooler left out.

    Args:
        fields: of RemBertConfig, where they are not the default.
        batch: rows.
        length: real tokens of each.
    """
    config = RemBertConfig(**fields)
    width = config.hidden_size
    block = 2 * width * (4 * width + 2 * config.intermediate_size) + 4 * length * width  # the last term is attention
    projection = 2 * config.input_embedding_size * width
    return batch * length * (config.num_hidden_layers * block + projection)
