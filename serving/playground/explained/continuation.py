"""What is explained of a causal language model: how likely the piece is with which it goes on."""

import numpy as np
import tensorflow as tf

from rembert_tf.serving.playground.explained.row import ExplainedRow, log_odds, row_inputs, text_of


def explained_row(model, tokenizer, inputs, target, settings):
    """Returns the ExplainedRow of `prompt`, of which a long one loses its beginning.

    Args:
        model: a RemBertForCausalLM.
        tokenizer: its RemBertTokenizerFast.
        inputs: of a request.
        target: ignored.
        settings: ReadingSettings.
    """
    prompt = tf.constant([text_of(inputs, "prompt")])
    pieces = tokenizer.tokenize_to_ids(prompt, split_special_tokens=True).values.numpy()
    room = settings.max_length - 1
    ids = np.concatenate([[tokenizer.cls_token_id], pieces[max(0, len(pieces) - room) :]]).astype(np.int32)
    types = np.zeros_like(ids)
    following = int(tf.argmax(_next_logits(model, row_inputs(ids, types))[0]))

    def score(vectors):
        return log_odds(_next_logits(model, row_inputs(ids, types, vectors)), following)

    token = tokenizer.convert_ids_to_tokens(following)
    return ExplainedRow(ids, types, score, f"the log-odds of “{token}” as the next piece")


def _next_logits(model, row):
    """Returns (rows, vocab_size): those of the last position alone, for a vocabulary is large."""
    return model.scores(model.rembert(row, training=False)["last_hidden_state"][:, -1])
