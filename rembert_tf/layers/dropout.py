"""Dropout that can be repeated exactly."""

import keras


class Dropout(keras.layers.Dropout):
    """Keras' dropout, which also takes a seed drawn beforehand.

    A block whose activations are recomputed in the backward pass runs twice, and must drop the same entries
    both times: it gets its seeds from outside.
    """

    def draw_seed(self):
        """Returns a seed for one `call`, or None where nothing is ever dropped."""
        return self.seed_generator.next() if self.rate > 0 else None

    def call(self, inputs, training=False, seed=None):
        """Drops entries in training.

        Args:
            inputs: tensor of any shape.
            training: whether dropout is active.
            seed: a tensor from `draw_seed`, or None to draw one now.
        """
        if seed is None:
            return super().call(inputs, training=training)
        if not training or self.rate == 0:
            return inputs
        return keras.random.dropout(inputs, self.rate, self.noise_shape, seed=_DrawnSeed(seed))


class _DrawnSeed(keras.random.SeedGenerator):
    """A generator that always returns the one seed it was given: Keras' functions take nothing but generators."""

    def __init__(self, seed):
        # Not super().__init__: that makes a variable, and there is no state here.
        self.seed = seed

    def next(self, ordered=True):
        return self.seed
