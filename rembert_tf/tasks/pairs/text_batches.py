"""Texts as batches for training, and the logits of batches in the examples' order."""

import tensorflow as tf

from rembert_tf.tasks.batches import Batches
from rembert_tf.tasks.pairs.encoded_texts import EncodedTexts
from rembert_tf.tasks.pairs.kept_graphs import kept_outputs


def text_batches(tokenizer, examples, batch_size, max_length, with_labels):
    """Returns the Batches of TextExamples.

    Args:
        tokenizer: a RemBertTokenizerFast.
        examples: TextExamples.
        batch_size: rows of a batch.
        max_length: pieces of a row.
        with_labels: whether items are (inputs, labels) instead of inputs.

    Raises:
        InputError: labels are asked for and there are none.
    """
    labels = tf.constant(examples.known_labels()) if with_labels else None
    rows = EncodedTexts(tokenizer, examples.texts, examples.pairs, max_length)

    def features(numbers, width):
        inputs = rows.batch(numbers, width)
        return (inputs, tf.gather(labels, numbers)) if with_labels else inputs

    return Batches(rows.lengths, features, batch_size)


def logits_of(model, batches, report=None):
    """Returns the list of logits, one array an example, in the examples' order.

    Args:
        model: a model whose call returns logits (batch, ...).
        batches: Batches of inputs without labels.
        report: called as `report(done, total)` after each batch, or None.
    """
    dataset, order = batches.ordered_dataset()
    graph = kept_outputs(model, dataset.element_spec["input_ids"].shape.rank)
    logits, done = [None] * len(batches), 0
    for inputs in dataset:
        part = graph(inputs).numpy().astype("float32")
        for number, row in zip(order[done : done + len(part)], part, strict=True):
            logits[number] = row
        done += len(part)
        if report is not None:
            report(done, len(batches))
    return logits
