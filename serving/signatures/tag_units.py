"""The stretches of a text that get a tag each, and the pieces that their tags are read from."""

import dataclasses

import tensorflow as tf

from rembert_tf.serving.signatures.characters import MARK, kinds_of
from rembert_tf.serving.signatures.runs import begins_run, ends_run
from rembert_tf.serving.signatures.words import split_words
from rembert_tf.tokenization.packing import keep_first


@dataclasses.dataclass(frozen=True)
class Units:
    """The units of a batch of texts, all in a row.

    Args:
        ids: ragged (batch, None) int32: the texts' pieces.
        piece: (units,) int64: a unit's first piece, among those of all texts.
        text: (units,) int64: the text that it belongs to, rising.
        start: (units,) int32: its first character in its text.
        end: (units,) int32: the character after its last.
    """

    ids: tf.RaggedTensor
    piece: tf.Tensor
    text: tf.Tensor
    start: tf.Tensor
    end: tf.Tensor


def tag_units(tokenizer, texts, room, pretokenized):
    """Cuts texts into the Units of a tagger.

    A word is a unit, tokenized as a text of its own, as in training. In a script without spaces the pieces of a
    word are units, those that begin with a combining mark or have no characters aside.

    Args:
        tokenizer: a RemBertTokenizerFast.
        texts: (batch,) strings, valid UTF-8.
        room: pieces of a spaced word, which loses its end beyond, as in `rembert predict`.
        pretokenized: see `split_words`.
    """
    points = tf.strings.unicode_decode(texts, "UTF-8")
    points = points.with_row_splits_dtype(tf.int64)
    text, first, beyond, unspaced = split_words(points, pretokenized)
    characters = tf.ragged.range(first, beyond)
    words = tf.strings.unicode_encode(characters.with_values(tf.gather(points.values, characters.values)), "UTF-8")
    ids, begin = _pieces(tokenizer, words, tf.where(unspaced, tf.int64.max, tf.cast(room, tf.int64)))
    word = ids.value_rowids()
    place = tf.gather(first, word) + tf.cast(begin, tf.int64)
    chosen = tf.where(_begins_unit(word, place, tf.gather(unspaced, word), points.values))[:, 0]
    unit_word = tf.gather(word, chosen)
    is_first = begins_run(unit_word)
    start = tf.where(is_first, tf.gather(first, unit_word), tf.gather(place, chosen))
    following = tf.concat([start[1:], [0]], axis=0)[: tf.size(chosen)]
    end = tf.where(ends_run(is_first), tf.gather(beyond, unit_word), following)
    unit_text = tf.gather(text, unit_word)
    before = tf.gather(points.row_starts(), unit_text)
    by_text = tf.RaggedTensor.from_value_rowids(ids.values, tf.gather(text, word), points.nrows(), validate=False)
    return Units(by_text, chosen, unit_text, tf.cast(start - before, tf.int32), tf.cast(end - before, tf.int32))


def _pieces(tokenizer, words, most):
    """Returns ragged (words, None) ids, and (pieces,) int32: the character of the word where each begins."""
    encoded = tokenizer(words, add_special_tokens=False, return_offsets_mapping=True, split_special_tokens=True)
    rows = {"ids": encoded["input_ids"]}
    rows["begin"] = rows["ids"].with_values(encoded["offset_mapping"].values[:, 0])
    # A word that normalisation leaves nothing of is the unknown token, as in training.
    missing = tf.cast(tf.equal(rows["ids"].row_lengths(), 0), tf.int64)
    fill = {"ids": tokenizer.unk_token_id, "begin": 0}
    for name in rows:
        column = tf.fill([tf.reduce_sum(missing)], fill[name])
        rows[name] = tf.concat([rows[name], tf.RaggedTensor.from_row_lengths(column, missing, validate=False)], axis=1)
        rows[name] = keep_first(rows[name], most)
    return rows["ids"], rows["begin"].values


def _begins_unit(word, place, unspaced, points):
    """Returns (pieces,) bool: whether a unit begins with the piece.

    Args:
        word: (pieces,) int64: the word of each.
        place: (pieces,) int64: where it begins, among the characters of all texts.
        unspaced: (pieces,) bool: whether its word is in a script without spaces.
        points: (characters,) int32.
    """
    moved = place > tf.concat([[-1], place], axis=0)[:-1]
    # A last byte without characters begins behind the last character of all.
    point = tf.gather(tf.concat([points, [0]], axis=0), place)
    return begins_run(word) | (unspaced & moved & ~tf.equal(kinds_of(point), MARK))
