"""Which model directory a path means that a user named: a run folder stands for its best model."""

from pathlib import Path


def model_path(path):
    """Returns the model directory in a run folder, as `rembert serve` chooses it; any other path as it is.

    Args:
        path: what the user named, also the name of a model on a hub; None stays None.

    Raises:
        InputError: the run has no model yet, or the path holds several runs.
    """
    from rembert_tf.serving.served_model import model_of

    try:
        found = None if path is None else model_of(path)
    except PermissionError:  # of it, or of a folder in it; the command has its own words where that matters
        return path
    return path if found is None or found == Path(path) else str(found)
