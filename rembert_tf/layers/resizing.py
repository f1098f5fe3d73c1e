"""Tables with another number of rows, made in place."""

from rembert_tf.layers.unlocked import unlocked


def resize_input_table(table, rows):
    """Gives a Keras Embedding another number of rows; kept ones stay, further ones start new.

    Args:
        table: a built keras.layers.Embedding.
        rows: the new number.
    """
    kept = table.embeddings.numpy()[:rows]
    del table._embeddings  # Keras names the variable of an Embedding so
    table.input_dim = rows
    with unlocked(table):
        table.built = False
        table.build((None,))
    _fill(table.embeddings, kept)


def resize_output_table(decoder, rows):
    """Gives an OutputEmbedding another number of rows; kept ones stay, further ones start new.

    Args:
        decoder: a built OutputEmbedding.
        rows: the new number.
    """
    kept = [variable.numpy()[:rows] for variable in (decoder.embeddings, decoder.bias)]
    del decoder.embeddings
    del decoder.bias
    with unlocked(decoder):
        decoder.add_rows(rows)
    _fill(decoder.embeddings, kept[0])
    _fill(decoder.bias, kept[1])


def _fill(variable, kept):
    """Puts kept rows first; the others stay as they were initialised."""
    values = variable.numpy().copy()
    values[: len(kept)] = kept
    variable.assign(values)
