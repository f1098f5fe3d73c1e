"""What is explained of a sequence classifier: how likely one label is, or the number that it gives."""

import tensorflow as tf

from rembert_tf.serving.playground.explained.row import (
    ExplainedRow,
    encoded_row,
    log_odds,
    number_of,
    row_inputs,
    text_of,
)


def explained_row(model, tokenizer, inputs, target, settings):
    """Returns the ExplainedRow of `text` (and `text_pair`).

    Args:
        model: a RemBertForSequenceClassification.
        tokenizer: its RemBertTokenizerFast.
        inputs: of a request.
        target: may hold `label`, the number of a label; default the likeliest.
        settings: ReadingSettings.
    """
    names = ["text", "text_pair"] if settings.pair else ["text"]
    texts = [text_of(inputs, name) for name in names]
    ids, types = encoded_row(tokenizer, *texts, max_length=settings.max_length)
    logits = model(row_inputs(ids, types), training=False)
    labels = model.config.id2label
    label = number_of(target, "label", logits.shape[1], default=int(tf.argmax(logits[0])))
    problem = model.config.problem_type
    exclusive = problem == "single_label_classification" or (problem is None and model.config.num_labels > 1)
    if problem == "regression" or model.config.num_labels == 1:
        about = "the score"
    else:
        about = f"the log-odds of {labels[label]}"

    def score(vectors):
        logits = tf.cast(model(row_inputs(ids, types, vectors), training=False), tf.float32)
        # A sigmoid's logit is the log-odds already, and a regression's is the score.
        return log_odds(logits, label) if exclusive else logits[:, label]

    return ExplainedRow(ids, types, score, about)
