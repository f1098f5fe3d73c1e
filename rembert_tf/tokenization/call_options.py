"""The arguments of a tokenizer's call, checked once for both engines."""

import dataclasses
import numbers

from rembert_tf.errors import InputError

LONGEST_FIRST, ONLY_FIRST, ONLY_SECOND = "longest_first", "only_first", "only_second"
TRUNCATION = (False, True, LONGEST_FIRST, ONLY_FIRST, ONLY_SECOND)
PADDING = (False, True, "longest", "max_length")
SIDES = ("right", "left")

# What split_special_tokens may be: how much of a spelled-out special token is ordinary text.
ALL_BUT_MASK = "all_but_mask"
SPLIT = (False, True, ALL_BUT_MASK)


@dataclasses.dataclass(frozen=True)
class CallOptions:
    """How texts become rows; the fields are the arguments of `TokenizerBase.__call__`.

    Args:
        max_length: a number; `TokenizerBase` fills in its own where the caller gave none.
        padding_side: `right` or `left`.

    Raises:
        InputError: a value is not one of those accepted, or two of them contradict each other.
    """

    max_length: int
    padding_side: str
    add_special_tokens: bool = True
    padding: bool | str = False
    truncation: bool | str = False
    stride: int = 0
    split_special_tokens: bool | str = False
    return_overflowing_tokens: bool = False
    return_offsets_mapping: bool = False
    return_special_tokens_mask: bool = False
    pad_to_multiple_of: int | None = None

    def __post_init__(self):
        check_choice("padding", self.padding, PADDING)
        check_choice("truncation", self.truncation, TRUNCATION)
        check_choice("split_special_tokens", self.split_special_tokens, SPLIT)
        check_choice("padding_side", self.padding_side, SIDES)
        check_length("max_length", self.max_length)
        check_length("stride", self.stride)
        multiple = self.pad_to_multiple_of
        if multiple is not None and check_length("pad_to_multiple_of", multiple) == 0:
            raise InputError("pad_to_multiple_of must be a number of pieces, 1 or more, not 0.")
        if multiple and self.padding and self.truncation and self.max_length % multiple:
            raise InputError(
                f"max_length={self.max_length} must be a multiple of pad_to_multiple_of={multiple} "
                f"where rows are both truncated and padded."
            )

    @property
    def trimmed_side(self):
        """Which text of a pair windows are cut from: 0 or 1."""
        return int(self.strategy == ONLY_SECOND)

    @property
    def padded_length(self):
        """The width to pad to, or None for the longest row's."""
        return self.max_length if self.padding == "max_length" else None

    @property
    def strategy(self):
        """The name of the truncation strategy, or None."""
        return (LONGEST_FIRST if self.truncation is True else self.truncation) or None

    def budget(self, pair):
        """Returns how many pieces `max_length` leaves for the texts.

        Args:
            pair: whether there are second texts.

        Raises:
            InputError: nothing is left, or the strategy cannot be used here.
        """
        special = number_of_special_tokens(pair) if self.add_special_tokens else 0
        budget = self.max_length - special
        if budget < 0:
            raise InputError(f"max_length={self.max_length} leaves no room for the {special} special tokens.")
        if self.strategy == ONLY_SECOND and not pair:
            raise InputError("truncation='only_second' needs a text pair.")
        if self.return_overflowing_tokens:
            if pair and self.strategy == LONGEST_FIRST:
                raise InputError(
                    "return_overflowing_tokens needs truncation='only_first' or 'only_second' for text pairs: "
                    "'longest_first' may trim both, and has no windows."
                )
            if self.stride >= budget:
                raise InputError(f"{stride_message(self.stride, budget)}.")
        return budget


def number_of_special_tokens(pair):
    """Returns how many special tokens the template adds."""
    return 3 if pair else 2


def stride_message(stride, window):
    """Returns the sentence about a stride that never gets past a window."""
    return f"stride={stride} must be less than the window, which holds {window} pieces beside the special tokens"


def unfit_message(strategy, budget):
    """Returns the sentence about a text that leaves nothing of the other."""
    which = "second" if strategy == ONLY_FIRST else "first"
    return f"truncation={strategy!r} keeps the {which} text whole, which leaves the other none of {budget} pieces"


def check_choice(name, value, accepted):
    """Raises an InputError unless the value is one of those accepted."""
    if not any(value is choice or (isinstance(value, str) and value == choice) for choice in accepted):
        raise InputError(f"{name} must be one of {accepted}, not {value!r}.")


def check_length(name, value):
    """Returns a number of pieces as a Python integer, or raises an InputError that names it."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 0:
        raise InputError(f"{name} must be a number of pieces, 0 or more, not {value!r}.")
    return int(value)


def fill_values(cls_id, sep_id, pad_id):
    """Returns {name of a row: (at [CLS], at [SEP], at padding)}."""
    return {
        "input_ids": (cls_id, sep_id, pad_id),
        "token_type_ids": (0, 0, 0),
        "attention_mask": (1, 1, 0),
        "special_tokens_mask": (1, 1, 1),
        "offset_mapping": ((0, 0),) * 3,
        "word_ids": (-1, -1, -1),
    }
