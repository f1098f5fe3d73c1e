"""The files of a prediction: answers in parts, what is done of them, and whose leftovers they may be.

PREFIX-00000-00003.jsonl    answers to part 3 of file 0
PREFIX.rejected.jsonl       file, row and reason of each row without an answer
PREFIX.summary.json         written last: without it the answers are not complete
PREFIX.in-progress/         while it works: the command, where the parts of each file begin, which parts are done
"""

import contextlib
import dataclasses
import json
import os
import re
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage
from rembert_tf.serving.batch.settings import OUTPUT_FORMATS

SUMMARY, REJECTED, IN_PROGRESS = ".summary.json", ".rejected.jsonl", ".in-progress"
COMMAND = "command.json"
_PART = re.compile(rf"-\d{{5,}}-\d{{5,}}\.(?:{'|'.join(OUTPUT_FORMATS)})")
_PARTIAL = re.compile(rf"(?:{_PART.pattern}|\.rejected\.jsonl|\.summary\.json)\.[0-9a-f]{{32}}\.partial")
_DIFFERENT = {
    "files": "other files, or files that have changed",
    "model": "another model",
    "settings": "other settings",
}


@dataclasses.dataclass(frozen=True)
class OutputFiles:
    """Where the answers of one command lie.

    Args:
        prefix: what the names of all its files begin with.
        output_format: of the answers, and their ending.
    """

    prefix: str
    output_format: str

    @property
    def folder(self):
        """Path of the folder that is there while the command works."""
        return f"{self.prefix}{IN_PROGRESS}"

    @property
    def summary(self):
        """Path of the file that is written last."""
        return f"{self.prefix}{SUMMARY}"

    @property
    def rejected(self):
        """Path of the list of rows without an answer."""
        return f"{self.prefix}{REJECTED}"

    def answers(self, source, part):
        """Path of a part's answers, by the numbers of its file and of itself."""
        return f"{self.prefix}-{source:05d}-{part:05d}.{self.output_format}"

    def record(self, source, part):
        """Path of what says that a part is done."""
        return f"{self.folder}/part-{source:05d}-{part:05d}.json"

    def plan(self, source):
        """Path of what says where the parts of a file begin."""
        return f"{self.folder}/file-{source:05d}.json"

    def is_own(self, path):
        """Whether a path is one that this command writes."""
        if not path.startswith(self.prefix):
            return False
        rest = path[len(self.prefix) :]
        return rest in (SUMMARY, REJECTED) or rest.startswith(f"{IN_PROGRESS}/") or bool(_PART.fullmatch(rest))

    def begin(self, identity):
        """Takes the place for a command.

        Args:
            identity: what makes the command this one, as an object for JSON.

        Returns:
            The summary where the same command has done all already, else None.

        Raises:
            InputError: files of another command are there.
        """
        done = _read_json(self.summary)
        if done is not None:
            self._refuse_another(done.get("command"), identity, "the answers")
            return done
        command = f"{self.folder}/{COMMAND}"
        begun = _read_json(command)
        if begun is not None and not self._is_empty():
            self._refuse_another(begun, identity, "unfinished answers")
            return None
        if begun is not None and begun != identity:  # another command, but nothing of it is done
            self.tidy()
        found = sorted(path for path in self._beside() if self.is_own(path))
        if found:
            raise InputError(f"{found[0]!r} is there already: choose another output, or remove it first.")
        storage.write(command, _json(identity))
        return None

    def write_part(self, part, content, answered, rejected):
        """Writes the answers to a part, then what says that it is done.

        Args:
            part: a Part.
            content: bytes of the file of answers; None where there are none.
            answered: how many there are.
            rejected: list of {"file", "row", "reason"}.
        """
        if content is not None:
            storage.write(self.answers(part.source.number, part.number), content)
        record = {"rows": part.rows, "answered": answered, "bytes": len(content or b""), "rejected": rejected}
        storage.write(self.record(part.source.number, part.number), _json(record))

    def read_part(self, source, part):
        """Returns what `write_part` recorded of a part, or None where it is to be done, or done again."""
        record = _read_json(self.record(source, part))
        if record is None or not record["answered"]:
            return record
        path = self.answers(source, part)
        whole = storage.exists(path) and storage.size(path) == record["bytes"]
        return record if whole else None

    def finish(self, summary, rejected):
        """Writes the last files and removes what is only there while the command works.

        Args:
            summary: an object for JSON.
            rejected: iterable of lines of JSON, as bytes.
        """
        storage.write(self.rejected, iter(rejected))
        storage.write(self.summary, _json(summary, indent=1))
        self.tidy()

    def tidy(self):
        """Removes the folder of the work, and what killed workers left half written."""
        # The command's own file last: without it the rest would be nobody's.
        held = sorted(storage.files_below(self.folder), key=lambda path: path.endswith(f"/{COMMAND}"))
        partial = [path for path in self._beside() if _PARTIAL.fullmatch(path[len(self.prefix) :])]
        storage.delete([*partial, *held])
        if not storage.is_remote(self.folder):
            with contextlib.suppress(OSError):
                os.rmdir(self.folder)

    def _refuse_another(self, theirs, identity, what):
        theirs = theirs if isinstance(theirs, dict) else {}
        different = [said for key, said in _DIFFERENT.items() if theirs.get(key) != identity[key]]
        if different:
            raise InputError(
                f"{what} of another command are at {self.prefix!r} ({', '.join(different)}): choose another output, or "
                "remove them first."
            )

    def _is_empty(self):
        """Whether no part is done."""
        return not any(path.startswith(f"{self.folder}/part-") for path in storage.files_below(self.folder))

    def _beside(self):
        """Returns the paths of the files whose names begin as ours do."""
        if storage.is_remote(self.prefix):
            return storage.files_with_prefix(self.prefix)
        folder, name = os.path.split(self.prefix)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return [os.path.join(folder, found) for found in os.listdir(folder or ".") if found.startswith(name)]
        return []


def output_files(prefix, output_format):
    """Returns the OutputFiles of what a user named: a prefix, or a folder.

    Raises:
        InputError: nothing can be written there.
    """
    prefix = str(prefix)
    if not prefix:
        raise InputError("the output has no name: give a prefix, such as answers/reviews.")
    if prefix.endswith("/") or (not storage.is_remote(prefix) and Path(prefix).is_dir()):
        prefix = f"{prefix.rstrip('/')}/answers"
    parent = Path(prefix).parent
    if not storage.is_remote(prefix) and parent.exists() and not parent.is_dir():
        raise InputError(f"cannot write to {prefix!r}: {str(parent)!r} is a file, not a directory.")
    return OutputFiles(prefix, output_format)


def _read_json(path):
    if not storage.exists(path):
        return None
    try:
        return json.loads(storage.read(path))
    except ValueError as problem:
        raise InputError(f"{path} is damaged ({problem}): remove it and run the command again.") from None


def _json(value, indent=None):
    return json.dumps(value, indent=indent).encode("ascii")
