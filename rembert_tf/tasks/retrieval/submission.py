"""XTREME's submission files: one a language, in a folder of the task's name."""

from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.weights.atomic_files import write_files


def write_submission(contents, path):
    """Writes `test-<language>.tsv` for each language, each complete or not at all.

    Args:
        contents: {language: text of its file}.
        path: a folder; or, where there is one language, a file that ends in .tsv.

    Returns:
        The files written, as a list of Paths.

    Raises:
        InputError: `path` is a file but there are several languages; or it cannot be written.
    """
    path = Path(path)
    files = {f"test-{language}.tsv": text.encode("utf-8") for language, text in contents.items()}
    if path.suffix == ".tsv":
        if len(files) != 1:
            raise InputError(
                f"{str(path)!r} is one file, but there are {len(files)} languages ({', '.join(contents)}): "
                "give a folder."
            )
        files, path = {path.name: next(iter(files.values()))}, path.parent
    write_files(path, files, last=list(files)[-1])
    return [path / name for name in files]
