"""How a batch of sequences is laid out as one list of tokens.

Inside the encoder activations are `[tokens, width]`: a matmul on two dimensions is the shape that
CPU kernels fuse with its bias and activation. Only attention needs to know which tokens belong to
the same sequence, and asks the layout.
"""

import contextlib
import contextvars

import keras
from keras import ops

# Whether encoders leave padding out.
_PADDING_REMOVED = contextvars.ContextVar("padding_removed", default=False)


@contextlib.contextmanager
def padding_removed():
    """Within it, encoders spend nothing on padding but in attention; a graph traced within it stays so.

    What is computed for positions that the attention mask keeps, for a sequence's first position (the pooler reads
    it) and for sequences of which nothing is kept is the same as without. At other positions, which a plain call
    computes too, stands what the sequence's first position has. Decoders are as without, and so is the JAX backend,
    which must know all shapes beforehand.
    """
    token = _PADDING_REMOVED.set(True)
    try:
        yield
    finally:
        _PADDING_REMOVED.reset(token)


def encoder_layout(batch, length, attention_mask):
    """Returns the layout of an encoder's input.

    Args:
        batch: number of sequences, an integer or a scalar tensor.
        length: positions in each, an integer or a scalar tensor.
        attention_mask: (batch, length) of any dtype, non-zero where kept; None keeps everything.
    """
    if attention_mask is None or not _PADDING_REMOVED.get() or keras.backend.backend() == "jax":
        return PaddedLayout(batch, length)
    return PackedLayout(batch, length, attention_mask)


class PaddedLayout:
    """Every position of a `(batch, length)` rectangle is a token, padding included.

    Args:
        batch: number of sequences, an integer or a scalar tensor.
        length: positions in each, an integer or a scalar tensor.
    """

    def __init__(self, batch, length):
        self.batch = batch
        self.length = length

    def to_tokens(self, x):
        """`(batch, length, ...)` -> `(tokens, ...)`."""
        return ops.reshape(x, (-1, *x.shape[2:]))

    def to_batch(self, x):
        """`(tokens, ...)` -> `(batch, length, ...)`."""
        return ops.reshape(x, (self.batch, self.length, *x.shape[1:]))

    def first_tokens(self, x):
        """`(tokens, width)` -> `(batch, width)`: each sequence's first position."""
        return self.to_batch(x)[:, 0]


class PackedLayout:
    """The positions of a `(batch, length)` rectangle that are worth computing are tokens, one after another.

    Those are the positions that the mask keeps, each sequence's first, and all of a sequence of which nothing is
    kept: it attends to all of itself. So every other position is one that nothing attends to.

    Args:
        batch: number of sequences, an integer or a scalar tensor.
        length: positions in each, an integer or a scalar tensor.
        attention_mask: (batch, length) of any dtype, non-zero where kept.
    """

    def __init__(self, batch, length, attention_mask):
        self.batch = batch
        self.length = length
        kept = ops.cast(attention_mask, "bool")
        is_first = ops.equal(ops.arange(length, dtype="int32"), 0)
        nothing_kept = ops.logical_not(ops.any(kept, axis=1, keepdims=True))
        is_token = ops.logical_or(ops.logical_or(kept, is_first), nothing_kept)
        flat = ops.reshape(is_token, (-1,))
        self._place_of_token = ops.nonzero(flat)[0]  # (tokens,)
        token_of_place = ops.reshape(ops.cumsum(ops.cast(flat, "int32")) - 1, (batch, length))
        # Of the same sequence, so that no row of a batch has a part in another, whatever is done with it.
        self._token_of_place = ops.where(is_token, token_of_place, token_of_place[:, :1])

    def to_tokens(self, x):
        """`(batch, length, ...)` -> `(tokens, ...)`."""
        return _rows(ops.reshape(x, (-1, *x.shape[2:])), self._place_of_token)

    def to_batch(self, x):
        """`(tokens, ...)` -> `(batch, length, ...)`; positions without a token get their sequence's first."""
        return _rows(x, self._token_of_place)

    def first_tokens(self, x):
        """`(tokens, width)` -> `(batch, width)`: each sequence's first position."""
        return _rows(x, self._token_of_place[:, 0])


def _rows(x, numbers):
    """Returns rows of x by their numbers; `ops.take` would first look for negative ones, in each of all layers."""
    if keras.backend.backend() != "tensorflow":
        return ops.take(x, numbers, axis=0)
    import tensorflow as tf

    return tf.gather(x, numbers)
