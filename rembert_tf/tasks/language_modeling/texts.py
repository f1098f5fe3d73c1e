"""Plain text: a text a line, blank lines between documents."""

import dataclasses

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.text_files.languages import language_of
from rembert_tf.text_files.opening import open_text


@dataclasses.dataclass(frozen=True)
class TextLines:
    """Lines of text that belong to documents.

    Args:
        texts: list of strings, none of them blank.
        documents: (texts,) integers, rising: the document of each.
        languages: a code for each text, "" where none is known.
    """

    texts: list
    documents: np.ndarray
    languages: list

    def __len__(self):
        return len(self.texts)


def read_lines(paths, line_by_line=False):
    """Returns the TextLines of files.

    Args:
        paths: list of files; plain, .gz or .xz. A file begins a new document, and so does a blank line.
        line_by_line: whether every line is a document of its own.

    Raises:
        MissingFileError: a file does not exist.
        InputError: a file has no text, or is not UTF-8.
    """
    texts, documents, languages, document = [], [], [], 0
    for path in paths:
        before, language = len(texts), language_of(path)
        for line in open_text(path):
            text = line.rstrip("\r\n")
            if not text.strip() or line_by_line:
                document += 1
            if text.strip():
                texts.append(text)
                documents.append(document)
                languages.append(language)
        document += 1
        if len(texts) == before:
            raise InputError(f"{str(path)!r} has no text: expected a text a line, blank lines between documents.")
    return TextLines(texts, np.array(documents, "int64"), languages)
