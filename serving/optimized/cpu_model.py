"""The twin of a model for optimized exports, and in which number type it is made."""

from rembert_tf.errors import InputError
from rembert_tf.layers.lora import encoder_of
from rembert_tf.serving.optimized.cpu_encoder import CpuEncoder
from rembert_tf.serving.optimized.onednn_operations import require_onednn
from rembert_tf.serving.optimized.processor import computes_bfloat16
from rembert_tf.serving.precision import COMPUTED, twin_of


def cpu_dtype(dtype):
    """Returns the number type of an optimized export.

    Args:
        dtype: "float32", "bfloat16", or None for the faster one on this machine.

    Raises:
        InputError: there is no such type, or it cannot be optimized.
    """
    if dtype is None:
        return "bfloat16" if computes_bfloat16() else "float32"
    if dtype not in COMPUTED:
        raise InputError(f"dtype must be {' or '.join(COMPUTED)} with optimize='cpu', or None, not {dtype!r}.")
    return dtype


def cpu_model(model, dtype, lean=False):
    """Returns a twin of a model whose encoder runs in oneDNN operations; the model itself is left alone.

    Args:
        model: of the family.
        dtype: of the twin, see `cpu_dtype`.
        lean: whether to keep no second copies of weights in memory.

    Raises:
        InputError: this TensorFlow has no such operations.
    """
    require_onednn()
    twin = twin_of(model, dtype)
    encoder = encoder_of(twin)
    # In float32 re-ordered copies were measured to be slower than what they save.
    encoder.encoder_substitute = CpuEncoder(encoder.encoder, keep_kernels=dtype == "bfloat16" and not lean)
    return twin
