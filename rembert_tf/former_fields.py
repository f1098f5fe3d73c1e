"""What a configuration answers to arguments and assignments that transformers allowed."""

import dataclasses
import functools

from rembert_tf.former_arguments import FORMER_ARGUMENTS, FORMER_FIELDS, refuse_arguments


def unchangeable(made):
    """Gives a frozen dataclass errors that say what to write; for everything else it stays the same.

    Args:
        made: the class.

    Returns:
        The class itself.
    """
    fields = {field.name for field in dataclasses.fields(made)}
    initialise = made.__init__

    @functools.wraps(initialise)
    def __init__(self, *values, **named):
        if not named.keys() <= fields:
            refuse_arguments(made.__name__, named.keys() - fields, fields, {**FORMER_ARGUMENTS, **FORMER_FIELDS})
        initialise(self, *values, **named)

    def __setattr__(self, name, value):
        raise dataclasses.FrozenInstanceError(
            f"a {made.__name__} does not change: config = config.replace({name}=...), before the model is made."
        )

    made.__init__, made.__setattr__ = __init__, __setattr__
    return made
