"""A tag, and how probable the model finds it, for every word of every sentence."""

import numpy as np

from rembert_tf.tasks.pairs.kept_graphs import kept_outputs
from rembert_tf.tasks.tagging.tag_batches import input_batches
from rembert_tf.tasks.tagging.windows import make_windows


def predict_tags(model, tokenizer, sentences, batch_size, max_length, report=None):
    """Tags sentences; the parts of long ones are put together again.

    Args:
        model: a RemBertForTokenClassification; its `config.id2label` names the tags.
        tokenizer: a RemBertTokenizerFast.
        sentences: list of lists of words.
        batch_size: rows at a time.
        max_length: pieces of a row.
        report: called as `report(sentences_done, sentences)` after each batch, or None.

    Returns:
        For each sentence `{"tags": [...], "scores": [...]}`, an entry a word; a score is the probability of
        the tag.
    """
    windows = make_windows(tokenizer, sentences, max_length)
    dataset, order = input_batches(windows, tokenizer.pad_token_id, batch_size).ordered_dataset()
    names = model.config.id2label
    graph = kept_outputs(model)
    tags, scores = [None] * len(windows), [None] * len(windows)
    done = 0
    for inputs in dataset:
        logits = graph(inputs).numpy().astype("float32")
        for window, row in zip(order[done : done + len(logits)], logits, strict=True):
            best, probabilities = _most_probable(row[windows.starts[window]])
            tags[window] = [names[number] for number in best.tolist()]
            scores[window] = [round(score, 6) for score in probabilities.tolist()]
        done += len(logits)
        if report is not None:
            # Windows are what takes time; sentences are what the caller counts.
            report(done * len(sentences) // len(windows), len(sentences))
    pairs = zip(windows.joined(tags), windows.joined(scores), strict=True)
    return [{"tags": sentence_tags, "scores": sentence_scores} for sentence_tags, sentence_scores in pairs]


def _most_probable(logits):
    """Returns the (words,) best classes of (words, classes) logits, and their probabilities."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return logits.argmax(axis=1), exponentials.max(axis=1) / exponentials.sum(axis=1)
