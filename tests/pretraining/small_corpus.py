"""A prepared corpus of a few rows, written by hand, and a pre-training that takes seconds."""

import hashlib
import json
from pathlib import Path

import tensorflow as tf

from rembert_tf import RemBertTokenizerFast
from rembert_tf.pretraining.origin import Origin
from rembert_tf.pretraining.pretrain import pretrain
from rembert_tf.pretraining.settings import PretrainSettings

MAX_LENGTH = 16
SENTENCES = {
    "de": "Der {} Hafen friert im Januar zu, und die {} Fähren bleiben dort.",
    "en": "The {} harbour freezes in January, and the {} ferries stay there.",
    "sw": "Bandari ya {} inaganda mwezi wa {} tu.",
}
ROWS = {"de": 90, "en": 40, "sw": 10}
HELD_OUT_ROWS = {"de": 6, "en": 4, "sw": 3}
SETTINGS = PretrainSettings(
    max_steps=12, batch_size=6, learning_rate=1e-2, evaluate_every=4, evaluate_rows=4, save_every=3, seed=1
)


def sentences(language, count, first=0):
    """Returns different sentences of a language."""
    return [SENTENCES[language].format(number, number % 7) for number in range(first, first + count)]


def example(ids):
    """Returns the record of a row."""
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=ids))
    return tf.train.Example(features=tf.train.Features(feature={"input_ids": feature})).SerializeToString()


def write_shard(path, rows):
    """Writes rows of ids into a TFRecord file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for ids in rows:
            writer.write(example(ids))


def write_corpus(folder, vocabulary, rows=ROWS, held_out=HELD_OUT_ROWS, shards=2):
    """Writes a corpus as `rembert prepare-corpus` does; returns its folder.

    Args:
        folder: a Path.
        vocabulary: path of a SentencePiece model.
        rows: {language: rows}.
        held_out: {language: rows}.
        shards: files of each language.
    """
    tokenizer = RemBertTokenizerFast.from_pretrained(vocabulary)
    content = Path(vocabulary).read_bytes()
    manifest = {
        "format": 1,
        "max_length": MAX_LENGTH,
        "sentencepiece_sha256": hashlib.sha256(content).hexdigest(),
        "vocab_size": len(tokenizer),
        "languages": {code: {"rows": rows[code], "held_out_rows": held_out.get(code, 0)} for code in rows},
        "rejected": {},
        "settings": {},
    }
    for part, counts, first in (("train", rows, 0), ("held_out", held_out, 1000)):
        manifest[part] = {}
        for code, count in counts.items():
            encoded = tokenizer(sentences(code, count, first), truncation=True, max_length=MAX_LENGTH)["input_ids"]
            files = 1 if part == "held_out" else shards
            names = [f"{part}/{code}/{code}-{number:05d}-of-{files:05d}.tfrecord" for number in range(files)]
            for number, name in enumerate(names):
                write_shard(folder / name, encoded.to_list()[number::files])
            manifest[part][code] = names
    (folder / "sentencepiece.model").write_bytes(content)
    (folder / "corpus.json").write_text(json.dumps(manifest))
    return folder


def run(corpus, output, config, settings=SETTINGS, report=None, resume=False):
    """Pre-trains new weights on a corpus; returns the result."""
    return pretrain([corpus], output, settings, Origin(config=config), resume=resume, report=report)
