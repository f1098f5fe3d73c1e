"""RemBERT's template around lists of ids: [CLS] a [SEP], and [CLS] a [SEP] b [SEP]."""

import numbers

from rembert_tf.errors import InputError


class TokenTemplate:
    """What a tokenizer tells about the template; its `cls_token_id` and `sep_token_id` are the template's tokens."""

    def build_inputs_with_special_tokens(self, token_ids_0, token_ids_1=None):
        """Returns the list [CLS] a [SEP], or [CLS] a [SEP] b [SEP], of lists of ids.

        Args:
            token_ids_0: a list of ids.
            token_ids_1: a second list, or None.
        """
        cls_id, sep_id = self.cls_token_id, self.sep_token_id
        second = [] if token_ids_1 is None else [*_integers(token_ids_1), sep_id]
        return [cls_id, *_integers(token_ids_0), sep_id, *second]

    def create_token_type_ids_from_sequences(self, token_ids_0, token_ids_1=None):
        """Returns the list of token types that belongs to `build_inputs_with_special_tokens`.

        Args:
            token_ids_0: a list of ids.
            token_ids_1: a second list, or None.
        """
        second = [] if token_ids_1 is None else [1] * (len(token_ids_1) + 1)
        return [0] * (len(token_ids_0) + 2) + second

    def get_special_tokens_mask(self, token_ids_0, token_ids_1=None, already_has_special_tokens=False):
        """Returns a list with 1 where a row holds the template's tokens.

        Args:
            token_ids_0: a list of ids.
            token_ids_1: a second list, or None.
            already_has_special_tokens: whether `token_ids_0` is a complete row. Its cls and sep ids are
                flagged then, wherever they stand, and nothing else, as in the reference.

        Raises:
            InputError: a second list is given beside a complete row.
        """
        if already_has_special_tokens:
            if token_ids_1 is not None:
                raise InputError("token_ids_1 must be None where token_ids_0 has its special tokens already.")
            return [int(number in (self.cls_token_id, self.sep_token_id)) for number in _integers(token_ids_0)]
        second = [] if token_ids_1 is None else [0] * len(token_ids_1) + [1]
        return [1] + [0] * len(token_ids_0) + [1] + second


def _integers(ids):
    if isinstance(ids, numbers.Integral):
        raise InputError(f"ids must be a list of integers, not {ids!r}.")
    return [int(number) for number in ids]
