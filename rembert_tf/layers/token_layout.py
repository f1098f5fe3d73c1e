"""How a batch of sequences is laid out as one list of tokens.

Inside the encoder activations are `[tokens, width]`: a matmul on two dimensions is the shape that
CPU kernels fuse with its bias and activation. Only attention needs to know which tokens belong to
the same sequence, and asks the layout.
"""

from keras import ops


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
