"""A state from which a killed run goes on as if nothing had happened: every variable, and where the run stood."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.training.distribution import current_place
from rembert_tf.weights.atomic_files import PARTIAL, new_directory

FOLDER = "state-{step:09d}"
ARRAYS, POSITION = "variables.npz", "position.json"


def save_state(folder, model, position, more=()):
    """Writes a state; older ones go when it is complete. All workers come here, and the chief writes.

    Args:
        folder: of the run, a Path.
        model: compiled, with an optimizer that is built.
        position: what JSON can hold: `step`, and whatever else the run must know.
        more: variables that belong to the run and not to the model.

    Raises:
        InputError: the disk is full or cannot be written; the state before stays.
    """
    # Read by all workers: the running means of several are summed on the way.
    running = [np.asarray(variable.numpy()) for variable in model.metrics_variables]
    current_place().by_chief(lambda: _write(folder, model, position, running, more))


def _write(folder, model, position, running, more):
    path = folder / FOLDER.format(step=position["step"])
    if path.exists():
        return
    arrays = [*_lasting(model), *running, *more]
    try:
        with new_directory(path) as partial:
            with zipfile.ZipFile(partial / ARRAYS, "w", allowZip64=True) as archive:
                for number, value in enumerate(arrays):
                    array = value if isinstance(value, np.ndarray) else np.asarray(value.numpy())
                    with archive.open(f"{number}.npy", "w", force_zip64=True) as file:
                        np.lib.format.write_array(file, array, allow_pickle=False)
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
    """Sets every variable to what the newest state holds. Only the chief reads it, and sends it to other workers.

    Args:
        folder: of the run.
        model: compiled as it was, its optimizer built.
        more: variables as in `save_state`.

    Raises:
        InputError: the state is damaged, or another model's.
    """
    variables, place = [*_lasting(model), *model.metrics_variables, *more], current_place()

    def arrays():
        return _read(states(folder)[-1] / ARRAYS, variables)

    if place.cluster.workers > 1:
        # What is damaged is told to all before anything is sent.
        place.by_chief(lambda: _discard(arrays()))
    stored = arrays() if place.is_chief else (np.zeros(v.shape, v.dtype) for v in variables)
    for variable, array in zip(variables, stored, strict=True):
        variable.assign(place.chiefs_array(array))


def _discard(arrays):
    for _ in arrays:
        pass


def _read(path, variables):
    """Yields a state's arrays; raises an InputError where they are damaged, or not those of the variables."""
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
                yield array
    except (OSError, ValueError, zipfile.BadZipFile) as problem:
        if isinstance(problem, InputError):
            raise
        raise InputError(f"{str(path)!r} is damaged: {problem}.") from None


def _lasting(model):
    """Returns weights, seeds and the optimizer's variables, in an order that does not change."""
    return [*model.variables, *model.optimizer.variables]
