"""A model as one function from named integers to named floats: what every portable file computes."""

import math

import keras
import tensorflow as tf

from rembert_tf.errors import InputError

INTEGER_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
ENCODER_STATES, ENCODER_MASK = "encoder_hidden_states", "encoder_attention_mask"
BATCH, CHOICES, LENGTH, ENCODER_LENGTH = "batch", "choices", "length", "encoder_length"
MULTIPLE_CHOICE = "RemBertForMultipleChoice"
ENCODER = "RemBertModel"


class PortableGraph:
    """The forward pass of a model, without text, dropout, loss, cache or generation.

    Attributes:
        inputs: {name: (TensorFlow dtype, shape)}; a shape holds sizes, and the names of axes that stay open.

    Args:
        model: of the family, computing in float32.
        integers: TensorFlow dtype of ids, masks and token types.
        batch_size: rows of every batch; None leaves the axis open.
        length: positions of every row; None leaves the axis open.
        hidden_states: whether a RemBertModel also returns the states of all its layers.
        attentions: whether a RemBertModel also returns its attention probabilities.

    Raises:
        InputError: a size is impossible, or the head does not have what was asked for.
    """

    def __init__(self, model, integers, batch_size=None, length=None, hidden_states=False, attentions=False):
        self.model = model
        self._views = {"output_hidden_states": hidden_states, "output_attentions": attentions}
        if any(self._views.values()) and type(model).__name__ != ENCODER:
            raise InputError(
                f"hidden states and attentions are outputs of a {ENCODER}, not of a {type(model).__name__}: "
                f"export its encoder, with architecture {ENCODER}."
            )
        _check_size("batch_size", batch_size, math.inf)
        _check_size("max_length", length, model.config.max_position_embeddings)
        choices = (CHOICES,) if type(model).__name__ == MULTIPLE_CHOICE else ()
        self.axes = (batch_size or BATCH, *choices, length or LENGTH)
        self.inputs = {name: (integers, self.axes) for name in INTEGER_INPUTS}
        if model.config.add_cross_attention:
            states = (self.axes[0], ENCODER_LENGTH)
            self.inputs[ENCODER_STATES] = (tf.float32, (*states, model.config.hidden_size))
            self.inputs[ENCODER_MASK] = (integers, states)

    def __call__(self, tensors):
        """Returns {output name: tensor} for {input name: tensor}."""
        asked = self._views if type(self.model).__name__ == ENCODER else {}
        outputs = self.model(tensors, training=False, **asked)
        if not isinstance(outputs, dict):
            return {"logits": outputs}
        named = {}
        for name, value in outputs.items():
            each = {f"{name}.{index}": layer for index, layer in enumerate(value)} if isinstance(value, tuple) else {}
            named.update(each or {name: value})
        return named

    def specs(self):
        """Returns a TensorSpec of each input; open axes have no size."""
        return [
            tf.TensorSpec([None if isinstance(size, str) else size for size in shape], dtype, name=name)
            for name, (dtype, shape) in self.inputs.items()
        ]

    def outputs(self, function):
        """Returns {output name: shape}, with the names of open axes, as in `inputs`.

        Args:
            function: a concrete function of this graph.
        """
        return {name: self._named(name, output.shape) for name, output in function.structured_outputs.items()}

    def _named(self, name, shape):
        names = [size for size in self.axes if isinstance(size, str)]
        if name.startswith("cross_attentions"):
            names.append(ENCODER_LENGTH)
        # The last one again where there are more: attention goes from each position to each.
        names += [names[-1] if names else LENGTH] * len(shape)
        open_axes = iter(names)
        return tuple(next(open_axes) if size is None else size for size in shape)


def with_weights(variables, tensors):
    """Returns a context in which Keras variables have the values of these tensors.

    Args:
        variables: of a built model.
        tensors: one for each, of its shape.
    """
    return keras.StatelessScope(state_mapping=list(zip(variables, tensors, strict=True)))


def _check_size(name, size, limit):
    if size is None:
        return
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= limit:
        most = f" of at most {limit}, the model's positions" if limit < math.inf else ""
        raise InputError(f"{name} must be a positive integer{most}, or None, not {size!r}.")
