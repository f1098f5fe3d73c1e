"""The constants of an ONNX graph in fewer bits."""

import numpy as np
import onnx
from onnx import helper

from rembert_tf.serving.portable.onnx_graph import replace_nodes

# Smaller constants (biases, scales of a LayerNorm, shapes) stay as they are: there is nothing to gain.
SMALL = 1 << 10
_LARGEST = 127


def in_float16(graph, constants):
    """Stores large weights in half the bits; the graph turns them back, and computes in float32.

    Args:
        graph: onnx.GraphProto; changed.
        constants: {name: array}; changed.
    """
    casts = []
    for name in [name for name, array in constants.items() if _is_large(array)]:
        constants[f"{name}_half"] = constants.pop(name).astype(np.float16)
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT))
    replace_nodes(graph, [*casts, *graph.node])


def in_int8(graph, constants):
    """Multiplies in 8 bits: matrices beforehand with a scale a column, activations as they come.

    Tables stay as they are: their rows are looked up, not multiplied.

    Args:
        graph: onnx.GraphProto; changed.
        constants: {name: array}; changed.
    """
    nodes, activations = [], set()
    for node in graph.node:
        product = _product(node, constants)
        if product is None:
            nodes.append(node)
            continue
        matrix, bias = product
        source, target = node.input[0], node.output[0]
        if source not in activations:  # queries, keys and values have one in common
            activations.add(source)
            parts = [f"{source}_{part}" for part in ("uint8", "scale", "zero")]
            nodes.append(helper.make_node("DynamicQuantizeLinear", [source], parts))
        nodes += _quantized_product(source, node.input[1], bias, target)
        if f"{node.input[1]}_int8" not in constants:
            constants.update(_quantized(node.input[1], matrix))
    replace_nodes(graph, nodes)
    used = {name for node in graph.node for name in node.input}
    for name in constants.keys() - used:
        del constants[name]


def _product(node, constants):
    """Returns (matrix, name of the bias or None) of a node that multiplies by a constant matrix, or None."""
    if node.op_type not in ("MatMul", "Gemm") or not _is_large(constants.get(node.input[1])):
        return None
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    matrix = constants[node.input[1]]
    bias = node.input[2] if len(node.input) > 2 else None
    scaled = attributes.get("alpha", 1.0) != 1.0 or (bias is not None and attributes.get("beta", 1.0) != 1.0)
    if matrix.ndim != 2 or scaled or attributes.get("transA"):
        return None
    return matrix.T if attributes.get("transB") else matrix, bias


def _quantized_product(source, matrix, bias, target):
    """Returns the nodes that compute `source @ matrix + bias` in 8 bits."""
    integers, floats, scale, scaled = (f"{target}_{part}" for part in ("integers", "floats", "scale", "scaled"))
    last = target if bias is None else scaled
    nodes = [
        helper.make_node("MatMulInteger", [f"{source}_uint8", f"{matrix}_int8", f"{source}_zero"], [integers]),
        helper.make_node("Cast", [integers], [floats], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [f"{source}_scale", f"{matrix}_scale"], [scale]),
        helper.make_node("Mul", [floats, scale], [last]),
    ]
    return nodes if bias is None else [*nodes, helper.make_node("Add", [last, bias], [target])]


def _quantized(name, matrix):
    """Returns a matrix (inputs, outputs) as constants: integers, and a scale for each column."""
    largest = np.abs(matrix).max(axis=0)
    scale = np.where(largest > 0, largest / _LARGEST, 1).astype(np.float32)
    return {f"{name}_int8": np.round(matrix / scale).astype(np.int8), f"{name}_scale": scale}


def _is_large(array):
    return array is not None and array.dtype == np.float32 and array.size >= SMALL
