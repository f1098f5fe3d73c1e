"""Our two tokenizers: every text into ids with [CLS] and [SEP], not padded; `result` is the number of pieces."""

import json
from pathlib import Path


def graph(directory, texts, batch_size, passes):
    """Returns cases that encode a file's texts in a `tf.function`.

    Args:
        directory: with the tokenizer's files.
        texts: path of a JSON file with {name: list of texts}.
        batch_size: texts a call.
        passes: how often all texts are encoded in one turn, so that starting to work does not count.
    """
    import tensorflow as tf

    from rembert_tf import RemBertTokenizerFast

    tokenizer = RemBertTokenizerFast.from_pretrained(directory)
    # Not the object itself: to bind a call to its many arguments takes a third of a millisecond.
    encode = tf.function(
        lambda rows: tokenizer(rows), input_signature=[tf.TensorSpec([None], tf.string)], autograph=False
    )

    def case(lines):
        rows = [tf.constant(batch) for batch in batches(lines, batch_size)]
        return lambda: sum(int(encode(row)["input_ids"].row_splits[-1]) for row in rows)

    return {name: case(lines) for name, lines in read(texts, passes).items()}


def python(directory, texts, batch_size, passes):
    """Returns cases that encode a file's texts with the sentencepiece package; arguments as of `graph`."""
    from rembert_tf import RemBertTokenizer

    tokenizer = RemBertTokenizer.from_pretrained(directory)

    def count(lines):
        return sum(sum(map(len, tokenizer(batch)["input_ids"])) for batch in batches(lines, batch_size))

    return {name: lambda lines=lines: count(lines) for name, lines in read(texts, passes).items()}


def read(path, passes):
    return {name: lines * passes for name, lines in json.loads(Path(path).read_text("utf-8")).items()}


def batches(lines, size):
    return [lines[start : start + size] for start in range(0, len(lines), size)]
