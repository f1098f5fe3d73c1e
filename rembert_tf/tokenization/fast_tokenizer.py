"""RemBertTokenizerFast: the tokenizer as TensorFlow operations."""

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.tokenization import literals, packing
from rembert_tf.tokenization.sentencepiece_engine import SentencePieceEngine
from rembert_tf.tokenization.texts import as_texts
from rembert_tf.tokenization.tokenizer_base import TokenizerBase, check_length

PADDING = (False, True, "longest", "max_length")
TRUNCATION = (False, True, *packing.STRATEGIES)


class RemBertTokenizerFast(TokenizerBase, tf.Module):
    """Turns texts into a model's input inside TensorFlow: eagerly, in `tf.data`, in an exported signature.

    The ids are those of the SentencePiece model as it is. Arguments and errors are those of
    `TokenizerBase`.

    Example:
        >>> tokenizer = RemBertTokenizerFast.from_pretrained("model_directory")
        >>> tokenizer(["Guten Tag", "नमस्ते"], padding=True)["input_ids"].shape[0]
        2
    """

    def __init__(self, vocab_file, *args, **kwargs):
        tf.Module.__init__(self, name="tokenizer")
        TokenizerBase.__init__(self, vocab_file, *args, **kwargs)
        self._engine = SentencePieceEngine(self.vocabulary.model)

    def tokenize_to_ids(self, texts, split_special_tokens=False):
        """Cuts texts into pieces, without special tokens around them.

        Args:
            texts: (batch,) string tensor; bytes that are not UTF-8 become unknown pieces.
            split_special_tokens: whether a special token that a text spells out is ordinary text. True is
                right for text from strangers.

        Returns:
            Ragged (batch, None) int32 ids.
        """
        if split_special_tokens:
            return self._engine.tokenize(self._normalize(texts))
        tokens = self.vocabulary.special_tokens
        spellings = {token: self.vocabulary.token_to_id(token) for token in tokens.values()}
        parts = literals.split_at_literals(texts, list(spellings), left_stripped=[tokens["mask_token"]])
        literal_ids = literals.literal_ids(parts.values, spellings)
        is_literal = literal_ids.row_lengths() > 0
        ordinary = self._normalize(tf.where(is_literal, "", parts.values))
        pieces = tf.concat([self._engine.tokenize(ordinary), literal_ids], axis=1)
        return parts.with_values(pieces).merge_dims(1, 2)

    def _normalize(self, texts):
        if not self.do_lower_case:
            return texts
        # The reference lower-cases letter by letter, so a capital sigma never becomes the final form.
        return tf.strings.lower(tf.strings.regex_replace(texts, "Σ", "σ"), encoding="utf-8")

    def __call__(
        self,
        text,
        text_pair=None,
        add_special_tokens=True,
        padding=False,
        truncation=False,
        max_length=None,
        split_special_tokens=False,
    ):
        """Tokenizes a text or a batch, or pairs of them.

        Args:
            text: a string, a list of strings, or a string tensor of rank 0 or 1.
            text_pair: second texts, of the same form, or None.
            add_special_tokens: whether to add [CLS] and [SEP].
            padding: False returns ragged tensors; True or "longest" pads to the longest row,
                "max_length" to `max_length`.
            truncation: False keeps every piece; True or "longest_first", "only_first", "only_second" trim
                to `max_length`.
            max_length: in pieces, special tokens counted; None means `model_max_length`.
            split_special_tokens: whether a special token that a text spells out is ordinary text.

        Returns:
            Dictionary of int32 tensors `input_ids`, `token_type_ids` and `attention_mask`: (batch, length),
            or (length,) for a single text.

        Raises:
            InputError: an argument is not one of the above; the pair has other rows than the text; or the
                text that a strategy keeps whole leaves nothing of the other.
        """
        _check_choice("padding", padding, PADDING)
        _check_choice("truncation", truncation, TRUNCATION)
        texts, single = as_texts(text, "text")
        pairs = None if text_pair is None else as_texts(text_pair, "text_pair", like=texts)[0]
        first = self.tokenize_to_ids(texts, split_special_tokens)
        second = None if pairs is None else self.tokenize_to_ids(pairs, split_special_tokens)
        max_length = self.model_max_length if max_length is None else check_length("max_length", max_length)
        if truncation:
            budget = _budget(max_length, add_special_tokens, second is not None)
            strategy = packing.LONGEST_FIRST if truncation is True else truncation
            first, second = packing.truncate(first, second, budget, strategy)
        if add_special_tokens:
            cls_id, sep_id = self.vocabulary.special_id("cls_token"), self.vocabulary.special_id("sep_token")
            ids, types = packing.pack(first, second, cls_id, sep_id)
        else:
            ids, types = packing.join(first, second)
        encoded = {"input_ids": ids, "token_type_ids": types, "attention_mask": tf.ones_like(ids)}
        if padding:
            encoded = self._padded(encoded, max_length if padding == "max_length" else None, bool(truncation))
        return {name: rows[0] for name, rows in encoded.items()} if single else encoded

    def _padded(self, encoded, max_length, truncated):
        fill = {"input_ids": self.vocabulary.special_id("pad_token")}
        if max_length is not None and not truncated:
            # Rows may be longer than max_length: none is cut without being asked.
            width = tf.maximum(encoded["input_ids"].bounding_shape(axis=1), max_length)
            return {name: packing.pad(rows, fill.get(name, 0), width) for name, rows in encoded.items()}
        return {name: packing.pad(rows, fill.get(name, 0), max_length) for name, rows in encoded.items()}


def _check_choice(name, value, accepted):
    if not any(value is choice or (isinstance(value, str) and value == choice) for choice in accepted):
        raise InputError(f"{name} must be one of {accepted}, not {value!r}.")


def _budget(max_length, add_special_tokens, pair):
    special = packing.number_of_special_tokens(pair) if add_special_tokens else 0
    if max_length < special:
        raise InputError(f"max_length={max_length} leaves no room for the {special} special tokens.")
    return max_length - special
