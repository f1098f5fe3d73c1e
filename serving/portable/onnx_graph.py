"""A model as an ONNX graph, and apart from it the numbers that it computes with."""

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from rembert_tf.serving.portable.graph import with_weights

OPSET = 17
_WEIGHT = "weight_"


def onnx_graph(graph):
    """Returns an onnx.ModelProto without constants, {name: array} of its constants, and {name: shape} of its outputs.

    Weights are inputs while TensorFlow's graph is converted: so no message of it grows with the model, of which
    those above 2 GB cannot be written, and none is copied but where it must be turned round.

    Args:
        graph: a PortableGraph.
    """
    variables = graph.model.weights
    inputs = graph.specs()
    specs = inputs + [tf.TensorSpec(v.shape, v.dtype, name=f"{_WEIGHT}{i}") for i, v in enumerate(variables)]

    @tf.function(input_signature=specs, autograph=False)
    def forward(*tensors):
        with with_weights(variables, tensors[len(inputs) :]):
            return graph(dict(zip(graph.inputs, tensors, strict=False)))

    proto, _ = tf2onnx.convert.from_function(forward, input_signature=specs, opset=OPSET)
    outputs = graph.outputs(forward.get_concrete_function())
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
    for value in list(proto.graph.input):
        if value.name.startswith(_WEIGHT):
            constants[value.name] = variables[int(value.name.removeprefix(_WEIGHT))].numpy()
            proto.graph.input.remove(value)
    del proto.graph.initializer[:]
    _fold(proto.graph, constants)
    _name_axes(proto.graph.input, {name: shape for name, (_, shape) in graph.inputs.items()})
    _name_axes(proto.graph.output, outputs)
    return proto, constants, outputs


def _fold(graph, constants):
    """Computes what follows from constants alone, so that each product finds its matrix as it needs it."""
    left = []
    for node in graph.node:  # each after those whose results it takes
        if node.input and all(name in constants for name in node.input):
            results = ReferenceEvaluator(node, opsets={"": OPSET}).run(None, {n: constants[n] for n in node.input})
            constants.update(zip(node.output, map(np.asarray, results), strict=True))
        else:
            left.append(node)
    replace_nodes(graph, left)
    used = {name for node in left for name in node.input} | {output.name for output in graph.output}
    for name in constants.keys() - used:
        del constants[name]


def replace_nodes(graph, nodes):
    """Puts nodes in the place of a graph's own, which may be among them."""
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(nodes)


def _name_axes(values, shapes):
    """Gives inputs or outputs their sizes, and their open axes names, which users see."""
    for value in values:
        kind = value.type.tensor_type
        value.CopyFrom(onnx.helper.make_tensor_value_info(value.name, kind.elem_type, shapes[value.name]))
