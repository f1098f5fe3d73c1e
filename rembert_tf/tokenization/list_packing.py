"""The rules of `packing` for Python lists: a row is a list with an entry a piece."""

from rembert_tf.errors import InputError
from rembert_tf.tokenization.call_options import LONGEST_FIRST, ONLY_FIRST, stride_message, unfit_message

WIDTH_OF_NO_ROWS = 2  # as in packing


def assemble(first, second, options, fills):
    """Turns the pieces of texts into model input.

    Args:
        first: {name: list of rows} with `input_ids` and whatever else the pieces have.
        second: the same of second texts, or None.
        options: CallOptions.
        fills: see `fill_values`.

    Returns:
        {name: list of rows}, and `overflow_to_sample_mapping` on request.

    Raises:
        InputError: the options cannot be followed for these texts.
    """
    first, second, sample = _fit(first, second, options)
    special, rows = options.add_special_tokens, {}
    for name in first:
        before, after, _ = fills[name]
        pairs = _side_by_side(first, second, name)
        rows[name] = [lay_out(a, b, before, after, special) for a, b in pairs]
    pairs = _side_by_side(first, second, "input_ids")
    rows["token_type_ids"] = [token_types(a, b, special) for a, b in pairs]
    rows["attention_mask"] = [[1] * len(row) for row in rows["input_ids"]]
    if options.return_special_tokens_mask:
        mask = [lay_out([0] * len(a), None if b is None else [0] * len(b), 1, 1, special) for a, b in pairs]
        rows["special_tokens_mask"] = mask
    if options.padding:
        width = padded_width(rows["input_ids"], options.padded_length, options.pad_to_multiple_of)
        rows = {
            name: [pad(row, fills[name][2], width, options.padding_side) for row in several]
            for name, several in rows.items()
        }
    return {**rows, "overflow_to_sample_mapping": sample} if options.return_overflowing_tokens else rows


def _side_by_side(first, second, name):
    return list(zip(first[name], second[name] if second is not None else [None] * len(first[name]), strict=True))


def _fit(first, second, options):
    """Returns both texts trimmed, or a row for each window; and the text that each row belongs to."""
    sample = list(range(len(first["input_ids"])))
    if not options.strategy:
        return first, second, sample
    pair = second is not None
    budget = options.budget(pair)
    texts = [first, second] if pair else [first]
    lengths = [list(map(len, text["input_ids"])) for text in texts]
    kept = kept_lengths(lengths[0], lengths[1] if pair else None, budget, options.strategy)
    spans = [[(row, 0, count) for row, count in enumerate(kept[index])] for index in range(len(texts))]
    if options.return_overflowing_tokens:
        side = options.trimmed_side
        whole = lengths[1 - side] if pair else [0] * len(sample)
        found = windows(lengths[side], [budget - length for length in whole], options.stride)
        sample = [row for row, _, _ in found]
        other = [(row, 0, whole[row]) for row in sample]
        spans = [other, found] if side else [found, other]
    fitted = [
        {name: [rows[row][start : start + count] for row, start, count in span] for name, rows in text.items()}
        for text, span in zip(texts, spans, strict=False)
    ]
    return fitted[0], fitted[1] if pair else None, sample


def kept_lengths(first_lengths, second_lengths, budget, strategy):
    """Shares a budget between the texts of each pair.

    Args:
        first_lengths: list of pieces.
        second_lengths: list of pieces, or None.
        budget: pieces left for both together.
        strategy: `longest_first`, `only_first` or `only_second`.

    Returns:
        Two lists: how many pieces each keeps; the second is None without second texts.

    Raises:
        InputError: the text that must stay whole leaves nothing of the other.
    """
    if second_lengths is None:
        return [min(length, budget) for length in first_lengths], None
    kept = [
        _kept_of_pair(first, second, budget, strategy, row)
        for row, (first, second) in enumerate(zip(first_lengths, second_lengths, strict=True))
    ]
    return [first for first, _ in kept], [second for _, second in kept]


def _kept_of_pair(first, second, budget, strategy, row):
    if strategy == LONGEST_FIRST:
        first_kept = min(first, max(budget - second, (budget + 1) // 2))
        return first_kept, min(second, budget - first_kept)
    whole, trimmed = (second, first) if strategy == ONLY_FIRST else (first, second)
    if whole >= budget and whole + trimmed > budget:
        raise InputError(f"{unfit_message(strategy, budget)}: in row {row} it has {whole}.")
    kept = min(trimmed, budget - whole)
    return (kept, whole) if strategy == ONLY_FIRST else (whole, kept)


def windows(lengths, sizes, stride):
    """Cuts texts into windows.

    Args:
        lengths: list of the texts' pieces.
        sizes: list of the pieces that a window of each text holds.
        stride: pieces that consecutive windows of a text share.

    Returns:
        List of (text, first piece, number of pieces).

    Raises:
        InputError: a text needs several windows, but they never advance.
    """
    found = []
    for text, (length, size) in enumerate(zip(lengths, sizes, strict=True)):
        if length > size and stride >= size:
            raise InputError(f"{stride_message(stride, size)}: in row {text}.")
        start = 0
        while True:
            found.append((text, start, min(size, length - start)))
            if start + size >= length:
                break
            start += size - stride
    return found


def lay_out(first, second, before, after, special=True):
    """Returns a row: the texts side by side, with special tokens around them; arguments as in `packing`."""
    if not special:
        return first + (second or [])
    return [before, *first, after] + ([] if second is None else [*second, after])


def token_types(first, second, special=True):
    """Returns the row's token types: 1 for the second text and its [SEP]."""
    one = 1 if special else 0
    return [0] * (len(first) + 2 * one) + ([] if second is None else [1] * (len(second) + one))


def padded_width(rows, max_length=None, multiple=None):
    """Returns the width that rows are padded to; a longer row is never cut.

    Args:
        rows: list of rows.
        max_length: the least width, or None for the longest row's.
        multiple: rounds the width up, or None.
    """
    longest = max(map(len, rows), default=WIDTH_OF_NO_ROWS)
    width = longest if max_length is None else max(longest if rows else 0, max_length)
    return -(-width // multiple) * multiple if multiple else width


def pad(row, value, width, side="right"):
    """Returns a row with `value` up to a width, on one side."""
    rest = [value] * (width - len(row))
    return row + rest if side == "right" else rest + row
