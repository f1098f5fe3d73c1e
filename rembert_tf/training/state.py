"""A state from which a killed run goes on as if nothing had happened: every variable, and where the run stood."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.weights.atomic_files import PARTIAL, new_directory

FOLDER = "state-{step:09d}"
ARRAYS, POSITION = "variables.npz", "position.json"


def save_state(folder, model, position, more=()):
    """Writes a state; older ones go when it is complete.

    Args:
        folder: of the run, a Path.
        model: compiled, with an optimizer that is built.
        position: what JSON can hold: `step`, and whatever else the run must know.
        more: variables that belong to the run and not to the model.

    Raises:
        InputError: the disk is full or cannot be written; the state before stays.
    """
    path = folder / FOLDER.format(step=position["step"])
    if path.exists():
        return
    try:
        with new_directory(path) as partial:
            with zipfile.ZipFile(partial / ARRAYS, "w", allowZip64=True) as archive:
                for number, variable in enumerate(_variables(model, more)):
                    with archive.open(f"{number}.npy", "w", force_zip64=True) as file:
                        np.lib.format.write_array(file, np.asarray(variable.numpy()), allow_pickle=False)
            (partial / POSITION).write_text(json.dumps(position), encoding="utf-8")
    except OSError as problem:
        raise InputError(f"cannot save the run's state in {str(folder)!r}: {problem.strerror or problem}.") from problem
    remove_states(folder, keep=path)


def remove_states(folder, keep=None):
    """Removes a run's states but one, and what a kill left half-written."""
    for path in [*states(folder), *Path(folder).glob(f".*{PARTIAL}")]:
        if path != keep:
            shutil.rmtree(path, ignore_errors=True)


def states(folder):
    """Returns the complete states of a run, the newest last."""
    return sorted(Path(folder).glob("state-" + "[0-9]" * 9))


def read_position(folder):
    """Returns the position of a run's newest state, or None where there is none."""
    found = states(folder)
    return json.loads((found[-1] / POSITION).read_text(encoding="utf-8")) if found else None


def restore_state(folder, model, more=()):
    """Sets every variable to what the newest state holds.

    Args:
        folder: of the run.
        model: compiled as it was, its optimizer built.
        more: variables as in `save_state`.

    Raises:
        InputError: the state is damaged, or another model's.
    """
    path = states(folder)[-1] / ARRAYS
    variables = _variables(model, more)
    try:
        with zipfile.ZipFile(path) as archive:
            count = len(archive.namelist())
            if count != len(variables):
                raise InputError(f"{str(path)!r} holds {count} variables, the model has {len(variables)}.")
            for number, variable in enumerate(variables):
                with archive.open(f"{number}.npy") as file:
                    array = np.lib.format.read_array(file, allow_pickle=False)
                if array.shape != tuple(variable.shape):
                    raise InputError(f"{str(path)!r} is another model's: {variable.path} was {array.shape}.")
                variable.assign(array)
    except (OSError, ValueError, zipfile.BadZipFile) as problem:
        if isinstance(problem, InputError):
            raise
        raise InputError(f"{str(path)!r} is damaged: {problem}.") from None


def _variables(model, more):
    """Returns weights, seeds, the optimizer's variables and running means, in an order that does not change."""
    return [*model.variables, *model.optimizer.variables, *model.metrics_variables, *more]
