"""Writing an ONNX file, and running it in ONNX Runtime."""

import contextlib

import onnxruntime
import tensorflow as tf
from onnx import TensorProto, helper, numpy_helper

from rembert_tf.serving.portable.formats import FLOAT16
from rembert_tf.serving.portable.onnx_graph import OPSET, onnx_graph
from rembert_tf.serving.portable.onnx_weights import in_float16, in_int8
from rembert_tf.serving.precision import INT8
from rembert_tf.version import __version__

NAME, VERSION, FORMAT = "ONNX Runtime", onnxruntime.__version__, f"ONNX opset {OPSET}"
FILES = FILE, DATA = "model.onnx", "model.onnx.data"
INTEGERS = tf.int64  # what programs around ONNX Runtime send
# An ONNX file is one protobuf message, which ends at 2 GiB; the graph itself takes some of it.
LARGEST_FILE = 2_000_000_000
_ALIGNED = 4096  # so that a runtime can map the weights into memory
_INLINE = 1024  # bytes of constants that always stay with the graph, which reads shapes from them


def check_size(model, dtype):
    """Takes models of any size: weights that do not fit the file are written beside it."""


def write(graph, dtype, directory):
    """Writes `model.onnx`, and its weights into `model.onnx.data` where they do not fit one file.

    Args:
        graph: a PortableGraph with int64 inputs.
        dtype: "float32", "float16" or "int8".
        directory: to write into.

    Returns:
        {output name: shape}, with the names of open axes.
    """
    proto, constants, outputs = onnx_graph(graph)
    if dtype == FLOAT16:
        in_float16(proto.graph, constants)
    elif dtype == INT8:
        in_int8(proto.graph, constants)
    helper.set_model_props(proto, {"architecture": type(graph.model).__name__})
    proto.producer_name, proto.producer_version = "rembert-tf", __version__
    apart = sum(array.nbytes for array in constants.values()) > LARGEST_FILE
    with open(directory / DATA, "wb") if apart else contextlib.nullcontext() as data:
        for name in list(constants):
            array = constants.pop(name)
            outside = apart and array.nbytes > _INLINE
            tensor = _outside(array, data) if outside else numpy_helper.from_array(array)
            tensor.name = name
            proto.graph.initializer.append(tensor)
    (directory / FILE).write_bytes(proto.SerializeToString())
    return outputs


def _outside(array, data):
    """Appends an array to the file of weights; returns the tensor that says where it is."""
    data.write(b"\0" * (-data.tell() % _ALIGNED))
    tensor = TensorProto(dims=array.shape, data_type=helper.np_dtype_to_tensor_dtype(array.dtype))
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": DATA, "offset": data.tell(), "length": array.nbytes}.items():
        tensor.external_data.add(key=key, value=str(value))
    data.write(array.tobytes())
    return tensor


class Loaded:
    """A written file in ONNX Runtime, on the processor.

    Args:
        directory: that holds `model.onnx`.
    """

    def __init__(self, directory):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # its hints on dimensions are for who wrote the graph
        path = str(directory / FILE)
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.outputs = [output.name for output in self._session.get_outputs()]

    def __call__(self, inputs):
        """Returns {output name: array} for {input name: array}."""
        return dict(zip(self.outputs, self._session.run(self.outputs, inputs), strict=True))
