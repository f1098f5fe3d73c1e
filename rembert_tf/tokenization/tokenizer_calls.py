"""What can be asked of a tokenizer: texts, pairs, words and windows as rows of pieces."""

import inspect

from rembert_tf.errors import InputError
from rembert_tf.former_arguments import refuse_arguments
from rembert_tf.tokenization.call_options import ALL_BUT_MASK, ONLY_SECOND, CallOptions, check_length, stride_message
from rembert_tf.tokenization.token_template import TokenTemplate


class TokenizerCalls(TokenTemplate):
    """The calls of both tokenizers; an engine brings what they are made of.

    An engine defines `_texts` (checks what the caller gave), `_pieces` and `_word_pieces` (cut texts into
    pieces: a dictionary of rows, one entry a piece), `_keep_first` and `_assemble` (rows to model input).
    """

    def __call__(
        self,
        text=None,
        text_pair=None,
        add_special_tokens=True,
        padding=False,
        truncation=False,
        max_length=None,
        stride=0,
        split_special_tokens=False,
        return_overflowing_tokens=False,
        return_offsets_mapping=False,
        return_special_tokens_mask=False,
        pad_to_multiple_of=None,
        padding_side=None,
        **others,
    ):
        """Tokenizes a text or a batch, or pairs of them.

        Args:
            text: a string, a list of strings, or (RemBertTokenizerFast) a string tensor of rank 0 or 1.
            text_pair: second texts, of the same form, or None.
            add_special_tokens: whether to add [CLS] and [SEP].
            padding: False keeps each row's length; True or "longest": the longest row's, "max_length": `max_length`.
            truncation: False keeps every piece; True or "longest_first", "only_first", "only_second" trim to
                `max_length`.
            max_length: in pieces, special tokens counted; None means `model_max_length`.
            stride: pieces that consecutive windows share.
            split_special_tokens: False makes a special token of its spelling in a text, True treats the
                spelling as ordinary text, which is right for text from strangers, "all_but_mask" does so
                but for the mask token, which a fill-mask request holds.
            return_overflowing_tokens: whether what truncation cuts off follows in windows of its own.
            return_offsets_mapping: whether to add `offset_mapping`.
            return_special_tokens_mask: whether to add `special_tokens_mask`.
            pad_to_multiple_of: rounds the padded length up.
            padding_side: "right", "left", or None for the tokenizer's own.
            **others: none is taken; for what transformers takes, the error says what to write.

        Returns:
            Dictionary of `input_ids`, `token_type_ids` and `attention_mask`, (batch, length), or (length,)
            for a single text; on request also `offset_mapping` (..., 2): the characters that a piece stands
            for, as SentencePiece tells; `special_tokens_mask`: 1 for the template's tokens and padding.
            With windows there is a row for each of them, and `overflow_to_sample_mapping` (rows,): the text
            that a row belongs to. RemBertTokenizer returns lists, RemBertTokenizerFast int32 tensors,
            ragged without padding.

        Raises:
            InputError: an argument is not one of the above; the pair has other rows than the text; the
                text that a strategy keeps whole leaves nothing of the other; or windows never advance.
        """
        if others:
            accepted = inspect.signature(TokenizerCalls.__call__).parameters.keys() - {"self", "others"}
            refuse_arguments(type(self).__name__, others, accepted)
        options = self._options(
            max_length,
            padding_side,
            add_special_tokens=add_special_tokens,
            padding=padding,
            truncation=truncation,
            stride=stride,
            split_special_tokens=split_special_tokens,
            return_overflowing_tokens=return_overflowing_tokens,
            return_offsets_mapping=return_offsets_mapping,
            return_special_tokens_mask=return_special_tokens_mask,
            pad_to_multiple_of=pad_to_multiple_of,
        )
        texts, single = self._texts(text, "text")
        pairs = None if text_pair is None else self._texts(text_pair, "text_pair", like=texts)[0]
        first = self._pieces(texts, options)
        second = None if pairs is None else self._pieces(pairs, options)
        return _unbatched(self._assemble(first, second, options), single)

    def _options(self, max_length, padding_side, **arguments):
        return CallOptions(
            self.model_max_length if max_length is None else max_length, padding_side or self.padding_side, **arguments
        )

    def _literals(self, split_special_tokens):
        """Returns {token: id} of the special tokens that a text may spell out."""
        literals = {} if split_special_tokens is True else self.vocabulary.literals
        if split_special_tokens == ALL_BUT_MASK:
            return {self.mask_token: literals[self.mask_token]}
        return literals

    def encode(self, text, text_pair=None, **arguments):
        """Returns the `input_ids` of a call with the same arguments.

        Args:
            text: as in a call.
            text_pair: as in a call.
            **arguments: as in a call.
        """
        return self(text, text_pair, **arguments)["input_ids"]

    def encode_words(
        self,
        words,
        padding=False,
        truncation=False,
        max_length=None,
        stride=0,
        split_special_tokens=True,
        return_overflowing_tokens=False,
        padding_side=None,
    ):
        """Tokenizes texts that are cut into words already, as data for tagging is.

        Every word is a text of its own, so that none begins in the middle of a piece. A word without
        pieces (white space, say) becomes the unknown token: each word of the data has a piece for its tag.

        Args:
            words: the words of a text, or a batch of such lists: (batch, None) strings; RemBertTokenizerFast
                also takes a ragged tensor.
            padding: as in a call.
            truncation: as in a call.
            max_length: as in a call.
            stride: as in a call.
            split_special_tokens: as in a call, but True unless told otherwise.
            return_overflowing_tokens: as in a call.
            padding_side: as in a call.

        Returns:
            What a call returns, and `word_ids` (batch, length): the position of a piece's word in its text,
            -1 for special tokens and padding.
        """
        options = self._options(
            max_length,
            padding_side,
            padding=padding,
            truncation=truncation,
            stride=stride,
            split_special_tokens=split_special_tokens,
            return_overflowing_tokens=return_overflowing_tokens,
        )
        pieces, single = self._word_pieces(words, options)
        return _unbatched(self._assemble(pieces, None, options), single)

    def encode_question_windows(
        self,
        question,
        context,
        max_length=384,
        stride=128,
        max_question_length=64,
        padding=False,
        split_special_tokens=True,
        padding_side=None,
    ):
        """Cuts long contexts into overlapping windows, each behind its question.

        Args:
            question: as the text of a call; questions longer than `max_question_length` lose their end.
            context: as its pair.
            max_length: pieces of a row, special tokens counted.
            stride: pieces that consecutive windows of a context share.
            max_question_length: pieces of a question.
            padding: as in a call.
            split_special_tokens: as in a call, but True unless told otherwise.
            padding_side: as in a call.

        Returns:
            What a call with windows returns, with `offset_mapping`, whose context part counts characters of
            the context, and `special_tokens_mask`. The context's pieces are those of token type 1 that the
            mask leaves 0.

        Raises:
            InputError: as in a call; or the longest question leaves windows no longer than the stride.
        """
        options = self._options(
            max_length,
            padding_side,
            padding=padding,
            truncation=ONLY_SECOND,
            stride=stride,
            split_special_tokens=split_special_tokens,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        window = options.budget(pair=True) - check_length("max_question_length", max_question_length)
        if stride >= window:
            raise InputError(f"beside a question of {max_question_length} pieces, {stride_message(stride, window)}.")
        questions, _ = self._texts(question, "question")
        contexts, _ = self._texts(context, "context", like=questions)
        first = self._keep_first(self._pieces(questions, options), max_question_length)
        return self._assemble(first, self._pieces(contexts, options), options)


def _unbatched(encoded, single):
    # Windows are rows, however many texts they come from.
    if not single or "overflow_to_sample_mapping" in encoded:
        return encoded
    return {name: rows[0] for name, rows in encoded.items()}
