"""How many masked rows a second can a pre-training read?

    python benchmarks/pretraining_input.py

Writes a corpus of random rows of 512 pieces into a temporary folder, then times its first opening, which checks every
row and writes the index, and batches of 2,048 rows: drawn by language, read from the shards, masked. Prints rows a
second, of batches the median's.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

from rembert_tf import RemBertTokenizerFast
from rembert_tf.pretraining.batches import PretrainingBatches
from rembert_tf.pretraining.masking import RowMasking
from rembert_tf.pretraining.row_index import row_index


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentencepiece", default="tests/fixtures/tokenizer/models/udef_bytes_8k/sentencepiece.model")
    parser.add_argument("--rows", type=int, default=20_000, help="of each of three languages")
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--batch-size", type=int, default=2048)
    parser.add_argument("--batches", type=int, default=12)
    return parser.parse_args()


def write_shard(path, rows):
    """Writes rows of ids as `rembert prepare-corpus` does; returns the path."""
    with tf.io.TFRecordWriter(str(path)) as writer:
        for ids in rows:
            feature = tf.train.Feature(int64_list=tf.train.Int64List(value=ids))
            writer.write(
                tf.train.Example(features=tf.train.Features(feature={"input_ids": feature})).SerializeToString()
            )
    return path


def main():
    arguments = parse_arguments()
    tokenizer = RemBertTokenizerFast.from_pretrained(arguments.sentencepiece)
    random, shape = np.random.default_rng(0), (arguments.rows, arguments.length)
    masking = RowMasking(tokenizer, 0.15, arguments.length)
    with tempfile.TemporaryDirectory() as folder:
        languages = {"de": shape, "en": shape, "sw": shape}
        shards = {
            name: write_shard(Path(folder, name), random.choice(masking.ordinary_ids.numpy(), shape))
            for name, shape in languages.items()
        }
        start = time.perf_counter()
        indexes = {
            name: row_index(folder, name, [path], len(tokenizer), arguments.length) for name, path in shards.items()
        }
        opened = time.perf_counter() - start
        count = sum(map(len, indexes.values()))
        size = sum(path.stat().st_size for path in shards.values()) / count
        print(f"index: {count / opened:,.0f} rows/s, {size:,.0f} bytes a row")
        batches = PretrainingBatches(
            indexes, 0.5, masking, arguments.batch_size, arguments.length, tokenizer.pad_token_id, arguments.batches
        )
        seconds, last = [], None
        for _ in batches.training_dataset(1, 0):
            now = time.perf_counter()
            seconds.append(now - last if last else 0.0)
            last = now
    step = statistics.median(seconds[len(seconds) // 2 :])  # the first ones were made beforehand
    rows = arguments.batch_size
    print(f"batch of {rows:,} x {arguments.length}: {step:.2f} s, {rows / step:,.0f} rows/s")


if __name__ == "__main__":
    main()
