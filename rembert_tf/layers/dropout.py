"""Dropout that can be repeated exactly."""

import keras
from keras import ops

from rembert_tf.replicas import replica_count, replica_number

# An odd number: multiples of it tell replicas apart, and are far from the small steps between seeds.
BETWEEN_REPLICAS = 0x9E3779B9


class Dropout(keras.layers.Dropout):
    """Keras' dropout, which also takes a seed drawn beforehand.

    A block whose activations are recomputed in the backward pass runs twice, and must drop the same entries
    both times: it gets its seeds from outside.
    """

    def draw_seed(self):
        """Returns a seed for one `call`, or None where nothing is ever dropped."""
        if self.rate == 0:
            return None
        seed = self.seed_generator.next()
        # Replicas draw the same seed: without this they would drop the same entries of different rows.
        return seed if replica_count() == 1 else seed + ops.cast(replica_number(), seed.dtype) * BETWEEN_REPLICAS

    def call(self, inputs, training=False, seed=None):
        """Drops entries in training.

        Args:
            inputs: tensor of any shape.
            training: whether dropout is active.
            seed: a tensor from `draw_seed`, or None to draw one now.
        """
        if not training or self.rate == 0:
            return inputs
        seed = self.draw_seed() if seed is None else seed
        return keras.random.dropout(inputs, self.rate, self.noise_shape, seed=_DrawnSeed(seed))


class _DrawnSeed(keras.random.SeedGenerator):
    """A generator that always returns the one seed it was given: Keras' functions take nothing but generators."""

    def __init__(self, seed):
        # Not super().__init__: that makes a variable, and there is no state here.
        self.seed = seed

    def next(self, ordered=True):
        return self.seed
