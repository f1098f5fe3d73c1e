"""What happens to scores before a piece is chosen, and the choosing."""

from keras import ops


def pieces_in(sequences, attention_mask, vocab_size):
    """Returns booleans (rows, vocab_size): which pieces occur in prompts, the padding before them left out.

    Args:
        sequences: (rows, length) pieces.
        attention_mask: (rows, length) integers, 0 for padding.
        vocab_size: pieces there are.
    """
    rows, length = ops.shape(sequences)
    row = ops.repeat(ops.arange(rows, dtype="int32")[:, None], length, axis=1)
    places = ops.stack([ops.reshape(row, (-1,)), ops.reshape(sequences, (-1,))], axis=1)
    begun = ops.cast(ops.cumsum(attention_mask, axis=1) > 0, "int32")
    return ops.scatter(places, ops.reshape(begun, (-1,)), (rows, vocab_size)) > 0


def with_piece(present, pieces):
    """Returns `present` (rows, vocab_size) with one more piece (rows,) in each row."""
    return ops.logical_or(present, ops.equal(ops.arange(present.shape[1], dtype=pieces.dtype), pieces[:, None]))


def penalize_repetition(scores, present, penalty):
    """Makes pieces that occur already less likely: positive scores are divided, negative ones multiplied."""
    return ops.where(present, ops.where(scores < 0, scores * penalty, scores / penalty), scores)


def likeliest(logits):
    """Returns the pieces (rows,) with the highest logits."""
    return ops.cast(ops.argmax(logits, axis=-1), "int32")


def draw(logits, uniform, settings):
    """Samples a piece for each row.

    Args:
        logits: (rows, vocab_size).
        uniform: (rows,) numbers from 0 to below 1: the same ones give the same pieces.
        settings: GenerationSettings: temperature, top_k, top_p.

    Returns:
        (rows,) int32 pieces.
    """
    logits, pieces = logits / settings.temperature, None
    vocab_size = logits.shape[-1]
    if settings.top_k or settings.top_p < 1:
        logits, pieces = ops.top_k(logits, min(settings.top_k or vocab_size, vocab_size))
    if logits.shape[-1] == 1:
        return ops.cast(pieces[:, 0], "int32")
    probabilities = ops.softmax(logits)
    if settings.top_p < 1:
        before = ops.cumsum(probabilities, axis=-1) - probabilities
        probabilities = ops.where(before < settings.top_p, probabilities, 0.0)  # the likeliest always stays
    reached = ops.cumsum(probabilities, axis=-1)
    target = uniform[:, None] * reached[:, -1:]
    chosen = ops.sum(ops.cast(reached <= target, "int32"), axis=-1)
    # Rounding may put the target at the very end: the last piece that has any probability.
    last = ops.sum(ops.cast(reached < reached[:, -1:], "int32"), axis=-1)
    chosen = ops.minimum(chosen, last)
    return chosen if pieces is None else ops.take_along_axis(ops.cast(pieces, "int32"), chosen[:, None], axis=1)[:, 0]
