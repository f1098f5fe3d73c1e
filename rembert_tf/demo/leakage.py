"""Checks on the written corpus that the test is fair."""

from pathlib import Path

from rembert_tf.demo.cleaning import same_text_key
from rembert_tf.demo.corpus import read_examples
from rembert_tf.demo.languages import SEEN_CODES
from rembert_tf.demo.splitting import SPLITS


class LeakageError(AssertionError):
    """Something stands on both sides of the split."""


def check_no_leakage(folder):
    """Checks that no message, nor a translation of it, stands in two of the files.

    Three things are compared apart: messages, groups of messages, and texts in whatever language without case,
    digits and punctuation. Languages kept unseen may stand in `test.csv` alone.

    Args:
        folder: where `build_corpus` wrote the files.

    Returns:
        dict with the number of distinct "messages", "groups" and "texts" compared.

    Raises:
        LeakageError: something stands in two files; the message names it.
    """
    homes = {"messages": {}, "groups": {}, "texts": {}}  # value -> the split where it was first met
    for split in SPLITS:
        for example in read_examples(Path(folder) / f"{split}.csv"):
            check_language(example, split)
            values = {"messages": example.message, "groups": example.group, "texts": same_text_key(example.text)}
            for kind, value in values.items():
                home = homes[kind].setdefault(value, split)
                if home != split:
                    raise LeakageError(f"{home}.csv and {split}.csv share the {kind[:-1]} {value!r}")
    return {kind: len(values) for kind, values in homes.items()}


def check_language(example, split):
    """Checks that a row says rightly whether its language is seen, and that unseen ones are in the test alone."""
    seen = example.language in SEEN_CODES
    if seen != (example.split_kind == "seen"):
        raise LeakageError(f"{split}.csv marks the language {example.language} as {example.split_kind}")
    if not seen and split != "test":
        raise LeakageError(f"{split}.csv holds {example.language}, a language kept unseen until the test")
