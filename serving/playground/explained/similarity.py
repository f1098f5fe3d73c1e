"""What is explained of an encoder: how similar two texts are."""

import tensorflow as tf

from rembert_tf.serving.playground.explained.row import ExplainedRow, encoded_row, row_inputs, text_of
from rembert_tf.serving.signatures.embedding import pooled

POOLING = "mean"  # what an export does unless it is told otherwise


def explained_row(model, tokenizer, inputs, target, settings):
    """Returns the ExplainedRow of `text`, whose score is its cosine with `target.other`.

    Args:
        model: a RemBertModel.
        tokenizer: its RemBertTokenizerFast.
        inputs: of a request.
        target: may hold `other`, the text that it is compared with.
        settings: ReadingSettings.
    """

    def row(text):
        return encoded_row(tokenizer, text, max_length=settings.max_length)

    def direction(ids, types, vectors=None):
        row = row_inputs(ids, types, vectors)
        states = model(row, training=False)["last_hidden_state"]
        return tf.math.l2_normalize(pooled(states, row["attention_mask"], POOLING), axis=1)

    ids, types = row(text_of(inputs, "text"))
    if not target.get("other"):
        return ExplainedRow(ids, types, score=None, about="the similarity of two texts")
    other = direction(*row(text_of(target, "other")))

    def score(vectors):
        return tf.reduce_sum(direction(ids, types, vectors) * other, axis=1)

    return ExplainedRow(ids, types, score, "the cosine similarity with the other text")
