"""From pieces to a model's input: trimmed or cut into windows, [CLS] a [SEP] b [SEP], padded.

Ragged tensors and core TensorFlow operations only, so that the same functions serve `tf.data` and
exported signatures on any TensorFlow Serving release (tensorflow-text's trimmers are not linked into
all of them). `list_packing` holds the same rules for Python lists.
"""

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.graph_checks import guarded
from rembert_tf.tokenization.call_options import LONGEST_FIRST, ONLY_FIRST, stride_message, unfit_message
from rembert_tf.tokenization.side_by_side import lay_out, token_types

# A batch of no rows has no longest row either; models need a position to pool.
WIDTH_OF_NO_ROWS = 2


def assemble(first, second, options, fills):
    """Turns the pieces of texts into model input.

    Args:
        first: {name: ragged (batch, None) or (batch, None, 2) int32} with `input_ids` and whatever else the
            pieces have.
        second: the same of second texts, or None.
        options: CallOptions.
        fills: see `fill_values`.

    Returns:
        {name: int32 rows}, ragged without padding, dense with it; and `overflow_to_sample_mapping` (rows,)
        on request.

    Raises:
        InputError: the options cannot be followed for these texts (in a graph an InvalidArgumentError).
    """
    first, second, sample = _fit(first, second, options)
    special = options.add_special_tokens
    pairs = {name: (rows, second and second[name]) for name, rows in first.items()}
    rows = {name: lay_out(*pair, *fills[name][:2], special) for name, pair in pairs.items()}
    rows["token_type_ids"] = token_types(rows["input_ids"], *pairs["input_ids"], special)
    rows["attention_mask"] = tf.ones_like(rows["input_ids"])
    if options.return_special_tokens_mask:
        zeros = [text if text is None else tf.zeros_like(text) for text in pairs["input_ids"]]
        rows["special_tokens_mask"] = lay_out(*zeros, 1, 1, special)
    if options.padding:
        exceeds = not options.strategy
        width = padded_width(rows["input_ids"], options.padded_length, options.pad_to_multiple_of, exceeds)
        rows = {name: pad(several, fills[name][2], width, options.padding_side) for name, several in rows.items()}
    return {**rows, "overflow_to_sample_mapping": sample} if options.return_overflowing_tokens else rows


def _fit(first, second, options):
    """Returns both texts trimmed, or a row for each window; and the text that each row belongs to."""
    sample = tf.range(tf.cast(first["input_ids"].nrows(), tf.int32))
    if not options.strategy:
        return first, second, sample
    pair = second is not None
    budget = options.budget(pair)
    texts = [first, second] if pair else [first]
    lengths = [text["input_ids"].row_lengths() for text in texts]
    kept = kept_lengths(lengths[0], lengths[1] if pair else None, budget, options.strategy)
    if options.return_overflowing_tokens:
        side = options.trimmed_side
        whole = lengths[1 - side] if pair else tf.zeros_like(lengths[0])
        sample, start, count = windows(lengths[side], budget - whole, options.stride)
        spans = {side: (start, count), 1 - side: (tf.zeros_like(start), tf.gather(whole, sample))}
        fitted = [
            {name: take(rows, sample, *spans[index]) for name, rows in text.items()} for index, text in enumerate(texts)
        ]
    else:
        fitted = [
            {name: keep_first(rows, kept[index]) for name, rows in text.items()} for index, text in enumerate(texts)
        ]
    return fitted[0], fitted[1] if pair else None, tf.cast(sample, tf.int32)


def take(rows, row, start, count):
    """Copies stretches of rows.

    Args:
        rows: ragged (batch, None).
        row: (stretches,) integers: the row that a stretch lies in.
        start: (stretches,) integers: its first entry.
        count: (stretches,) integers: its length.

    Returns:
        Ragged (stretches, None).
    """
    first = tf.gather(rows.row_starts(), row) + tf.cast(start, rows.row_splits.dtype)
    positions = tf.ragged.range(first, first + tf.cast(count, first.dtype))
    return tf.RaggedTensor.from_row_splits(
        tf.gather(rows.values, positions.values), positions.row_splits, validate=False
    )


def keep_first(rows, counts):
    """Keeps the first `counts[i]` entries of row i, or all of a shorter row.

    Args:
        rows: ragged (batch, None).
        counts: (batch,) or scalar integers.
    """
    counts = tf.minimum(rows.row_lengths(), tf.cast(counts, rows.row_splits.dtype))
    return take(rows, tf.range(rows.nrows()), tf.zeros_like(counts), counts)


def kept_lengths(first_length, second_length, budget, strategy):
    """Shares a budget between the texts of a pair.

    Args:
        first_length: (batch,) int64 pieces.
        second_length: (batch,) int64 pieces, or None.
        budget: pieces left for both together, special tokens not counted.
        strategy: `longest_first` takes pieces off the longer text, off the second when both are as long;
            `only_first` and `only_second` leave the other text whole.

    Returns:
        How many pieces each of the two keeps; the text that stays whole keeps all.

    Raises:
        InputError: the text that must stay whole leaves nothing of the other (eagerly; in a graph an
            InvalidArgumentError).
    """
    if second_length is None:
        return tf.minimum(first_length, budget), None
    if strategy == LONGEST_FIRST:
        half_up = (budget + 1) // 2  # the odd piece stays in the first text
        first_kept = tf.minimum(first_length, tf.maximum(budget - second_length, half_up))
        return first_kept, tf.minimum(second_length, budget - first_kept)
    whole, trimmed = (second_length, first_length) if strategy == ONLY_FIRST else (first_length, second_length)
    # As in the reference, a text that is trimmed must keep a piece.
    fits = tf.logical_or(whole < budget, whole + trimmed <= budget)
    message = unfit_message(strategy, budget)
    whole = _checked_rows(whole, fits, message, lambda row: f"{message}: in row {row} it has {int(whole[row])}.")
    kept = tf.minimum(trimmed, budget - whole)
    return (kept, whole) if strategy == ONLY_FIRST else (whole, kept)


def windows(lengths, sizes, stride):
    """Cuts texts into windows.

    Args:
        lengths: (batch,) int64 pieces of the texts.
        sizes: (batch,) int64 pieces that a window holds.
        stride: pieces that consecutive windows of a text share.

    Returns:
        Three (windows,) int64 tensors: text, first piece and number of pieces of each window. The last one
        of a text holds what is left.

    Raises:
        InputError: a text needs several windows, but they never advance (in a graph an
            InvalidArgumentError).
    """
    overflows = lengths > sizes
    step = tf.where(overflows, sizes - stride, 1)
    step = _checked_rows(
        step,
        step > 0,
        stride_message(stride, "too few"),
        lambda row: f"{stride_message(stride, int(sizes[row]))}: in row {row}.",
    )
    count = 1 + tf.where(overflows, -((sizes - lengths) // step), 0)
    text = tf.repeat(tf.range(tf.size(lengths, tf.int64)), count)
    start = tf.ragged.range(count).values * tf.gather(step, text)
    return text, start, tf.minimum(tf.gather(sizes, text), tf.gather(lengths, text) - start)


def _checked_rows(value, fine, in_graph, of_row):
    """Returns a value unless a row is not fine; eagerly the error can tell about the first that is not."""
    if not tf.executing_eagerly():
        return guarded(value, fine, in_graph)
    if not tf.reduce_all(fine):
        raise InputError(of_row(int(tf.argmin(tf.cast(fine, tf.int32)))))
    return value


def padded_width(rows, max_length=None, multiple=None, may_exceed=False):
    """Returns the width that rows are padded to.

    Args:
        rows: ragged (batch, None).
        max_length: the width, or None for the longest row's.
        multiple: rounds the width up, or None.
        may_exceed: whether rows may be longer than `max_length`; none is cut without being asked.
    """
    if max_length is None:
        width = tf.where(rows.nrows() > 0, rows.bounding_shape(axis=1), WIDTH_OF_NO_ROWS)
    elif may_exceed:
        width = tf.maximum(rows.bounding_shape(axis=1), max_length)
    else:
        width = max_length
    return -(-width // multiple) * multiple if multiple else width


def pad(rows, value, width, side="right"):
    """Turns ragged rows into a rectangle.

    Args:
        rows: ragged (batch, None).
        value: fills the rest of shorter rows.
        width: columns of the result, which no row exceeds.
        side: where the rest lies: `right` or `left`.

    Returns:
        Dense (batch, width).
    """
    inner = rows.shape[2:].as_list()
    if isinstance(width, int):
        rectangle = [None, width, *inner]
    else:
        rectangle = tf.stack([rows.nrows(), tf.cast(width, tf.int64), *inner])
    dense = rows.to_tensor(value, shape=rectangle)
    if side == "right":
        return dense
    columns = tf.range(tf.cast(width, tf.int64))[tf.newaxis] + rows.row_lengths()[:, tf.newaxis]
    return tf.gather(dense, columns % tf.maximum(tf.cast(width, tf.int64), 1), batch_dims=1)
