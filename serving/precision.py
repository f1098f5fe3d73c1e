"""The number types that a model can be exported in, and the machines that an export can be optimized for."""

from rembert_tf.errors import InputError

INT8 = "int8"
COMPUTED = ("float32", "bfloat16")
DTYPES = (*COMPUTED, INT8)
# The second keeps no copies of weights that the processor would read faster.
CPU, CPU_LEAN = "cpu", "cpu-lean"
OPTIMIZED = (CPU, CPU_LEAN)


def with_dtype(model, dtype):
    """Returns the model itself, or its twin that computes in another type.

    Args:
        model: of the family.
        dtype: "float32", "bfloat16", or "int8" and None, which leave the computation as it is.

    Raises:
        InputError: `dtype` is none of these.
    """
    if dtype not in (None, *DTYPES):
        raise InputError(f"dtype must be one of {', '.join(DTYPES)}, or None for the model's own, not {dtype!r}.")
    if dtype not in COMPUTED or model.dtype_policy.name == dtype:
        return model
    return twin_of(model, dtype)


def twin_of(model, dtype):
    """Returns another model with the same weights, adapters included.

    Args:
        model: of the family.
        dtype: that the twin computes in, one of `COMPUTED`.
    """
    twin = type(model).from_config({**model.get_config(), "dtype": dtype})
    for mine, theirs in zip(twin.variables, model.variables, strict=True):
        mine.assign(theirs.value)
    return twin
