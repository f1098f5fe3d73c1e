"""What can be a path at all."""

import os

from rembert_tf.errors import InputError

HUB_TOO = "a path, or the id of a model on the Hugging Face hub"


def check_path(path, what, accepted="a path"):
    """Raises an InputError for what is no path; an empty one would silently mean the current directory.

    Args:
        path: what the caller gave.
        what: it stands for, as the message begins.
        accepted: what it could have been.
    """
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise InputError(f"{what} must be {accepted}, not {path!r}.")
