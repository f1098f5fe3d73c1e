"""What is explained of a tagger: how likely the tag of one word is."""

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.serving.playground.explained.row import ExplainedRow, log_odds, row_inputs, text_of
from rembert_tf.serving.signatures.characters import valid_text
from rembert_tf.serving.signatures.tag_units import tag_units
from rembert_tf.tasks.tagging.windows import SPECIAL_TOKENS


def explained_row(model, tokenizer, inputs, target, settings):
    """Returns the ExplainedRow of `text`, cut into words as an export does.

    Args:
        model: a RemBertForTokenClassification.
        tokenizer: its RemBertTokenizerFast.
        inputs: of a request.
        target: may hold `start`, a character of the word whose tag is explained.
        settings: ReadingSettings.
    """
    texts = valid_text(tf.constant([text_of(inputs, "text")]))
    room = settings.max_length - SPECIAL_TOKENS
    units = tag_units(tokenizer, texts, room, pretokenized=False)
    pieces = units.ids.values.numpy()
    if len(pieces) > room:
        raise InputError(f"the text has {len(pieces)} pieces, and is read in windows of {room}: shorten it.")
    ids = np.concatenate([[tokenizer.cls_token_id], pieces, [tokenizer.sep_token_id]]).astype(np.int32)
    types = np.zeros_like(ids)
    if target.get("start") is None:
        return ExplainedRow(ids, types, score=None, about="the tag of a word")
    position = 1 + int(units.piece[_unit_at(target["start"], units)])
    label = int(tf.argmax(model(row_inputs(ids, types), training=False)[0, position]))

    def score(vectors):
        return log_odds(model(row_inputs(ids, types, vectors), training=False)[:, position], label)

    word = tokenizer.convert_ids_to_tokens(int(ids[position]))
    return ExplainedRow(ids, types, score, f"the log-odds of the tag {model.config.id2label[label]} at “{word}”")


def _unit_at(character, units):
    """Returns the number of the unit that holds a character."""
    if isinstance(character, int):
        for number, (start, end) in enumerate(zip(units.start.numpy(), units.end.numpy(), strict=True)):
            if start <= character < end:
                return number
    raise InputError(f"target.start must be a character of a word, not {character!r:.60}.")
