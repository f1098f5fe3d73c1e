"""The files that all candidates read: batches of ids, texts, a vocabulary."""

import json
from pathlib import Path

import numpy as np

from rembert_tf.benchmarking.settings import FORWARD, GROWTH, TRAINING
from rembert_tf.benchmarking.texts import made_up_texts, read_texts
from rembert_tf.errors import InputError, MissingFileError

# As much as made-up words hold; real texts deserve a real vocabulary.
VOCABULARY_SIZE, COVERAGE = 2000, 0.98
FIRST_ID, LAST_ID = 315, 1000  # ordinary pieces of any vocabulary; which ones does not change the speed
MIXED = "mixed"
TEXTS = "texts.json"


def write_inputs(folder, settings, size):
    """Writes what the parts need; returns the vocabulary's path, and {name: texts}.

    Args:
        folder: that exists.
        settings: BenchSettings.
        size: the Size that they name.

    Raises:
        InputError: a file cannot be used, or the texts are too few for a vocabulary.
    """
    folder = Path(folder)
    write_batches(folder / f"{FORWARD}.npz", {f"{n}x{length}": [length] * n for n, length in size.shapes})
    batch, length = size.training
    write_batches(folder / f"{TRAINING}.npz", {f"{batch}x{length}": [length] * batch})
    write_batches(folder / f"{GROWTH}.npz", growth_rows(size))
    if settings.texts:
        texts = read_texts(settings.texts, settings.text_count)
    else:
        texts = {"made-up": made_up_texts(settings.text_count)}
    (folder / TEXTS).write_text(json.dumps(texts), "utf-8")
    return vocabulary(folder, settings.sentencepiece, texts), texts


def growth_rows(size):
    """Returns {case: lengths of its rows}: every batch of every length, and batches in which all lengths occur."""
    rows = {f"{n}x{length}": [length] * n for n in size.batches for length in size.lengths}
    shortest, longest = size.lengths[0], size.lengths[-1]
    for n in size.batches[1:]:
        rows[f"{MIXED} {n}"] = np.linspace(shortest, longest, n).astype(int).tolist()
    return rows


def write_batches(path, rows):
    """Writes ids and masks as `CASE/input_ids` and `CASE/attention_mask`, int32.

    Args:
        path: of the .npz file.
        rows: {case: list of the rows' lengths}.
    """
    rng, arrays = np.random.default_rng(0), {}
    for case, lengths in rows.items():
        mask = np.arange(max(lengths))[None, :] < np.array(lengths)[:, None]
        ids = rng.integers(FIRST_ID, LAST_ID, mask.shape)
        arrays[f"{case}/input_ids"] = np.where(mask, ids, 0).astype(np.int32)
        arrays[f"{case}/attention_mask"] = mask.astype(np.int32)
    np.savez(path, **arrays)


def vocabulary(folder, sentencepiece, texts):
    """Returns the path of a SentencePiece model: the one given, or one that is trained on texts."""
    if sentencepiece is not None:
        if not Path(sentencepiece).is_file():
            raise MissingFileError(f"no file {str(sentencepiece)!r}: --sentencepiece takes a SentencePiece model.")
        return str(sentencepiece)
    from rembert_tf.tokenization.train_vocabulary import train_vocabulary

    # More than are measured: few texts hold few pieces.
    lines = [line for part in texts.values() for line in part] + made_up_texts(4000, seed=1)
    try:
        model = train_vocabulary(lines, VOCABULARY_SIZE, character_coverage=COVERAGE)
    except InputError as error:
        raise InputError(
            f"no vocabulary can be trained on these texts: name one with --sentencepiece. {error}"
        ) from error
    path = folder / "sentencepiece.model"
    path.write_bytes(model)
    return str(path)
