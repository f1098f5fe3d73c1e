"""How far a student's outputs are from its teacher's: Kullback-Leibler divergences, and distances of numbers.

A divergence is taken at a temperature and times its square, so that its gradients do not shrink with it (Hinton et
al., 2015).
"""

from keras import ops


def class_divergences(teacher_logits, logits, temperature):
    """Returns KL(teacher || student) of distributions over classes, (...), float32.

    Args:
        teacher_logits: (..., classes).
        logits: (..., classes), the student's.
        temperature: both logits are divided by it; the result is times its square.
    """
    wanted, own = (ops.log_softmax(ops.cast(x, "float32") / temperature) for x in (teacher_logits, logits))
    return temperature**2 * ops.sum(ops.exp(wanted) * (wanted - own), axis=-1)


def label_divergences(teacher_logits, logits, temperature):
    """Returns the mean KL(teacher || student) of independent labels, each there or not, (batch,), float32.

    Args:
        teacher_logits: (batch, labels).
        logits: (batch, labels), the student's.
        temperature: as of `class_divergences`.
    """
    wanted, own = (ops.cast(x, "float32") / temperature for x in (teacher_logits, logits))
    there = ops.sigmoid(wanted) * (ops.log_sigmoid(wanted) - ops.log_sigmoid(own))
    absent = ops.sigmoid(-wanted) * (ops.log_sigmoid(-wanted) - ops.log_sigmoid(-own))
    return temperature**2 * ops.mean(there + absent, axis=-1)


def squared_differences(teacher_values, values):
    """Returns the mean squared difference of numbers (batch, numbers), (batch,), float32."""
    difference = ops.cast(teacher_values, "float32") - ops.cast(values, "float32")
    return ops.mean(ops.square(difference), axis=-1)
