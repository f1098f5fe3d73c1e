"""Operations of TensorFlow's oneDNN build that no public function makes, one function each.

TensorFlow itself puts them into graphs that it rewrites, where it recognises a pattern. Made by name they are there
whatever the pattern; and a matmul can be told that its weight never changes, even if it is read from a variable.
All work inside a graph alone, on float32 or bfloat16, and take no tokens too.
"""

import tensorflow as tf

from rembert_tf.errors import InputError

# What the operations can put behind matmul and bias, by the name that a configuration's `hidden_act` has for it.
FUSED_ACTIVATIONS = {"gelu": "GeluExact", "gelu_new": "GeluApproximate", "gelu_pytorch_tanh": "GeluApproximate"}
OPERATIONS = ("_MklNativeFusedMatMul", "_MklFusedBatchMatMulV2", "_MklSoftmax", "_MklLayerNorm")
# These have their kernels under a label: without it no kernel is found.
_KERNEL_LABELS = dict.fromkeys(("_MklNativeFusedMatMul", "_MklSoftmax"), "MklNameChangeOp")
_NOT_USED = {"epsilon": 0.0, "leakyrelu_alpha": 0.2}  # of functions that are not asked for here; they have no defaults


def require_onednn():
    """Raises an InputError where this TensorFlow has no such operations."""
    from tensorflow.python.framework import op_def_registry

    missing = [name for name in OPERATIONS if op_def_registry.get(name) is None]
    if missing:
        raise InputError(
            f"optimize='cpu' needs TensorFlow's build for x86-64 processors, with oneDNN; this one has no {missing[0]}."
        )


def dense(x, kernel, bias, activation=None, residual=None, keep_kernel=False):
    """Returns activation(x kernel + bias) or x kernel + bias + residual, rounded once.

    Args:
        x: (tokens, inputs).
        kernel: (inputs, outputs).
        bias: (outputs,).
        activation: a key of `FUSED_ACTIVATIONS`, "tanh", or None.
        residual: (tokens, outputs), or None; not together with an activation.
        keep_kernel: whether the kernel never changes. The operation then re-orders it for the processor once and
            not at every call, and keeps that copy in memory.

    Returns:
        (tokens, outputs).
    """
    after, arguments = ["BiasAdd"], [bias]
    if activation is not None:
        after.append("Tanh" if activation == "tanh" else FUSED_ACTIVATIONS[activation])
    if residual is not None:
        after.append("Add")
        arguments.append(residual)
    return _operation(
        "_MklNativeFusedMatMul",
        a=x,
        b=kernel,
        args=arguments,
        fused_ops=after,
        is_filter_const=keep_kernel,
        transpose_a=False,
        transpose_b=False,
        **_NOT_USED,
    )


def attention_scores(queries, keys, scale, bias):
    """Returns queries keysᵀ scale + bias, rounded once.

    Args:
        queries: (batch, heads, length, head_size).
        keys: (batch, heads, key_length, head_size).
        scale: a number.
        bias: of rank 4, broadcastable to the result. It can't be left out: without it the operation ends the process.

    Returns:
        (batch, heads, length, key_length).
    """
    return _operation(
        "_MklFusedBatchMatMulV2",
        x=queries,
        y=keys,
        args=[tf.constant(scale, queries.dtype), bias],
        adj_x=False,
        adj_y=True,
        fused_ops=["Mul", "Add"],
        **_NOT_USED,
    )


def softmax(scores):
    """Returns the softmax over the last axis."""
    return _operation("_MklSoftmax", logits=scores)


def layer_norm(x, scale, offset, epsilon):
    """Returns the layer normalization of (tokens, width) over its last axis, with (width,) scale and offset."""
    return _operation("_MklLayerNorm", x=x, scale=scale, offset=offset, epsilon=epsilon)


def _operation(name, **arguments):
    """Adds an operation to the graph that is being built: the one place that uses what TensorFlow keeps to itself."""
    from tensorflow.python.framework import op_def_library

    graph = tf.compat.v1.get_default_graph()
    with graph._kernel_label_map({name: _KERNEL_LABELS[name]} if name in _KERNEL_LABELS else {}):
        return op_def_library.apply_op(name, name="onednn", **arguments)
