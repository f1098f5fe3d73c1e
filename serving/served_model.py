"""Which model a path means that is to be served: none where it holds exports already."""

from pathlib import Path

from rembert_tf.config import CONFIG_FILE
from rembert_tf.errors import InputError
from rembert_tf.serving.server.version_directories import list_versions
from rembert_tf.training.run_folder import BEST, SETTINGS


def model_of(path):
    """Returns the model directory that is to be served: itself, or the best model of a run folder.

    Args:
        path: what the user named.

    Returns:
        A Path, or None where `path` is neither: it may hold versions.

    Raises:
        InputError: the run has no model yet, or the path holds several runs.
    """
    path = Path(path)
    if not path.is_dir() or list_versions(path):
        return None
    if (path / CONFIG_FILE).is_file():
        return path
    if not (path / SETTINGS).is_file():
        _refuse_several_runs(path)
        return None
    if not (path / BEST / CONFIG_FILE).is_file():
        raise InputError(f"the run in {str(path)!r} has no {BEST}/ yet: wait for its first evaluation.")
    return path / BEST


def _refuse_several_runs(path):
    """Raises an InputError where a folder holds runs, as `rembert finetune --seeds` leaves them."""
    runs = sorted(child.name for child in path.iterdir() if (child / SETTINGS).is_file())
    if runs:
        raise InputError(f"{str(path)!r} holds the runs {', '.join(runs)}: name one of them, such as {path / runs[0]}.")
