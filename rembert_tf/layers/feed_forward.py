"""The position-wise feed-forward half of an encoder block."""

import keras

from rembert_tf.layers.activations import ACTIVATION_FUNCTIONS, LEAN_ACTIVATION_FUNCTIONS
from rembert_tf.layers.dropout import Dropout
from rembert_tf.layers.initializers import new_weight


class FeedForward(keras.layers.Layer):
    """LayerNorm(x + Dense(activation(Dense(x)))) on `(tokens, hidden_size)`.

    Args:
        config: a RemBertConfig.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        policy = self.dtype_policy
        self.intermediate_dense = keras.layers.Dense(
            config.intermediate_size, kernel_initializer=new_weight(config), dtype=policy, name="intermediate_dense"
        )
        self.output_dense = keras.layers.Dense(
            config.hidden_size, kernel_initializer=new_weight(config), dtype=policy, name="output_dense"
        )
        self.layer_norm = keras.layers.LayerNormalization(
            epsilon=config.layer_norm_eps, dtype=policy, name="layer_norm"
        )
        self.dropout = Dropout(config.hidden_dropout_prob, dtype=policy, name="dropout")

    def build(self, input_shape=None):
        self.intermediate_dense.build((None, self.config.hidden_size))
        self.output_dense.build((None, self.config.intermediate_size))
        self.layer_norm.build((None, self.config.hidden_size))
        self.built = True

    def call(self, hidden, training=False, seed=None):
        """`(tokens, hidden_size)` -> `(tokens, hidden_size)`; `seed` is a dropout seed drawn beforehand, or None."""
        # The activation follows its matmul at once, on two dimensions: the pattern that CPU kernels fuse.
        functions = LEAN_ACTIVATION_FUNCTIONS if training else ACTIVATION_FUNCTIONS
        inner = functions[self.config.hidden_act](self.intermediate_dense(hidden))
        return self.layer_norm(self.dropout(self.output_dense(inner), training=training, seed=seed) + hidden)
