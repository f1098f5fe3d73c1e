"""The folder while its corpus is being made: whose leftovers it may hold, and how it becomes a corpus."""

import contextlib
import dataclasses
import json
import os
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage
from rembert_tf.pretraining.corpus_folder import MANIFEST, PARTS, PICTURE, REJECTED_LINES
from rembert_tf.tokenization.vocabulary import VOCABULARY_FILE
from rembert_tf.weights.atomic_files import PARTIAL, write_files

IN_PROGRESS, SUMMARY = "in-progress.json", "counts.json"
_MADE = (SUMMARY, VOCABULARY_FILE, REJECTED_LINES, PICTURE)


@dataclasses.dataclass(frozen=True)
class WorkFolder:
    """Where a corpus is being made.

    Args:
        folder: its path.
        cls_id, sep_id: what rows begin and end with.
    """

    folder: str
    cls_id: int
    sep_id: int

    @property
    def vocabulary(self):
        """Path of the SentencePiece model, from which workers read it."""
        return f"{self.folder}/{VOCABULARY_FILE}"

    @property
    def summary(self):
        """Path of what the pipeline counted."""
        return f"{self.folder}/{SUMMARY}"

    def begin(self, identity, model):
        """Takes the folder for a command.

        Args:
            identity: what makes the command this one, as an object for JSON.
            model: the vocabulary, as bytes.

        Raises:
            InputError: the folder holds something that is not the leftover of the same command.
        """
        held = [path for path in self._held() if not self._is_half_written(path)]
        if f"{self.folder}/{MANIFEST}" in held:
            raise InputError(f"{self.folder!r} holds a corpus already: choose another place, or remove it first.")
        if held and not self._is_leftover(held, identity):
            raise InputError(
                f"the output folder {self.folder!r} is not empty, and what it holds is not the leftover of this very "
                "command: choose another, or empty it first."
            )
        self.discard()
        storage.write(f"{self.folder}/{IN_PROGRESS}", _json(identity))
        storage.write(self.vocabulary, model)

    def count_shards(self):
        """Returns how many shards are written."""
        return sum(self._is_below_a_part(path) and not self._is_half_written(path) for path in self._held())

    def discard(self):
        """Removes all that an unfinished command wrote, and the folder if nothing else is there."""
        made = [f"{self.folder}/{name}" for name in _MADE]
        held = self._held()
        storage.delete(
            [path for path in held if path in made or self._is_below_a_part(path) or self._is_half_written(path)]
        )
        # Last: without it the rest would be nobody's.
        storage.delete([path for path in held if path == f"{self.folder}/{IN_PROGRESS}"])
        if not storage.is_remote(self.folder):
            _remove_empty_folders(self.folder)

    def read_summary(self):
        """Returns what the pipeline counted; see `pipeline.write_summary`."""
        return json.loads(storage.read(self.summary))

    def finish(self, contents):
        """Writes the last files, the manifest after all others.

        Args:
            contents: {name: bytes}, the manifest's too.
        """
        if storage.is_remote(self.folder):  # there a file appears whole by itself
            for name in sorted(contents, key=lambda name: name == MANIFEST):
                storage.write(f"{self.folder}/{name}", contents[name])
        else:
            write_files(self.folder, contents, last=MANIFEST)
        storage.delete([f"{self.folder}/{name}" for name in (SUMMARY, IN_PROGRESS)])

    def _is_below_a_part(self, path):
        return path.startswith(tuple(f"{self.folder}/{part}/" for part in PARTS))

    def _is_half_written(self, path):
        """Whether a file is one of ours that was killed while it was written."""
        name = path.removeprefix(f"{self.folder}/").removeprefix(".")
        return name.endswith(PARTIAL) and name.startswith((*_MADE, MANIFEST, IN_PROGRESS, *PARTS))

    def _held(self):
        if not storage.is_remote(self.folder) and Path(self.folder).is_file():
            raise InputError(f"cannot write into {self.folder!r}: it is a file, not a directory.")
        return storage.files_below(self.folder)

    def _is_leftover(self, held, identity):
        path = f"{self.folder}/{IN_PROGRESS}"
        return path in held and storage.read(path) == _json(identity)


def _json(identity):
    return json.dumps(identity, sort_keys=True, ensure_ascii=False).encode("utf-8", errors="surrogateescape")


def _remove_empty_folders(folder):
    for path, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):  # it holds something
            os.rmdir(path)
