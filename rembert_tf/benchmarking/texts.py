"""The texts of a benchmark: a user's files, or made-up sentences of natural lengths."""

import lzma
import random
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError

# Scripts of the made-up words, as ranges of letters.
SCRIPTS = (("a", "z"), ("а", "я"), ("α", "ω"), ("ა", "ჰ"), ("अ", "ह"))
WORDS = 400  # of a script
# Of the logarithm of the number of words. A made-up word is some four pieces, a sentence some twenty.
MEAN_LENGTH, DEVIATION = 1.5, 0.42


def read_texts(paths, limit):
    """Returns {name of a file: its first non-empty lines}; files may be compressed with xz.

    Args:
        paths: of text files, a text a line.
        limit: lines of each.

    Raises:
        InputError: a file is missing, is no text, or holds none.
    """
    found = {}
    for path in map(Path, paths):
        name = path.name.removesuffix(".xz").rsplit(".", 1)[0]
        if name in found:
            raise InputError(f"--texts has two files called {name!r}: their rows could not be told apart.")
        found[name] = read_lines(path, limit)
    return found


def read_lines(path, limit):
    if not path.is_file():
        raise MissingFileError(f"no file {str(path)!r}: --texts takes text files, a text a line.")
    opened = lzma.open if path.suffix == ".xz" else open
    lines = []
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            for line in file:
                if line.strip():
                    lines.append(line.strip())
                if len(lines) == limit:
                    break
    except (UnicodeDecodeError, lzma.LZMAError) as error:
        raise InputError(f"{str(path)!r} is no UTF-8 text file: {error}.") from error
    if not lines:
        raise InputError(f"{str(path)!r} holds no text: --texts takes text files, a text a line.")
    return lines


def made_up_texts(count, seed=0):
    """Returns sentences of made-up words in several scripts, some words frequent and most of them rare."""
    draw = random.Random(seed)
    vocabularies = [made_up_words(draw, *script) for script in SCRIPTS]
    weights = [1 / rank for rank in range(1, WORDS + 1)]
    texts = []
    for _ in range(count):
        length = max(1, min(60, round(draw.lognormvariate(MEAN_LENGTH, DEVIATION))))
        texts.append(" ".join(draw.choices(draw.choice(vocabularies), weights, k=length)) + ".")
    return texts


def made_up_words(draw, first, last):
    letters = [chr(code) for code in range(ord(first), ord(last) + 1)]
    return ["".join(draw.choices(letters, k=draw.randint(2, 8))) for _ in range(WORDS)]
