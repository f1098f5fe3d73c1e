"""What is explained of a masked language model: how likely one piece is at one mask."""

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.models.inputs import MASKED_POSITIONS
from rembert_tf.serving.playground.explained.row import (
    ExplainedRow,
    encoded_row,
    log_odds,
    number_of,
    row_inputs,
    text_of,
)
from rembert_tf.serving.signatures.masked_lm import WORD_BEGINS
from rembert_tf.tokenization.call_options import ALL_BUT_MASK


def explained_row(model, tokenizer, inputs, target, settings):
    """Returns the ExplainedRow of `text` with its masks.

    Args:
        model: a RemBertForMaskedLM.
        tokenizer: its RemBertTokenizerFast.
        inputs: of a request.
        target: may hold `mask`, its number, default the first; and `token`, a piece as answers spell it.
        settings: ReadingSettings.
    """
    text = text_of(inputs, "text")
    ids, types = encoded_row(tokenizer, text, max_length=settings.max_length, split_special_tokens=ALL_BUT_MASK)
    masks = (ids == tokenizer.mask_token_id).nonzero()[0]
    if "token" not in target:
        return ExplainedRow(ids, types, score=None, about="a piece at a mask")
    if not len(masks):
        raise InputError(f"the text must hold {tokenizer.mask_token} within its first {settings.max_length} pieces.")
    position = int(masks[number_of(target, "mask", len(masks), default=0)])
    token = text_of(target, "token")
    piece = tokenizer.convert_tokens_to_ids(token.replace(" ", WORD_BEGINS))

    def score(vectors):
        row = row_inputs(ids, types, vectors)
        row[MASKED_POSITIONS] = tf.fill([tf.shape(vectors)[0], 1], position)
        return log_odds(model(row, training=False)[:, 0], piece)

    return ExplainedRow(ids, types, score, f"the log-odds of “{token.strip()}” at the mask")
