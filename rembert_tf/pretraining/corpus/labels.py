"""Which language a text is in: what counts as a code, and what a file's name tells."""

import re
from pathlib import PurePosixPath

from rembert_tf.errors import InputError
from rembert_tf.text_files.languages import languages_of

# `de`, `pt_BR`, `zh-Hans`, `sr@latin`: also a folder's name, on every system.
_CODE = re.compile(r"[A-Za-z]{2,8}(?:[-_@][A-Za-z0-9]{1,12}){0,3}")
# A folder that is called as a language is: `de/part-1.txt`. Three letters are more often a word than a code.
_FOLDER = re.compile(r"[a-z]{2}(?:[-_@][A-Za-z]{2,8})?")
# mC4's files are called c4-de.tfrecord-00000-of-01024.json.gz.
_PART_OF_MANY = re.compile(r"\d+-of-\d+")


def is_language(code):
    """Whether something is a string of a language code's form."""
    return isinstance(code, str) and _CODE.fullmatch(code) is not None


def check_language(code, place):
    """Raises an InputError unless `code` has a language code's form.

    Args:
        code: what was given.
        place: where, for the message.
    """
    if not is_language(code):
        raise InputError(f"{place}: {code!r} is no language code; codes look like de, pt_BR, zh-Hans or sr@latin.")


def named_language(path):
    """Returns the language that a file's name, or else its folder's, tells; None where neither does."""
    path = PurePosixPath(path.replace("\\", "/"))
    in_name = languages_of(_PART_OF_MANY.sub("", path.name))
    if in_name:
        return in_name[-1]
    return path.parent.name if _FOLDER.fullmatch(path.parent.name) else None
