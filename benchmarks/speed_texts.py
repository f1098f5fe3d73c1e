"""Texts of natural lengths for `rembert bench --texts`, from data that is not part of this repository.

    python benchmarks/speed_texts.py --data ../shared/data --output texts/
    rembert bench --all --texts texts/*.txt --sentencepiece VOCABULARY --peer-python PYTHON --output bench/

Writes tatoeba.txt (sentences), gnome.txt (paragraphs of help pages) and ud.txt (sentences, their words joined by
spaces), a text a line; the languages take turns, each in its file's order, so that any part has all of them.
"""

import argparse
import itertools
import json
import lzma
from pathlib import Path

COUNT = 2000


def tatoeba(data):
    """Returns the foreign sides of XTREME's Tatoeba files."""
    files = sorted(data.glob("xtreme_like/tatoeba/*-en.tsv"))
    return in_turns([[line.split("\t")[0] for line in read(file).splitlines()] for file in files])


def gnome(data):
    """Returns help paragraphs in every language that there is."""
    with lzma.open(data / "text/gnome_help_parallel.jsonl.xz", "rt", encoding="utf-8") as file:
        blocks = [json.loads(line) for line in file]
    languages = sorted({language for block in blocks for language in block} - {"key"})
    return in_turns([[block[language] for block in blocks if language in block] for language in languages])


def universal_dependencies(data):
    """Returns the sentences of the test files with universal part-of-speech tags."""
    files = sorted(data.glob("xtreme_like/ud_pos/test-*.tsv"))
    sentences = ([block.splitlines() for block in read(file).split("\n\n") if block.strip()] for file in files)
    return in_turns([[" ".join(row.split("\t")[0] for row in rows) for rows in file] for file in sentences])


def in_turns(columns):
    """Returns the first of each, the second of each, ..."""
    rows = itertools.zip_longest(*columns)
    return [" ".join(text.split()) for row in rows for text in row if text and text.strip()]


def read(path):
    return path.read_text(encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with xtreme_like/ and text/")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, texts in (("tatoeba", tatoeba), ("gnome", gnome), ("ud", universal_dependencies)):
        lines = texts(arguments.data)[:COUNT]
        (arguments.output / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{name}: {len(lines)} texts of {sum(map(len, lines)) / len(lines):.0f} characters")


if __name__ == "__main__":
    main()
