"""Arrays that a model is trained on, as the dataset that ends without delay."""

import keras


def in_batches(x, y, batch_size, options, shuffle=False):
    """Returns what Keras is to be given as x, y and batch_size: a dataset for arrays, which ends at once.

    The one that Keras makes of arrays may end as long again after the last step; see `datasets.untuned`.

    Args:
        x: a dictionary of arrays; anything else is left alone.
        y: labels, or None.
        batch_size: rows of a batch, or None.
        options: of the call; what the dataset then holds or does is changed in it.
        shuffle: whether each pass has an order of its own.
    """
    if not isinstance(x, dict) or keras.backend.backend() != "tensorflow" or shuffle == "batch":
        return x, y, batch_size
    from rembert_tf.datasets import array_batches

    parts = (x, y, options.get("sample_weight"))
    given = parts if parts[2] is not None else parts[:2] if y is not None else parts[:1]
    dataset = array_batches(given, batch_size, shuffle)
    if dataset is None:
        return x, y, batch_size
    options.pop("sample_weight", None)
    if shuffle:
        options["shuffle"] = False
    return dataset, None, None
