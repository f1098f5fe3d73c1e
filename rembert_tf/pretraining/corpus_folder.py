"""The folder that `rembert prepare-corpus` writes and pre-training reads: names, the manifest, its checks.

    corpus.json            the manifest, written last: a folder without it is no corpus
    sentencepiece.model    the vocabulary of the ids
    train/de/de-00000-of-00003.tfrecord
    held_out/de/de-00000-of-00001.tfrecord
    rejected.tsv           file, line, reason of lines that were left out
    languages.png          pieces by language

A record is a tf.train.Example with one feature, `input_ids`: an int64 list of 1 to `max_length` ids, [CLS] and
[SEP] included.
"""

import json
import os
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError

FORMAT = 1
MANIFEST, REJECTED_LINES, PICTURE = "corpus.json", "rejected.tsv", "languages.png"
TRAIN, HELD_OUT = "train", "held_out"
PARTS = (TRAIN, HELD_OUT)
FEATURE = "input_ids"
COUNTS = ("documents", "lines", "pieces", "rows", "held_out_rows")


def read_manifest(path):
    """Reads a corpus' manifest and checks that all its shards are there.

    Args:
        path: the folder, local or one that `tf.io.gfile` reaches.

    Returns:
        dict: `format`, `max_length`, `sentencepiece_sha256`, `vocab_size` (appended special tokens included);
        `languages`: {code: {`documents`, `lines`, `pieces` (without special tokens): kept for training and held out
        together; `rows`: for training; `held_out_rows`}}; `train`, `held_out`: {code: [shard, relative to the
        folder]}; `rejected`: {reason: lines}; `settings`.

    Raises:
        MissingFileError: there is no corpus, or a shard is missing.
        InputError: the manifest is damaged or of another format.
    """
    folder = os.fspath(path).rstrip("/")
    content = _read(folder, MANIFEST)
    if content is None:
        raise MissingFileError(
            f"{folder!r} holds no corpus (no {MANIFEST}): expected the output of `rembert prepare-corpus`, which "
            "writes that file last."
        )
    manifest = _parsed(content, folder)
    for part in PARTS:
        for shards in manifest[part].values():
            missing = [shard for shard in shards if not _exists(folder, shard)]
            if missing:
                raise MissingFileError(f"the corpus {folder!r} lacks {missing[0]!r}, which its {MANIFEST} names.")
    return manifest


def shard_paths(path, part, language):
    """Returns the paths of a language's shards, in order; none where it has no rows.

    Args:
        path: the folder.
        part: `train` or `held_out`.
        language: a code of the manifest's `languages`.

    Raises:
        InputError: there is no such part or language, or what `read_manifest` raises.
    """
    if part not in PARTS:
        raise InputError(f"a corpus has no part {part!r}: its parts are {', '.join(PARTS)}.")
    manifest = read_manifest(path)
    if language not in manifest["languages"]:
        known = ", ".join(manifest["languages"])
        raise InputError(f"the corpus {str(path)!r} has no language {language!r}: it has {known}.")
    return [f"{os.fspath(path).rstrip('/')}/{shard}" for shard in manifest[part].get(language, [])]


def shard_name(part, language, number, count):
    """Returns a shard's path below the folder: `train/de/de-00000-of-00003.tfrecord`."""
    return f"{part}/{language}/{language}-{number:05d}-of-{count:05d}.tfrecord"


def _parsed(content, folder):
    try:
        manifest = json.loads(content)
    except ValueError as problem:
        raise InputError(f"{folder}/{MANIFEST} is damaged: {problem}.") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise InputError(f"{folder}/{MANIFEST} has format {found!r}; this version reads format {FORMAT}.")
    lacking = [key for key in ("max_length", "vocab_size", "languages", *PARTS) if key not in manifest]
    if lacking:
        raise InputError(f"{folder}/{MANIFEST} is damaged: it lacks {', '.join(lacking)}.")
    return manifest


def _read(folder, name):
    """Returns a file's bytes, or None where there is none."""
    if not _exists(folder, name):
        return None
    if "://" not in folder:
        return Path(folder, name).read_bytes()
    import tensorflow as tf

    with tf.io.gfile.GFile(f"{folder}/{name}", "rb") as file:
        return file.read()


def _exists(folder, name):
    if "://" not in folder:
        return Path(folder, name).is_file()
    import tensorflow as tf

    return tf.io.gfile.exists(f"{folder}/{name}")
