"""The demo's run folder: where each thing lies, and how an earlier demo in it is replaced."""

import json
import shutil
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.version import __version__

MARKER = "rembert-demo.json"


class DemoFolder:
    """Takes a folder for one run of the demo: a new or empty one, or one that holds an earlier demo.

    Args:
        path: the folder.
        **written_into_marker: what to remember of this run, as JSON values.

    Raises:
        InputError: it holds something else, or cannot be written to; nothing was changed.
    """

    def __init__(self, path, **written_into_marker):
        self.path = Path(path)
        self.corpus = self.path / "corpus"
        self.vocabulary = self.path / "vocabulary"
        self.training = self.path / "training"
        self.exports = self.path / "serving"
        self.metrics = self.path / "metrics.json"
        self.sentences = self.path / "sentences.txt"
        self.confusion_matrix = self.path / "confusion_matrix.png"
        self.languages = self.path / "languages.png"
        self.server_log = self.path / "server.log"
        try:
            self._take({"rembert_tf": __version__, **written_into_marker})
        except OSError as problem:
            raise InputError(f"cannot use {str(path)!r} as the demo's folder: {problem.strerror}.") from None

    @property
    def model(self):
        """The model directory of the chosen epoch."""
        return self.training / "best"

    @property
    def training_curves(self):
        """The picture that the training left."""
        return self.training / "training_curves.png"

    def _take(self, marker):
        if self.path.is_dir() and any(self.path.iterdir()) and not (self.path / MARKER).is_file():
            raise InputError(f"{str(self.path)!r} is not empty and holds no earlier demo: choose another --output.")
        self.path.mkdir(parents=True, exist_ok=True)
        # First of all, so that a demo that was interrupted can be replaced, too.
        (self.path / MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")
        for earlier in vars(self).values():
            if earlier != self.path:
                _remove(earlier)


def _remove(path):
    """Removes what an earlier demo left at a path, whatever kind of thing it is."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
