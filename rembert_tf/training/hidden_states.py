"""What a student learns from the hidden states of its teacher: which are compared, and how far they are apart."""

import threading

import keras
from keras import ops

from rembert_tf.layers.initializers import new_weight
from rembert_tf.layers.unlocked import unlocked
from rembert_tf.training.distillation_settings import LAST, NONE


class RecordedEncoder:
    """Stands in for a model's encoder and keeps what it computed last.

    A head returns logits alone, whatever it is; so its hidden states are taken where they pass.

    Args:
        encoder: an Encoder.
    """

    def __init__(self, encoder):
        self.encoder = encoder
        # Replicas are threads that take turns.
        self._of_thread = threading.local()

    @property
    def hidden_states(self):
        """What this thread's last call gave, layers + 1 tensors (tokens, width)."""
        return self._of_thread.hidden_states

    def __call__(self, embeddings, **arguments):
        output = self.encoder(embeddings, **arguments)
        self._of_thread.hidden_states = output.hidden_states
        return output


def record(model):
    """Returns the RecordedEncoder that now stands in for a task model's encoder."""
    model.rembert.encoder_substitute = RecordedEncoder(model.rembert.encoder)
    return model.rembert.encoder_substitute


def spread_blocks(wanted, there):
    """Returns `wanted` of the block numbers 0 to `there` - 1, evenly spread, the last one among them.

    Args:
        wanted: how many; more than there are repeats some.
        there: blocks of the model they are taken from.
    """
    return [-(-(number + 1) * there // wanted) - 1 for number in range(wanted)]


def compared_states(kind, layers, teacher_layers):
    """Returns pairs of indices into the student's and the teacher's hidden states, whose first is no block's.

    Args:
        kind: "last", or "layers": every block of the student with one of the teacher's, evenly spread.
        layers: blocks of the student.
        teacher_layers: blocks of the teacher.
    """
    if kind == NONE:
        return []
    pairs = list(zip(range(1, layers + 1), (block + 1 for block in spread_blocks(layers, teacher_layers)), strict=True))
    return pairs[-1:] if kind == LAST else pairs


def add_projections(student, width, count):
    """Gives a student `hidden_projections` into its teacher's width, which are trained with it and never saved.

    Args:
        student: a task model.
        width: the teacher's hidden width.
        count: how many.
    """
    with unlocked(student):
        student.hidden_projections = [
            keras.layers.Dense(
                width, use_bias=False, kernel_initializer=new_weight(student.config), name=f"hidden_projection_{number}"
            )
            for number in range(count)
        ]
    for projection in student.hidden_projections:
        projection.build((None, student.config.hidden_size))


def state_distances(teacher_states, states, projection=None):
    """Returns how far hidden states are apart, (tokens,), float32.

    Args:
        teacher_states: (tokens, teacher's width).
        states: (tokens, width), the student's.
        projection: layer from width to the teacher's, whose mean squared difference is taken; None, for equal widths,
            takes 1 - cosine.
    """
    wanted = ops.cast(teacher_states, "float32")
    if projection is not None:
        return ops.mean(ops.square(ops.cast(projection(states), "float32") - wanted), axis=-1)
    wanted, own = (ops.normalize(x, axis=-1, epsilon=1e-12) for x in (wanted, ops.cast(states, "float32")))
    return 1.0 - ops.sum(wanted * own, axis=-1)
