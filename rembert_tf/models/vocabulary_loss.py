"""Cross-entropy over a large vocabulary without forming all its logits at once.

Logits of 250,300 pieces take 1 MB a position in float32. Here they exist for one stretch of the vocabulary at a time:
once to find the normalizer of every position, once more, in the backward pass, for the gradients. Each row of the
output embedding's gradient is computed and written once.
"""

import itertools

from keras import ops

from rembert_tf.models.row_stretches import RowStretches, once_known

STRETCH_ENTRIES = 2**23  # of logits and of gradient rows that exist at a time: 34 MB in float32
MOST_STRETCHES = 64
USUAL_POSITIONS = 4096  # where a graph does not say how many


def vocabulary_loss(states, labels, weights, embeddings, bias, compute_dtype, with_xla=False):
    """Returns the weighted sum of cross-entropies, a float32 scalar.

    Args:
        states: (positions, width).
        labels: (positions,) integers from 0 to vocab_size - 1.
        weights: (positions,) float32; 0 leaves a position out.
        embeddings: (vocab_size, width), the output embedding.
        bias: (vocab_size,).
        compute_dtype: of the matrix products; everything else is float32.
        with_xla: whether TensorFlow's XLA compiles what calls this.
    """
    batch = _Batch(labels, weights, embeddings.shape, compute_dtype, with_xla)

    @ops.custom_gradient
    def loss(states, embeddings, bias):
        normalizers, picked, logits = batch.normalizers(states, embeddings, bias)

        def gradients(*arguments, upstream=None):
            # In float32: a loss scale of mixed_float16 need not fit into float16, and is there for small gradients.
            upstream = ops.cast(arguments[0] if upstream is None else upstream, "float32")
            return batch.gradients(states, embeddings, bias, normalizers, upstream, logits)

        return ops.sum(batch.weights * (normalizers - picked)), gradients

    # Without a graph these may be TensorFlow's variables, which a function with gradients of its own cannot take.
    # This reads them, and copies nothing.
    embeddings, bias = (ops.reshape(table, table.shape) for table in (embeddings, bias))
    return loss(states, embeddings, bias)


class _Batch:
    """The positions of a batch against the vocabulary, a stretch of it at a time."""

    def __init__(self, labels, weights, table_shape, compute_dtype, with_xla):
        self.labels, self.weights, self.compute_dtype, self.with_xla = labels, weights, compute_dtype, with_xla
        self.table_shape = tuple(table_shape)
        self.stretches = _stretches(labels.shape[0], *self.table_shape)

    def normalizers(self, states, embeddings, bias):
        """Returns the logarithms of the sums of exponentials, the labels' logits, and the logits, if they are few."""
        states = ops.cast(states, self.compute_dtype)
        highest = ops.full_like(self.weights, -float("inf"))
        total = picked = ops.zeros_like(self.weights)
        for begin, end in self.stretches:
            rows = once_known(embeddings[begin:end], total, picked)
            logits = self._logits(states, rows, bias[begin:end])
            before, highest = highest, ops.maximum(highest, ops.max(logits, axis=1))
            total = total * ops.exp(before - highest) + ops.sum(ops.exp(logits - highest[:, None]), axis=1)
            place = ops.clip(self.labels - begin, 0, end - begin - 1)
            own = ops.take_along_axis(logits, place[:, None], axis=1)[:, 0]
            picked = ops.where((self.labels >= begin) & (self.labels < end), own, picked)
        return highest + ops.log(total), picked, logits if len(self.stretches) == 1 else None

    def gradients(self, states, embeddings, bias, normalizers, upstream, logits=None):
        """Returns the gradients with respect to states, embeddings and bias.

        Args:
            states: (positions, width).
            embeddings: (vocab_size, width).
            bias: (vocab_size,).
            normalizers: (positions,), from `normalizers`.
            upstream: what the loss is multiplied with, a float32 scalar.
            logits: (positions, vocab_size), or None to compute them again.
        """
        factors = upstream * self.weights
        # They are shares of a mean, too small for float16: there, their scale stays outside the products.
        scale = ops.maximum(ops.max(ops.abs(factors)), 1e-30) if self.compute_dtype == "float16" else None
        shares = factors if scale is None else factors / scale
        weighted = ops.cast(shares[:, None] * ops.cast(states, "float32"), self.compute_dtype)
        inputs, known = ops.cast(states, self.compute_dtype), logits
        of_states = ops.zeros_like(states, dtype="float32")
        of_embeddings, of_bias = RowStretches(self.table_shape, embeddings.dtype, self.with_xla), []
        for begin, end in self.stretches:
            rows = once_known(embeddings[begin:end], of_states, *of_bias[-1:], of_embeddings.table)
            logits = self._logits(inputs, rows, bias[begin:end]) if known is None else known
            own = ops.one_hot(self.labels - begin, end - begin, dtype="float32")  # of other stretches: zeros
            errors = ops.exp(logits - normalizers[:, None]) - own
            of_bias.append(ops.matmul(factors, errors))
            errors = ops.cast(errors, self.compute_dtype)
            of_states += ops.cast(ops.matmul(errors, ops.cast(rows, self.compute_dtype)), "float32")
            of_rows = ops.cast(ops.einsum("tv,to->vo", errors, weighted), "float32")
            of_embeddings.append(ops.cast(of_rows if scale is None else scale * of_rows, embeddings.dtype))
        return (
            ops.cast(factors[:, None] * of_states, states.dtype),
            of_embeddings.tensor(),
            ops.cast(ops.concatenate(of_bias), bias.dtype),
        )

    def _logits(self, states, rows, bias):
        logits = ops.einsum("to,vo->tv", states, ops.cast(rows, self.compute_dtype))
        return ops.cast(logits, "float32") + ops.cast(bias, "float32")


def _stretches(positions, vocab_size, width):
    """Returns (begin, end) of each part of the vocabulary, as few as the limits above allow.

    They do not follow from how many positions a batch really has, which a graph may not know: a long one has larger
    logits then, of at most `vocab_size / MOST_STRETCHES` entries a position, little beside what a block keeps of it.
    """
    size = max(1, STRETCH_ENTRIES // ((positions or USUAL_POSITIONS) + width), -(-vocab_size // MOST_STRETCHES))
    bounds = [*range(0, vocab_size, size), vocab_size]
    return list(itertools.pairwise(bounds))
