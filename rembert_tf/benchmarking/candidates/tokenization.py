"""Our two tokenizers: every text into ids with [CLS] and [SEP], not padded; `result` is the number of pieces."""

import json
from pathlib import Path


def graph(directory, texts, batch_size):
    """Returns cases that encode a file's texts in a `tf.function`.

    Args:
        directory: with the tokenizer's files.
        texts: path of a JSON file with {name: list of texts}.
        batch_size: texts a call.
    """
    import tensorflow as tf

    from rembert_tf import RemBertTokenizerFast

    tokenizer = RemBertTokenizerFast.from_pretrained(directory)
    encode = tf.function(tokenizer, input_signature=[tf.TensorSpec([None], tf.string)])

    def case(lines):
        rows = [tf.constant(batch) for batch in batches(lines, batch_size)]
        return lambda: sum(int(encode(row)["input_ids"].row_splits[-1]) for row in rows)

    return {name: case(lines) for name, lines in read(texts).items()}


def pipeline(directory, texts, batch_size, threads):
    """Returns cases that encode a file's texts in a `tf.data` pipeline; arguments as of `graph`.

    Args:
        directory: with the tokenizer's files.
        texts: path of the JSON file.
        batch_size: texts a step.
        threads: batches that are encoded at a time.
    """
    import tensorflow as tf

    from rembert_tf import RemBertTokenizerFast

    tokenizer = RemBertTokenizerFast.from_pretrained(directory)

    def case(lines):
        dataset = tf.data.Dataset.from_tensor_slices(lines).batch(batch_size).repeat()
        # One iterator for all rounds: starting one takes a tenth of a second, whatever it goes through.
        encoded = iter(dataset.map(lambda rows: tokenizer(rows), num_parallel_calls=threads))
        steps = range(-(-len(lines) // batch_size))
        return lambda: sum(int(next(encoded)["input_ids"].row_splits[-1]) for _ in steps)

    return {name: case(lines) for name, lines in read(texts).items()}


def python(directory, texts, batch_size):
    """Returns cases that encode a file's texts with the sentencepiece package; arguments as of `graph`."""
    from rembert_tf import RemBertTokenizer

    tokenizer = RemBertTokenizer.from_pretrained(directory)

    def count(lines):
        return sum(sum(map(len, tokenizer(batch)["input_ids"])) for batch in batches(lines, batch_size))

    return {name: lambda lines=lines: count(lines) for name, lines in read(texts).items()}


def read(path):
    return json.loads(Path(path).read_text("utf-8"))


def batches(lines, size):
    return [lines[start : start + size] for start in range(0, len(lines), size)]
