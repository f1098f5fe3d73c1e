"""LoRA: a trainable low-rank addition to a frozen projection (Hu et al., 2021)."""

import keras
from keras import ops


class LowRankAdapter(keras.layers.Layer):
    """Adds `alpha / rank * x A B` to a projection into heads.

    B starts at zero, so that an adapter changes nothing until it is trained.

    Args:
        rank: width between the two factors.
        alpha: scale of the addition, relative to the rank.
        width: of the input.
        output_shape: of the projection's output, (heads, head_size).
    """

    def __init__(self, rank, alpha, width, output_shape, **kwargs):
        super().__init__(**kwargs)
        self.rank, self.alpha, self.width, self.outputs = rank, alpha, width, tuple(output_shape)

    def build(self, input_shape=None):
        # A has the shape that the reference's libraries give it: uniform, as of a Dense layer.
        self.down = self.add_weight((self.width, self.rank), initializer="he_uniform", name="lora_a")
        self.up = self.add_weight((self.rank, *self.outputs), initializer="zeros", name="lora_b")
        self.built = True

    def call(self, x):
        """(tokens, width) -> (tokens, heads, head_size)."""
        low = ops.matmul(x, self.down)
        return ops.einsum("tr,rnd->tnd", low, self.up) * ops.cast(self.alpha / self.rank, low.dtype)

    def merged(self):
        """Returns the addition as a kernel (width, heads, head_size), a NumPy array."""
        down, up = self.down.numpy(), self.up.numpy()
        return self.alpha / self.rank * (down @ up.reshape(self.rank, -1)).reshape(self.width, *self.outputs)
