"""How an exported model holds its weights: as they are, or as 8-bit integers."""

import contextlib

import keras
import tensorflow as tf

from rembert_tf.serving.precision import INT8

# A row of a table is looked up, not multiplied: turning the whole table back would cost more than it saves.
TABLES = "embeddings"


class StoredWeights(tf.Module):
    """A model's weights as the variables of a SavedModel, each once.

    Args:
        model: a built Keras model.
        weight_type: "int8" stores matrices as integers with a scale a column (symmetric, the largest entry is
            127) and multiplies them back at every call; anything else stores each weight as the model has it.
    """

    def __init__(self, model, weight_type):
        super().__init__(name="weights")
        self.weights, replaced = [], []
        for variable in model.weights:  # not the state of dropout, which no answer needs
            if weight_type == INT8 and _is_matrix(variable):
                replaced.append((variable, quantized(variable.value)))
                self.weights += replaced[-1][1]
            else:
                self.weights.append(variable.value)
        # Inside a function, where TensorFlow does not look for variables to save: the whole matrices stay out.
        self._replaced = lambda: replaced

    def in_place(self):
        """Returns a context in which the model computes with the stored weights."""
        if not self._replaced():
            return contextlib.nullcontext()
        restored = [
            (variable, tf.cast(integers, scale.dtype) * scale) for variable, (integers, scale) in self._replaced()
        ]
        return keras.StatelessScope(state_mapping=restored)


def _is_matrix(variable):
    return len(variable.shape) >= 2 and TABLES not in variable.path


def quantized(matrix):
    """Returns a matrix as (int8 variable of its shape, float scale variable of shape (1, ...)).

    Args:
        matrix: a float tensor (inputs, ...) of rank 2 or more.
    """
    matrix = tf.convert_to_tensor(matrix)
    largest = tf.reduce_max(tf.abs(matrix), axis=0, keepdims=True)
    scale = tf.where(largest > 0, largest / 127, tf.ones_like(largest))
    return [
        tf.Variable(tf.cast(tf.round(matrix / scale), tf.int8), trainable=False, name="integers"),
        tf.Variable(scale, trainable=False, name="scale"),
    ]
