"""What a run leaves behind: settings, metrics, TensorBoard logs, pictures and checkpoints."""

import contextlib
import json
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.training.distribution import current_place
from rembert_tf.training.state import remove_states
from rembert_tf.weights.atomic_files import write_files

SETTINGS, METRICS, TENSORBOARD, RESULT = "run.json", "metrics.jsonl", "tensorboard", "result.json"
BEST, LAST = "best", "last"
# What a run that goes on may have otherwise: it changes no number.
MAY_CHANGE = {"save_every", "strategy"}


def read_json(file):
    """Returns the object in one of a run's files."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise InputError(f"{str(file)!r} is damaged: {problem}.") from None


class RunFolder:
    """The folder of one run, made when the first thing is written into it.

    Of several workers the chief alone reads and writes it; all of them call the same methods in the same order.

    Args:
        path: the folder; it may exist, but must be empty unless a run goes on.
        resume: whether to go on with the run that is there; an empty folder begins one.

    Raises:
        InputError: it holds something already, or is no folder, or no run.
    """

    def __init__(self, path, resume=False):
        self.path, self.place = Path(path), current_place()
        self.history = []
        self._writer = None
        self.place.by_chief(lambda: self._check_path(resume))

    def _check_path(self, resume):
        path = str(self.path)
        try:
            occupied = self.path.exists() and any(self.path.iterdir())
        except OSError as problem:
            raise InputError(f"cannot use {path!r} as output folder: {problem.strerror}.") from None
        if occupied and not resume:
            raise InputError(
                f"the output folder {path!r} is not empty: choose another, empty it first, or --resume its run."
            )
        if occupied and not (self.path / SETTINGS).is_file():
            raise InputError(f"cannot resume: {path!r} holds no run (no {SETTINGS}).")

    @property
    def best(self):
        """The model directory with the best dev metric."""
        return self.path / BEST

    @property
    def last(self):
        """The model directory of the last step."""
        return self.path / LAST

    def write_settings(self, settings):
        """Makes the folder and writes what was asked for, as JSON; a run that goes on must ask for the same.

        Raises:
            InputError: the folder cannot be made, or holds the run of other settings; the message names them.
        """
        self.place.by_chief(lambda: self._write_settings(settings))

    def _write_settings(self, settings):
        if (self.path / SETTINGS).is_file():
            return self._check_settings(settings)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise InputError(f"cannot make the output folder {str(self.path)!r}: {problem.strerror}.") from None
        text = json.dumps(settings, indent=2, ensure_ascii=False, default=str) + "\n"
        write_files(self.path, {SETTINGS: text.encode("utf-8")}, last=SETTINGS)

    def check_settings(self, settings):
        """Raises an InputError where the folder holds the run of other settings; the message names them."""
        self.place.by_chief(lambda: self._check_settings(settings))

    def _check_settings(self, settings):
        if not (self.path / SETTINGS).is_file():
            return
        settings = json.loads(json.dumps(settings, default=str))
        before = read_json(self.path / SETTINGS)
        names = sorted(before.keys() | settings.keys())
        other = [name for name in names if before.get(name) != settings.get(name) and name not in MAY_CHANGE]
        if other:
            said = "; ".join(f"{name} was {before.get(name)!r} and is {settings.get(name)!r}" for name in other)
            raise InputError(f"cannot resume {str(self.path)!r}, which is another run: {said}.")

    @property
    def result(self):
        """The chosen epoch's dev metrics of a run that has ended, or None."""
        file = self.path / RESULT
        return self.place.by_chief(lambda: read_json(file) if file.is_file() else None)

    def write_result(self, result):
        """Writes how the run ended, and removes the states that it no longer needs."""
        self.place.by_chief(lambda: self._write_result(result))

    def _write_result(self, result):
        write_files(self.path, {RESULT: (json.dumps(result, indent=2) + "\n").encode("utf-8")}, last=RESULT)
        remove_states(self.path)

    def forget_after(self, rows):
        """Cuts `metrics.jsonl` back to its first rows: what a killed run wrote later is done again."""
        self.place.by_chief(lambda: self._forget_after(rows))

    def _forget_after(self, rows):
        file = self.path / METRICS
        lines = file.read_text(encoding="utf-8").splitlines()[:rows] if file.is_file() else []
        self.history = [json.loads(line) for line in lines]
        write_files(self.path, {METRICS: "".join(f"{line}\n" for line in lines).encode("utf-8")}, last=METRICS)

    def log(self, step, **values):
        """Appends one row to `metrics.jsonl` and to the TensorBoard logs.

        Args:
            step: training steps done.
            **values: numbers by name.

        Raises:
            InputError: the disk is full or cannot be written.
        """
        self.place.by_chief(lambda: self._log(step, values))

    def _log(self, step, values):
        row = {"step": step, **values}
        self.history.append(row)
        try:
            with open(self.path / METRICS, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        except OSError as problem:
            raise InputError(f"cannot write {str(self.path / METRICS)!r}: {problem.strerror or problem}.") from problem
        self._log_to_tensorboard(step, values)

    def _log_to_tensorboard(self, step, values):
        import tensorflow as tf

        try:
            if self._writer is None:
                self._writer = tf.summary.create_file_writer(str(self.path / TENSORBOARD))
            with self._writer.as_default():
                for name, value in values.items():
                    tf.summary.scalar(name, value, step=step)
            self._writer.flush()
        except tf.errors.OpError as problem:
            reason = problem.message.splitlines()[0].rpartition("; ")[2]  # the system's, behind TensorFlow's own
            raise InputError(f"cannot write {str(self.path / TENSORBOARD)!r}: {reason}.") from problem

    def close(self):
        """Closes the TensorBoard log."""
        with contextlib.suppress(AttributeError):
            self._writer.close()
