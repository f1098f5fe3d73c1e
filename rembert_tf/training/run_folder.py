"""What a run leaves behind: settings, metrics, TensorBoard logs, pictures and checkpoints."""

import contextlib
import json
from pathlib import Path

from rembert_tf.errors import InputError

SETTINGS, METRICS, TENSORBOARD = "run.json", "metrics.jsonl", "tensorboard"
BEST, LAST = "best", "last"


class RunFolder:
    """A new folder for one run, made when the first thing is written into it.

    Args:
        path: the folder; it may exist, but must be empty.

    Raises:
        InputError: it holds something already, or is no folder.
    """

    def __init__(self, path):
        self.path = Path(path)
        try:
            occupied = self.path.exists() and any(self.path.iterdir())
        except OSError as problem:
            raise InputError(f"cannot use {str(path)!r} as output folder: {problem.strerror}.") from None
        if occupied:
            raise InputError(f"the output folder {str(path)!r} is not empty: choose another, or empty it first.")
        self.history = []
        self._writer = None

    @property
    def best(self):
        """The model directory with the best dev metric."""
        return self.path / BEST

    @property
    def last(self):
        """The model directory of the last step."""
        return self.path / LAST

    def write_settings(self, settings):
        """Makes the folder and writes what was asked for, as JSON."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise InputError(f"cannot make the output folder {str(self.path)!r}: {problem.strerror}.") from None
        text = json.dumps(settings, indent=2, ensure_ascii=False, default=str) + "\n"
        (self.path / SETTINGS).write_text(text, encoding="utf-8")

    def log(self, step, **values):
        """Appends one row to `metrics.jsonl` and to the TensorBoard logs.

        Args:
            step: training steps done.
            **values: numbers by name.
        """
        row = {"step": step, **values}
        self.history.append(row)
        with open(self.path / METRICS, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self._log_to_tensorboard(step, values)

    def _log_to_tensorboard(self, step, values):
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self.path / TENSORBOARD))
        with self._writer.as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step=step)
        self._writer.flush()

    def close(self):
        """Closes the TensorBoard log."""
        with contextlib.suppress(AttributeError):
            self._writer.close()
