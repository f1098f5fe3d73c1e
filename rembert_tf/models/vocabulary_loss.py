"""Cross-entropy over a large vocabulary without forming all its logits at once.

Logits of 250,300 pieces take 1 MB a position in float32. Here they exist for one chunk of positions at a
time; the gradients are computed beside the loss, while a chunk's logits are there, so that the backward pass
has nothing to compute again.
"""

from keras import ops

CHUNK_LOGITS = 2**26  # logits that exist at a time: 268 MB in float32


def vocabulary_loss(states, labels, weights, embeddings, bias, with_gradients, compute_dtype):
    """Returns the weighted sum of cross-entropies, a float32 scalar.

    Args:
        states: (positions, width).
        labels: (positions,) integers from 0 to vocab_size - 1.
        weights: (positions,) float32; 0 leaves a position out.
        embeddings: (vocab_size, width), the output embedding.
        bias: (vocab_size,).
        with_gradients: whether the loss will be differentiated with respect to states, embeddings and bias.
        compute_dtype: of the matrix products; everything else is float32.
    """
    chunks = _Chunks(labels, weights, embeddings.shape[0], compute_dtype)
    if not with_gradients:
        return chunks.loss(states, embeddings, bias)

    @ops.custom_gradient
    def loss_with_gradients(states, embeddings, bias):
        dtypes = states.dtype, embeddings.dtype, bias.dtype
        loss, gradients = chunks.loss_and_gradients(states, embeddings, bias)

        def scale(*arguments, upstream=None):
            # In float32: a loss scale of mixed_float16 need not fit into float16, and is there for small gradients.
            upstream = ops.cast(arguments[0] if upstream is None else upstream, "float32")
            return tuple(ops.cast(upstream * own, dtype) for own, dtype in zip(gradients, dtypes, strict=True))

        return loss, scale

    # Without a graph these may be TensorFlow's variables, which a function with gradients of its own cannot take.
    # This reads them, and copies nothing.
    embeddings, bias = (ops.reshape(table, table.shape) for table in (embeddings, bias))
    return loss_with_gradients(states, embeddings, bias)


class _Chunks:
    """The positions of a batch, a chunk at a time."""

    def __init__(self, labels, weights, vocab_size, compute_dtype):
        self.positions, self.vocab_size, self.compute_dtype = ops.shape(labels)[0], vocab_size, compute_dtype
        most = max(1, CHUNK_LOGITS // vocab_size)
        if isinstance(self.positions, int):
            self.size = max(1, min(most, self.positions))
        else:
            self.size = ops.clip(self.positions, 1, most)
        self.count = (self.positions + self.size - 1) // self.size
        self.labels, self.weights = self._split(labels), self._split(weights)

    def _split(self, x):
        """(positions, ...) -> (chunks, chunk size, ...), the last chunk filled with zeros."""
        missing = self.count * self.size - self.positions
        padded = ops.concatenate([x, ops.zeros((missing, *x.shape[1:]), x.dtype)])
        return ops.reshape(padded, (self.count, self.size, *x.shape[1:]))

    def _probabilities(self, index, chunk_states, embeddings, bias):
        """Returns a chunk's probabilities (size, vocab_size) and its loss."""
        logits = ops.cast(ops.einsum("to,vo->tv", chunk_states, embeddings), "float32") + bias
        normalizers = ops.logsumexp(logits, axis=-1)
        picked = ops.take_along_axis(logits, self.labels[index][:, None], axis=1)[:, 0]
        loss = ops.sum(self.weights[index] * (normalizers - picked))
        return ops.exp(logits - normalizers[:, None]), loss

    def _prepare(self, states, embeddings, bias):
        states = self._split(ops.cast(states, self.compute_dtype))
        return states, ops.cast(embeddings, self.compute_dtype), ops.cast(bias, "float32")

    def loss(self, states, embeddings, bias):
        states, embeddings, bias = self._prepare(states, embeddings, bias)

        def step(index, total):
            return index + 1, total + self._probabilities(index, states[index], embeddings, bias)[1]

        return self._loop(step, ops.zeros((), "float32"))[0]

    def loss_and_gradients(self, states, embeddings, bias):
        width = states.shape[-1]
        states, embeddings, bias = self._prepare(states, embeddings, bias)
        # Weights are shares of a mean, too small for float16: their scale stays outside the products.
        largest = ops.maximum(ops.max(ops.abs(self.weights)), 1e-30)

        def step(index, total, of_states, of_embeddings, of_bias):
            probabilities, loss = self._probabilities(index, states[index], embeddings, bias)
            is_label = ops.equal(ops.arange(self.vocab_size, dtype=self.labels.dtype), self.labels[index][:, None])
            error = (self.weights[index] / largest)[:, None] * (probabilities - ops.cast(is_label, "float32"))
            rounded = ops.cast(error, self.compute_dtype)
            own = ops.cast(ops.matmul(rounded, embeddings), "float32")
            of_states = ops.slice_update(of_states, (index, 0, 0), own[None])
            of_embeddings += ops.cast(ops.einsum("tv,to->vo", rounded, states[index]), "float32")
            return index + 1, total + loss, of_states, of_embeddings, of_bias + ops.sum(error, axis=0)

        total, of_states, of_embeddings, of_bias = self._loop(
            step,
            ops.zeros((), "float32"),
            ops.zeros((self.count, self.size, width), "float32"),
            ops.zeros((self.vocab_size, width), "float32"),
            ops.zeros((self.vocab_size,), "float32"),
        )
        of_states = ops.reshape(of_states, (-1, width))[: self.positions]
        return total, [largest * gradient for gradient in (of_states, of_embeddings, of_bias)]

    def _loop(self, step, *start):
        if isinstance(self.count, int) and self.count == 1:
            return step(0, *start)[1:]
        end = ops.cast(self.count, "int32")
        return ops.while_loop(lambda index, *rest: index < end, step, (ops.zeros((), "int32"), *start))[1:]
