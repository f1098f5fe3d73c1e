"""What a corpus says about itself: the manifest, the list of rejected lines, the picture."""

import json

from rembert_tf.errors import InputError
from rembert_tf.pretraining.corpus.picture import draw_languages
from rembert_tf.pretraining.corpus_folder import (
    COUNTS,
    FORMAT,
    HELD_OUT,
    MANIFEST,
    PARTS,
    PICTURE,
    REJECTED_LINES,
    TRAIN,
)


def make(summary, identity, vocab_size):
    """Returns the manifest.

    Args:
        summary: what the pipeline counted; see `pipeline.write_summary`.
        identity: {"files", "sentencepiece_sha256", "settings"} of the command.
        vocab_size: tokens of the tokenizer.

    Raises:
        InputError: no row came out, or the runner lost some of what went through it.
    """
    _check_nothing_is_lost(summary)
    if not summary["shards"]:
        counts = ", ".join(f"{reason} {count}" for reason, count in sorted(summary["rejected"].items()))
        raise InputError(f"no line of the files is left for a corpus ({counts or 'they are empty'}).")
    languages = {}
    for language, _, *numbers in summary["sizes"]:
        counts = languages.setdefault(language, dict.fromkeys(COUNTS, 0))
        for name, number in zip(COUNTS, numbers, strict=False):
            counts[name] += number
    shards = {part: {language: [] for language in languages} for part in PARTS}
    for language, part, path, rows in summary["shards"]:
        languages[language][{TRAIN: "rows", HELD_OUT: "held_out_rows"}[part]] += rows
        shards[part][language].append(path)
    return {
        "format": FORMAT,
        "max_length": identity["settings"]["max_length"],
        "sentencepiece_sha256": identity["sentencepiece_sha256"],
        "vocab_size": vocab_size,
        "languages": languages,
        **shards,
        "rejected": dict(sorted(summary["rejected"].items())),
        "settings": {**identity["settings"], "files": [path for path, _ in identity["files"]]},
    }


def _check_nothing_is_lost(summary):
    """Raises an InputError where a step got less, or more, than the one before it gave."""
    documents, pieces, rows = summary["packed"]
    sizes = [numbers for _, _, *numbers in summary["sizes"]]
    steps = {
        "documents": (sum(size[0] for size in sizes), documents),
        "pieces": (sum(size[2] for size in sizes), pieces),
        "rows": (rows, sum(rows for *_, rows in summary["shards"])),
    }
    for what, (given, got) in steps.items():
        if given != got:
            raise InputError(
                f"the runner made {got:,} {what} of {given:,} between two steps, so nothing is kept: run the command "
                "again, and with one worker where that repeats."
            )


def files(manifest, listed, identity):
    """Returns {name: bytes} of the files that end the work.

    Args:
        manifest: the corpus'.
        listed: {reason: places (file's number, line)} of rejected lines.
        identity: of the command.
    """
    rows = sorted((*place, reason) for reason, places in listed.items() for place in places)
    paths = [path for path, _ in identity["files"]]
    table = "".join(f"{paths[number]}\t{line}\t{reason}\n" for number, line, reason in rows)
    return {
        REJECTED_LINES: table.encode("utf-8", errors="surrogateescape"),
        PICTURE: draw_languages({code: counts["pieces"] for code, counts in manifest["languages"].items()}),
        MANIFEST: json.dumps(manifest, indent=1, ensure_ascii=False).encode("utf-8", errors="surrogateescape"),
    }
