"""KL(teacher || student) over a large vocabulary without forming all logits of both models at once.

Both models' logits exist for one chunk of positions at a time; the gradients are computed beside the divergence, while
a chunk's logits are there. Nothing is left out: the teacher's likeliest pieces alone would save no time, since all of
its logits are needed to find them, and all of the student's for what the others share.
"""

from keras import ops

CHUNK_LOGITS = 2**26  # logits that exist at a time, both models' together: 268 MB in float32


def vocabulary_divergence(teacher, states, table, bias, weights, temperature, compute_dtype):
    """Returns the weighted sum of divergences, a float32 scalar; see `class_divergences`.

    Args:
        teacher: (states (positions, width), table (vocab_size, width), bias (vocab_size,)); nothing is learned there.
        states: (positions, width), the student's.
        table: (vocab_size, width), the student's output embedding.
        bias: (vocab_size,), the student's.
        weights: (positions,) float32; 0 leaves a position out.
        temperature: both logits are divided by it; the result is times its square.
        compute_dtype: of the student's matrix products.
    """
    chunks = _Chunks(teacher, weights, table.shape[0], temperature, compute_dtype)

    @ops.custom_gradient
    def divergence(states, table, bias):
        dtypes = states.dtype, table.dtype, bias.dtype
        total, gradients = chunks.total_and_gradients(states, table, bias)

        def scale(*arguments, upstream=None):
            # In float32: a loss scale of mixed_float16 need not fit into float16, and is there for small gradients.
            upstream = ops.cast(arguments[0] if upstream is None else upstream, "float32")
            return tuple(ops.cast(upstream * own, dtype) for own, dtype in zip(gradients, dtypes, strict=True))

        return total, scale

    # Without a graph these may be TensorFlow's variables, which a function with gradients of its own cannot take.
    table, bias = (ops.reshape(tensor, tensor.shape) for tensor in (table, bias))
    return divergence(states, table, bias)


class _Chunks:
    """The positions of a batch, a chunk at a time."""

    def __init__(self, teacher, weights, vocab_size, temperature, compute_dtype):
        self.positions, self.vocab_size = ops.shape(weights)[0], vocab_size
        self.temperature, self.compute_dtype = temperature, compute_dtype
        most = max(1, CHUNK_LOGITS // (2 * vocab_size))
        if isinstance(self.positions, int):
            self.size = max(1, min(most, self.positions))
        else:
            self.size = ops.clip(self.positions, 1, most)
        self.count = (self.positions + self.size - 1) // self.size
        self.weights = self._split(weights)
        states, table, bias = (ops.stop_gradient(tensor) for tensor in teacher)
        self.states, self.table = self._split(states), ops.cast(table, states.dtype)
        self.bias = ops.cast(bias, "float32")

    def _split(self, x):
        """(positions, ...) -> (chunks, chunk size, ...), the last chunk filled with zeros."""
        missing = self.count * self.size - self.positions
        padded = ops.concatenate([x, ops.zeros((missing, *x.shape[1:]), x.dtype)])
        return ops.reshape(padded, (self.count, self.size, *x.shape[1:]))

    def _losses_and_errors(self, index, states, table, bias):
        """Returns a chunk's divergences (size,) and their derivatives by the student's logits (size, vocab_size)."""
        wanted = _log_shares(self.states[index], self.table, self.bias, self.temperature)
        own = _log_shares(states, table, bias, self.temperature)
        probabilities = ops.exp(wanted)
        losses = self.temperature**2 * ops.sum(probabilities * (wanted - own), axis=-1)
        return losses, self.temperature * (ops.exp(own) - probabilities)

    def total_and_gradients(self, states, table, bias):
        width, states = states.shape[-1], self._split(ops.cast(states, self.compute_dtype))
        table, bias = ops.cast(table, self.compute_dtype), ops.cast(bias, "float32")
        # Weights are shares of a mean, too small for float16: their scale stays outside the products.
        largest = ops.maximum(ops.max(ops.abs(self.weights)), 1e-30)

        def step(index, total, of_states, of_table, of_bias):
            losses, errors = self._losses_and_errors(index, states[index], table, bias)
            weights = self.weights[index]
            errors = (weights / largest)[:, None] * errors
            rounded = ops.cast(errors, self.compute_dtype)
            own = ops.cast(ops.matmul(rounded, table), "float32")
            of_states = ops.slice_update(of_states, (index, 0, 0), own[None])
            of_table += ops.cast(ops.einsum("tv,to->vo", rounded, states[index]), "float32")
            return index + 1, total + ops.sum(weights * losses), of_states, of_table, of_bias + ops.sum(errors, axis=0)

        total, of_states, of_table, of_bias = self._loop(
            step,
            ops.zeros((), "float32"),
            ops.zeros((self.count, self.size, width), "float32"),
            ops.zeros((self.vocab_size, width), "float32"),
            ops.zeros((self.vocab_size,), "float32"),
        )
        of_states = ops.reshape(of_states, (-1, width))[: self.positions]
        return total, [largest * gradient for gradient in (of_states, of_table, of_bias)]

    def _loop(self, step, *start):
        if isinstance(self.count, int) and self.count == 1:
            return step(0, *start)[1:]
        end = ops.cast(self.count, "int32")
        return ops.while_loop(lambda index, *rest: index < end, step, (ops.zeros((), "int32"), *start))[1:]


def _log_shares(states, table, bias, temperature):
    """Returns the logarithms of a chunk's probabilities at the temperature, (size, vocab_size) float32."""
    logits = ops.cast(ops.einsum("to,vo->tv", states, table), "float32") + bias
    return ops.log_softmax(logits / temperature)
