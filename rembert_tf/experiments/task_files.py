"""Which files an experiment reads: raw text and, of XTREME's folder, UD-POS and Tatoeba; short copies for a trial."""

import dataclasses
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.text_files.opening import OPENERS, open_text
from rembert_tf.weights.atomic_files import write_files

POS_FOLDERS, TATOEBA_FOLDER = ("udpos", "ud_pos"), "tatoeba"
TRAIN, DEV, TESTS = "train-en.tsv", "dev-en.tsv", "test-*.tsv"
LAYOUT = f"{POS_FOLDERS[0]}/{TRAIN}, {POS_FOLDERS[0]}/{DEV}, {POS_FOLDERS[0]}/{TESTS} and {TATOEBA_FOLDER}/*"


@dataclasses.dataclass(frozen=True)
class TaskFiles:
    """The files of the two tasks.

    Args:
        pos_train, pos_dev: English UD-POS files.
        pos_tests: one a language.
        tatoeba: all files of its folder.
    """

    pos_train: Path
    pos_dev: Path
    pos_tests: list
    tatoeba: list


def find_task_files(folder):
    """Returns the TaskFiles of a folder in XTREME's layout.

    Args:
        folder: holds `udpos/` (or `ud_pos/`) and `tatoeba/`.

    Raises:
        MissingFileError: some of it is not there.
    """
    folder = Path(folder)
    pos = next((folder / name for name in POS_FOLDERS if (folder / name).is_dir()), folder / POS_FOLDERS[0])
    tests = sorted(pos.glob(TESTS))
    tatoeba = sorted(path for path in (folder / TATOEBA_FOLDER).glob("*") if not path.name.startswith("."))
    lacking = [str(path) for path in (pos / TRAIN, pos / DEV) if not path.is_file()]
    lacking += [str(pos / TESTS)] * (not tests) + [str(folder / TATOEBA_FOLDER)] * (not tatoeba)
    if lacking:
        raise MissingFileError(f"the tasks' folder lacks {', '.join(lacking)}: it must hold {LAYOUT}.")
    return TaskFiles(pos / TRAIN, pos / DEV, tests, tatoeba)


def shortened_tasks(files, folder, most):
    """Returns TaskFiles of copies with the first sentences alone.

    Args:
        files: TaskFiles.
        folder: of the copies, a Path.
        most: sentences of each file.
    """
    pos = folder / POS_FOLDERS[0]

    def sentences(path):
        kept, count = [], 0
        for line in open_text(path):
            kept.append(line)
            count += not line.strip()
            if count == most:
                break
        return _copy(path, pos, kept)

    tests = [sentences(path) for path in files.pos_tests]
    pairs = [_copy(path, folder / TATOEBA_FOLDER, list(open_text(path))[:most]) for path in files.tatoeba]
    return TaskFiles(sentences(files.pos_train), sentences(files.pos_dev), tests, pairs)


def shortened_texts(paths, folder, most):
    """Returns paths of copies of raw text with so many lines of each file, spread evenly over it.

    Args:
        paths: files.
        folder: of the copies, a Path.
        most: lines of each file.

    Raises:
        InputError: two files have the same name.
    """
    names = [_plain_name(path) for path in paths]
    if len(set(names)) < len(names):
        raise InputError("two files of raw text have the same name: rename one of them.")
    copies = []
    for path in paths:
        lines = list(open_text(path))
        every = max(1, -(-len(lines) // most))
        copies.append(_copy(path, folder, lines[::every]))
    return copies


def _plain_name(path):
    path = Path(path)
    return path.stem if path.suffix.lower() in OPENERS else path.name


def _copy(path, folder, lines):
    name = _plain_name(path)
    write_files(folder, {name: "".join(lines).encode("utf-8")}, last=name)
    return folder / name
