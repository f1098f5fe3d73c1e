"""RemBertTokenizer: the tokenizer in Python, without TensorFlow."""

import itertools

from rembert_tf.former_arguments import refuse_arguments
from rembert_tf.tokenization import list_packing
from rembert_tf.tokenization.call_options import fill_values
from rembert_tf.tokenization.python_stretches import (
    character_lengths,
    character_spans,
    lowered_characters,
    splitter,
    without_trailing_space,
)
from rembert_tf.tokenization.sentencepiece_spans import byte_spans
from rembert_tf.tokenization.text_checks import check_same_rows, utf8_texts, utf8_words
from rembert_tf.tokenization.tokenizer_base import TokenizerBase


class RemBertTokenizer(TokenizerBase):
    """Turns Python strings into lists of ids, with the `sentencepiece` package.

    The ids are those of RemBertTokenizerFast. Arguments and errors are those of `TokenizerBase`.

    Examples:
        >>> tokenizer = RemBertTokenizer.from_pretrained("model_directory")
        >>> tokenizer.decode(tokenizer("Guten Tag")["input_ids"], skip_special_tokens=True)
        'Guten Tag'
    """

    def tokenize(self, text, split_special_tokens=False, **others):
        """Returns the tokens of a text, or a list of them for each text of a batch.

        Args:
            text: a string or a list of strings.
            split_special_tokens: as in a call.
            **others: none is taken; for what transformers takes, the error says what to write.

        Returns:
            List of strings; a piece outside the vocabulary is spelled as in the text.

        Raises:
            InputError: `text` is not a string or a list of strings.
        """
        if others:
            refuse_arguments("tokenize", others, ["split_special_tokens"])
        texts, single = utf8_texts(text, "text")
        options = self._options(None, None, split_special_tokens=split_special_tokens)
        rows = self._cut(texts, options, str, lambda token: token)
        # Older releases of the package answer bytes with bytes.
        rows = [[token.decode() if isinstance(token, bytes) else token for token in row] for row in rows]
        return rows[0] if single else rows

    def decode(self, token_ids, skip_special_tokens=False, **others):
        """Returns the text of a row of ids, as SentencePiece joins its pieces.

        Control pieces leave nothing; an unknown piece shows as " ⁇ ".

        Args:
            token_ids: an id, or a list or array of ids.
            skip_special_tokens: whether to leave special tokens out, the unknown one included.
            **others: none is taken; for what transformers takes, the error says what to write.

        Raises:
            InputError: an id is outside the vocabulary.
        """
        if others:
            refuse_arguments("decode", others, ["skip_special_tokens"])
        ids = token_ids if hasattr(token_ids, "__iter__") else [token_ids]
        return self.convert_tokens_to_string(self.convert_ids_to_tokens(ids, skip_special_tokens))

    def batch_decode(self, sequences, skip_special_tokens=False, **others):
        """Returns the texts of several rows of ids; see `decode`.

        Args:
            sequences: a list of lists, or an array, of ids.
            skip_special_tokens: as in `decode`.
            **others: none is taken; for what transformers takes, the error says what to write.
        """
        if others:
            refuse_arguments("batch_decode", others, ["skip_special_tokens"])
        return [self.decode(row, skip_special_tokens) for row in sequences]

    def _texts(self, value, name, like=None):
        texts, single = utf8_texts(value, name)
        if like is not None:
            check_same_rows(name, len(texts), len(like))
        return texts, single

    def _pieces(self, texts, options):
        if not options.return_offsets_mapping:
            return {"input_ids": self._cut(texts, options, int, self.vocabulary.token_to_id)}
        rows = [self._spans(stretches) for stretches in self._stretches(texts, options)]
        return {
            "input_ids": [[number for number, _ in row] for row in rows],
            "offset_mapping": [[span for _, span in row] for row in rows],
        }

    def _word_pieces(self, words, options):
        rows, single = utf8_words(words)
        pieces = iter(self._pieces([word for row in rows for word in row], options)["input_ids"])
        ids, word_ids = [], []
        for row in rows:
            cut = [next(pieces) or [self.unk_token_id] for _ in row]
            ids.append(list(itertools.chain.from_iterable(cut)))
            word_ids.append([position for position, word in enumerate(cut) for _ in word])
        return {"input_ids": ids, "word_ids": word_ids}, single

    def _keep_first(self, pieces, count):
        return {name: [row[:count] for row in rows] for name, rows in pieces.items()}

    def _stretches(self, texts, options):
        """Returns for each text [(stretch, literal or None)]: bytes of it, and the token that they spell."""
        spelled = {token.encode(): token for token in self._literals(options.split_special_tokens)}
        split = splitter(spelled)
        return [
            [(part, spelled[part] if position % 2 else None) for position, part in enumerate(split(text))]
            for text in texts
        ]

    def _ordinary(self, stretches):
        """Returns the ordinary stretches as SentencePiece shall see them, None for literals."""
        following = [literal for _, literal in stretches[1:]] + [None]
        return [
            self._normalized(without_trailing_space(part) if after == self.mask_token else part)
            if literal is None
            else None
            for (part, literal), after in zip(stretches, following, strict=True)
        ]

    def _normalized(self, text):
        return b"".join(lowered_characters(text)) if self.do_lower_case else text

    def _cut(self, texts, options, out_type, of_literal):
        """Returns a row of pieces for each text; all stretches go through SentencePiece at once."""
        rows = self._stretches(texts, options)
        ordinary = [part for row in rows for part in self._ordinary(row) if part is not None]
        pieces = iter(self.vocabulary.processor.encode(ordinary, out_type=out_type))
        return [
            [piece for _, literal in row for piece in (next(pieces) if literal is None else [of_literal(literal)])]
            for row in rows
        ]

    def _spans(self, stretches):
        """Returns [(id, (start, end))] of a text's stretches, in its characters."""
        found, characters = [], 0
        for (part, literal), ordinary in zip(stretches, self._ordinary(stretches), strict=True):
            lengths = list(map(len, lowered_characters(part))) if self.do_lower_case else character_lengths(part)
            if literal is not None:
                cut = [(self.vocabulary.token_to_id(literal), (0, len(lengths)))]
            else:
                pieces = byte_spans(self.vocabulary.processor, ordinary)
                spans = character_spans([(start, end) for _, start, end in pieces], lengths)
                cut = zip([number for number, _, _ in pieces], spans, strict=True)
            found += [(number, (characters + start, characters + end)) for number, (start, end) in cut]
            characters += len(lengths)
        return found

    def _assemble(self, first, second, options):
        fills = fill_values(self.cls_token_id, self.sep_token_id, self.pad_token_id)
        return list_packing.assemble(first, second, options, fills)
