"""Builds the demo's corpus: catalogues in, `train.csv`, `dev.csv`, `test.csv` and a summary out."""

import csv
import json
import os
import random
from collections import Counter
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from rembert_tf.demo.catalogues import read_catalogues
from rembert_tf.demo.grouping import drop_ambiguous, group_messages, largest_group
from rembert_tf.demo.languages import SEEN_CODES
from rembert_tf.demo.sources import SOURCES
from rembert_tf.demo.splitting import SPLITS, split_groups
from rembert_tf.errors import InputError, MissingFileError


@dataclass(frozen=True)
class Example:
    """One row of the corpus files.

    `split_kind` is "seen" or "unseen": whether training holds the language. `message` is shared by a text and
    its translations, `group` by messages that share a text in some language; both stay on one side of the split.
    """

    text: str
    label: str
    language: str
    split_kind: str
    message: str
    group: str


HEADER = [field.name for field in fields(Example)]


@dataclass(frozen=True)
class CorpusSummary:
    """What the corpus holds and what was left out; also written as `corpus.json`."""

    sources: list  # of {"distribution", "version", "licence"}
    rows: dict  # split -> rows
    by_label: dict  # split -> label -> rows
    by_language: dict  # split -> language -> rows
    messages: int
    groups: int
    largest_group: int
    dropped: dict  # reason -> count


def build_corpus(folder, seed=0):
    """Writes the corpus files into a folder.

    Args:
        folder: where `train.csv`, `dev.csv`, `test.csv` and `corpus.json` go; created when missing.
        seed: an integer that decides the split; the same seed always gives the same files.

    Returns:
        A `CorpusSummary`.

    Raises:
        MissingExtraError: a package of the `demo` extra is not installed.
    """
    texts, dropped = read_catalogues()
    texts = drop_ambiguous(texts, dropped)
    group_of = group_messages(texts)
    examples = one_example_each(texts, group_of)
    split_of = split_groups({example.group: example.label for example in examples}, seed)
    splits = {split: [] for split in SPLITS}
    for example in examples:
        split = split_of[example.group]
        # An unseen language is for the test alone: its share of the other groups is not used at all.
        if split == "test" or example.split_kind == "seen":
            splits[split].append(example)
        else:
            dropped["texts of unseen languages outside the test"] += 1
    for rows in splits.values():
        random.Random(seed).shuffle(rows)
    summary = summarize(splits, group_of, dropped)
    write_files(Path(folder), splits, summary)
    return summary


def one_example_each(texts, group_of):
    """Keeps each text once a language."""
    kept = {}
    for text in texts:
        split_kind = "seen" if text.language in SEEN_CODES else "unseen"
        group = group_of[text.message]
        example = Example(text.text, text.label, text.language, split_kind, text.message, group)
        kept.setdefault((text.key, text.language), example)
    return list(kept.values())


def summarize(splits, group_of, dropped):
    """Counts the examples of every split by label and by language."""
    return CorpusSummary(
        sources=[{"distribution": s.distribution, "version": s.version, "licence": s.licence} for s in SOURCES],
        rows={split: len(rows) for split, rows in splits.items()},
        by_label={split: counts(row.label for row in rows) for split, rows in splits.items()},
        by_language={split: counts(row.language for row in rows) for split, rows in splits.items()},
        messages=len(group_of),
        groups=len(set(group_of.values())),
        largest_group=largest_group(group_of),
        dropped=dict(dropped),
    )


def counts(values):
    """Counts values; the keys come sorted."""
    return dict(sorted(Counter(values).items()))


def write_files(folder, splits, summary):
    """Writes the files, each under its own name only once it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, rows in splits.items():
        unfinished = folder / f".{split}.csv"
        with open(unfinished, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows([getattr(row, name) for name in HEADER] for row in rows)
        os.replace(unfinished, folder / f"{split}.csv")
    unfinished = folder / ".corpus.json"
    unfinished.write_text(json.dumps(asdict(summary), indent=2) + "\n", encoding="utf-8")
    os.replace(unfinished, folder / "corpus.json")


def read_examples(path):
    """Reads one of the corpus files back.

    Args:
        path: a CSV file that `build_corpus` wrote.

    Returns:
        A list of `Example`.

    Raises:
        InputError: the file is missing, or has other columns.
    """
    if not Path(path).is_file():
        raise MissingFileError(f"{path}: no such file; rembert_tf.demo.corpus.build_corpus writes it")
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != HEADER:
            raise InputError(f"{path}: the header must be {','.join(HEADER)}, not {','.join(reader.fieldnames or [])}")
        return [Example(**row) for row in reader]
