"""Labels that training and scoring cannot do without."""

from rembert_tf.errors import InputError


def known_labels(labels, files):
    """Returns the labels of examples.

    Args:
        labels: an array, or None.
        files: paths of the files that the examples come from, for the message.

    Raises:
        InputError: there are none.
    """
    if labels is None:
        named = ", ".join(map(str, files)) or "the examples"
        raise InputError(f"{named}: rows that have no labels can be predicted, but neither trained on nor scored.")
    return labels
