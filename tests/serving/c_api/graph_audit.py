"""What an export may hold, so that TensorFlow Serving 2.19 and later can run it and no weight is stored in vain."""

from pathlib import Path

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

# Of tensorflow-text the classic SentencePiece operations alone: releases before 2.20 link an old one.
SENTENCEPIECE = {
    "SentencepieceOp",
    "SentencepieceTokenizeOp",
    "SentencepieceTokenizeWithOffsetsOp",
    "SentencepieceDetokenizeOp",
}
# Of TensorFlow for x86-64 alone, for optimized exports: 2.19 has them as later ones do.
ONEDNN = {"_MklNativeFusedMatMul", "_MklFusedBatchMatMulV2", "_MklSoftmax", "_MklLayerNorm"}
ABSENT = ("PyFunc", "Xla")  # of TensorFlow's own
ACCELERATORS = ("GPU", "TPU", "XLA")
INIT = "__saved_model_init_op"


def faults(version_directory, optimized=False):
    """Returns a list of sentences: what is wrong with an export.

    Args:
        version_directory: of a SavedModel.
        optimized: whether it may, and must, hold operations of oneDNN.
    """
    content = (Path(version_directory) / "saved_model.pb").read_bytes()
    meta_graph = saved_model_pb2.SavedModel.FromString(content).meta_graphs[0]
    checks = (_compiled_functions, _devices, _signatures, _unused_variables)
    found = [*_foreign_operations(meta_graph, ONEDNN if optimized else set())]
    return [*found, *(fault for check in checks for fault in check(meta_graph))]


def _nodes(meta_graph):
    graph = meta_graph.graph_def
    return [*graph.node, *(node for function in graph.library.function for node in function.node_def)]


def _foreign_operations(meta_graph, expected):
    operations = {node.op for node in _nodes(meta_graph)}
    for operation in sorted(expected - operations):
        yield f"{operation} is missing."
    for operation in sorted(operations):
        known = hasattr(tf.raw_ops, operation) or operation in SENTENCEPIECE | expected
        if not known or any(part in operation for part in ABSENT):
            yield f"{operation} is linked into no TensorFlow Serving 2.19."


def _compiled_functions(meta_graph):
    named = [(node.name, node) for node in _nodes(meta_graph)]
    named += [(function.signature.name, function) for function in meta_graph.graph_def.library.function]
    for name, item in named:
        if item.attr["_XlaMustCompile"].b:
            yield f"{name} must be compiled by XLA, which a server may lack."


def _devices(meta_graph):
    for node in _nodes(meta_graph):
        if any(kind in node.device.upper() for kind in ACCELERATORS):
            yield f"{node.name} is bound to {node.device}."


def _signatures(meta_graph):
    allowed = {tf.float32.as_datatype_enum, tf.int32.as_datatype_enum, tf.string.as_datatype_enum}
    for signature, definition in meta_graph.signature_def.items():
        if signature == INIT:
            continue
        for name, tensor in [*definition.inputs.items(), *definition.outputs.items()]:
            what = f"{name} of the signature {signature}"
            if tensor.WhichOneof("encoding") != "name":
                yield f"{what} is not one dense tensor."
                continue
            if tensor.tensor_shape.unknown_rank or not tensor.tensor_shape.dim:
                yield f"{what} has no dimension for the batch."
            elif tensor.tensor_shape.dim[0].size != -1:
                yield f"{what} has a fixed batch size."
            if tensor.dtype not in allowed or (name in definition.inputs and tensor.dtype != tf.string):
                yield f"{what} has the type {tf.as_dtype(tensor.dtype).name}."


def _unused_variables(meta_graph):
    """Follows outputs back to the variables that they need; a second copy of a weight is needed by none."""
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    definitions = [value for name, value in meta_graph.signature_def.items() if name != INIT]
    waiting = [tensor.name.split(":")[0] for each in definitions for tensor in each.outputs.values() if tensor.name]
    needed = set()
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += [source.lstrip("^").split(":")[0] for source in nodes[name].input]
    for node in nodes.values():
        if node.op == "VarHandleOp" and node.name not in needed:
            yield f"the variable {node.name} is stored, but no signature needs it."
