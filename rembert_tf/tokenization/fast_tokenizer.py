"""RemBertTokenizerFast: the tokenizer as TensorFlow operations."""

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.former_arguments import refuse_arguments
from rembert_tf.graph_checks import guarded
from rembert_tf.tokenization import decoding, packing
from rembert_tf.tokenization.call_options import fill_values
from rembert_tf.tokenization.character_spans import Characters, lowered_characters
from rembert_tf.tokenization.literals import ordinary_text, spell_any, split_at_literals
from rembert_tf.tokenization.sentencepiece_engine import SentencePieceEngine
from rembert_tf.tokenization.side_by_side import beside
from rembert_tf.tokenization.texts import as_texts, as_words
from rembert_tf.tokenization.tokenizer_base import TokenizerBase


class RemBertTokenizerFast(TokenizerBase, tf.Module):
    """Turns texts into a model's input inside TensorFlow: eagerly, in `tf.data`, in an exported signature.

    The ids are those of the SentencePiece model as it is. Arguments and errors are those of
    `TokenizerBase`.

    Examples:
        >>> tokenizer = RemBertTokenizerFast.from_pretrained("model_directory")
        >>> tokenizer(["Guten Tag", "नमस्ते"], padding=True)["input_ids"].shape[0]
        2
    """

    # Nothing in these is for AutoGraph to rewrite, and tracing is faster when it does not try.
    __call__ = tf.autograph.experimental.do_not_convert(TokenizerBase.__call__)
    encode_words = tf.autograph.experimental.do_not_convert(TokenizerBase.encode_words)
    encode_question_windows = tf.autograph.experimental.do_not_convert(TokenizerBase.encode_question_windows)

    def __init__(self, vocab_file, *args, **kwargs):
        tf.Module.__init__(self, name="tokenizer")
        TokenizerBase.__init__(self, vocab_file, *args, **kwargs)
        self._engine = SentencePieceEngine(self.vocabulary.model)

    def tokenize(self, text, split_special_tokens=False, **others):
        """Returns the tokens of texts.

        Args:
            text: a string, a list of strings, or a string tensor of rank 0 or 1.
            split_special_tokens: as in a call.
            **others: none is taken; for what transformers takes, the error says what to write.

        Returns:
            String tensor: (tokens,) for a single text, ragged (batch, None) for a batch; a piece outside the
            vocabulary is spelled as in the text.

        Raises:
            InputError: `text` is none of these.
        """
        if others:
            refuse_arguments("tokenize", others, ["split_special_tokens"])
        texts, single = as_texts(text, "text")
        parts, literal_ids, ordinary = self._stretches(texts, split_special_tokens)
        spelled = _ones_of(parts.values, literal_ids >= 0)
        pieces = beside(self._engine.tokenize(ordinary, out_type=tf.string), spelled)
        rows = parts.with_values(pieces).merge_dims(1, 2)
        return rows[0] if single else rows

    def tokenize_to_ids(self, texts, split_special_tokens=False):
        """Cuts texts into pieces, without special tokens around them.

        Args:
            texts: (batch,) string tensor; bytes that are not UTF-8 become unknown pieces.
            split_special_tokens: as in a call.

        Returns:
            Ragged (batch, None) int32 ids.
        """
        texts, literals = tf.convert_to_tensor(texts), self._literals(split_special_tokens)

        def whole():
            rows = self._engine.tokenize(self._normalized(texts))
            return rows.values, rows.row_splits

        def cut():
            parts, literal_ids, ordinary = self._stretches(texts, split_special_tokens)
            pieces = beside(self._engine.tokenize(ordinary), _ones_of(literal_ids, literal_ids >= 0))
            rows = parts.with_values(pieces).merge_dims(1, 2)
            return rows.values, rows.row_splits

        # Nearly no text spells a special token, and cutting texts takes as long as SentencePiece does.
        if split_special_tokens is True or not literals:
            values, splits = whole()
        else:
            values, splits = tf.cond(spell_any(texts, literals), cut, whole)
        return tf.RaggedTensor.from_row_splits(values, splits, validate=False)

    def decode(self, token_ids, skip_special_tokens=False, **others):
        """Returns the text of a row of ids, as SentencePiece joins its pieces, as a scalar string tensor.

        Control pieces leave nothing; an unknown piece shows as " ⁇ ".

        Args:
            token_ids: an id, or a list or tensor (length,) of ids.
            skip_special_tokens: whether to leave special tokens out, the unknown one included.
            **others: none is taken; for what transformers takes, the error says what to write.

        Raises:
            InputError: an id is outside the vocabulary (in a graph an InvalidArgumentError).
        """
        if others:
            refuse_arguments("decode", others, ["skip_special_tokens"])
        return self.batch_decode(tf.reshape(tf.cast(token_ids, tf.int32), [1, -1]), skip_special_tokens)[0]

    @tf.autograph.experimental.do_not_convert
    def batch_decode(self, sequences, skip_special_tokens=False, **others):
        """Returns the texts (batch,) of rows of ids; see `decode`.

        Args:
            sequences: a list of lists, or a tensor, dense or ragged, (batch, length).
            skip_special_tokens: as in `decode`.
            **others: none is taken; for what transformers takes, the error says what to write.
        """
        if others:
            refuse_arguments("batch_decode", others, ["skip_special_tokens"])
        ids = self._checked(_rows_of_ids(sequences))
        if skip_special_tokens:
            special = tf.constant(self.all_special_ids)
            ids = tf.ragged.boolean_mask(
                ids, ids.with_values(tf.reduce_all(ids.values[:, tf.newaxis] != special, axis=1))
            )
        processor = self.vocabulary.processor
        unknown = processor.unk_id()
        unknown_text = processor.decode([unknown]).encode()
        return decoding.decode(
            ids, self._engine, self.vocab_size, list(self.vocabulary.appended), unknown, unknown_text
        )

    def _checked(self, ids):
        outside = tf.logical_or(ids.values < 0, ids.values >= len(self))
        if not tf.executing_eagerly():
            return guarded(ids, ~outside, "a token id is outside the vocabulary")
        if tf.reduce_any(outside):
            self.vocabulary.id_to_token(int(tf.boolean_mask(ids.values, outside)[0]))  # raises
        return ids

    def _texts(self, value, name, like=None):
        return as_texts(value, name, like)

    def _stretches(self, texts, split_special_tokens):
        """Returns the stretches of texts, the literals' ids, and what SentencePiece shall see."""
        parts, literal_ids = split_at_literals(texts, self._literals(split_special_tokens))
        return parts, literal_ids, self._normalized(ordinary_text(parts.values, literal_ids, self.mask_token_id))

    def _normalized(self, texts):
        return tf.strings.reduce_join(lowered_characters(texts), axis=1) if self.do_lower_case else texts

    def _pieces(self, texts, options):
        if not options.return_offsets_mapping:
            return {"input_ids": self.tokenize_to_ids(texts, options.split_special_tokens)}
        parts, literal_ids, ordinary = self._stretches(texts, options.split_special_tokens)
        characters = Characters(parts, self.do_lower_case)
        is_literal = literal_ids >= 0
        spelled = (literal_ids, tf.zeros_like(literal_ids), characters.lengths())
        ids, start, end = (
            beside(pieces, _ones_of(literal, is_literal))
            for pieces, literal in zip(self._engine.tokenize_with_offsets(ordinary), spelled, strict=True)
        )
        rows = {"input_ids": ids, "offset_mapping": characters.spans(start, end)}
        return {name: parts.with_values(pieces).merge_dims(1, 2) for name, pieces in rows.items()}

    def _word_pieces(self, words, options):
        words, single = as_words(words)
        pieces = self.tokenize_to_ids(words.values, options.split_special_tokens)
        unknown = _ones_of(tf.fill([pieces.nrows()], self.unk_token_id), pieces.row_lengths() == 0)
        pieces = beside(pieces, unknown)
        position = tf.cast(tf.ragged.range(words.row_lengths()).values, tf.int32)
        word_ids = pieces.with_values(tf.gather(position, pieces.value_rowids()))
        rows = {"input_ids": pieces, "word_ids": word_ids}
        return {name: words.with_values(values).merge_dims(1, 2) for name, values in rows.items()}, single

    def _keep_first(self, pieces, count):
        return {name: packing.keep_first(rows, count) for name, rows in pieces.items()}

    def _assemble(self, first, second, options):
        fills = fill_values(self.cls_token_id, self.sep_token_id, self.pad_token_id)
        return packing.assemble(first, second, options, fills)


def _ones_of(values, chosen):
    """Returns ragged (rows, None): the value in a chosen row, nothing in the others."""
    return tf.RaggedTensor.from_row_lengths(tf.boolean_mask(values, chosen), tf.cast(chosen, tf.int64), validate=False)


def _rows_of_ids(sequences):
    if not tf.is_tensor(sequences):
        sequences = tf.ragged.constant([list(map(int, row)) for row in sequences], tf.int32, ragged_rank=1)
    if isinstance(sequences, tf.Tensor):
        if sequences.shape.rank != 2:
            raise InputError(f"sequences must have rows of ids, not the shape {sequences.shape}.")
        sequences = tf.RaggedTensor.from_tensor(sequences)
    return tf.cast(sequences, tf.int32).with_row_splits_dtype(tf.int64)
