"""What is said to arguments that were meant for a class of transformers, or are slips."""

import keras

from rembert_tf.config import FIELDS
from rembert_tf.errors import InputError
from rembert_tf.former_arguments import refuse_arguments
from rembert_tf.models.inputs import DECODER_INPUTS, MASKED_POSITIONS


def check_call(model_class, values, keywords):
    """Raises the error for what a model's call cannot be given.

    Args:
        model_class: a class of models.
        values: what stands behind the inputs.
        keywords: {argument: value}.

    Raises:
        InputError: inputs are keywords or several values, or transformers took an argument.
        TypeError: nobody took it.
    """
    if any(value is not None for value in values):
        raise InputError(
            f"{model_class.__name__} takes its inputs in one dictionary, and the rest as keywords: "
            f"model({{'input_ids': ...}}, training=True)."
        )
    names = keywords.keys() - set(model_class.CALL_ARGUMENTS)
    if names:
        refuse_inputs(model_class.__name__, "model", names & {*DECODER_INPUTS, MASKED_POSITIONS})
        refuse_arguments(model_class.__name__, names, model_class.CALL_ARGUMENTS)


def refuse_inputs(taker, call, names):
    """Raises an InputError for inputs that were given as keywords, if there are any.

    Args:
        taker: of the call, as the message begins.
        call: how it is written.
        names: set of the inputs.
    """
    if names:
        raise InputError(
            f"{taker} takes its inputs in one dictionary, not as keywords: "
            f"{call}({{{', '.join(f'{name!r}: ...' for name in sorted(names))}}})."
        )


def check_constructor(model_class, arguments):
    """Raises the error for what a model cannot be made with, beside its configuration.

    Args:
        model_class: a class of models.
        arguments: {argument: value}.

    Raises:
        InputError: a field of the configuration, an argument of transformers, or a dtype that is none.
        TypeError: nobody takes an argument.
    """
    if not _is_policy(arguments.get("dtype")):
        raise InputError(
            f'dtype must be a floating dtype policy of Keras, such as "bfloat16" or "mixed_bfloat16", '
            f"not {arguments['dtype']!r}; left out, it is Keras' own, mostly float32."
        )
    name, others = model_class.__name__, arguments.keys() - set(model_class.CONSTRUCTOR_ARGUMENTS)
    fields = sorted(others & FIELDS)
    if fields:
        changes = ", ".join(f"{field}=..." for field in fields)
        raise InputError(
            f"{name} does not take {', '.join(fields)}, which the configuration has: {name}(config.replace({changes}))."
        )
    if others:
        refuse_arguments(name, others, model_class.CONSTRUCTOR_ARGUMENTS)


def _is_policy(dtype):
    try:
        policy = keras.dtype_policies.get(dtype)
    except (TypeError, ValueError):
        return False
    return isinstance(policy, keras.dtype_policies.DTypePolicyMap) or "float" in policy.compute_dtype
