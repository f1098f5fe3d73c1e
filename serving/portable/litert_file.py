"""Writing a LiteRT file, and running it in LiteRT."""

import importlib.metadata
import math
import tempfile

import tensorflow as tf
from ai_edge_litert import interpreter

from rembert_tf.errors import InputError
from rembert_tf.layers.attention_bias import small_constants
from rembert_tf.serving.portable.formats import BYTES, FLOAT16, FLOAT32

NAME, VERSION, FORMAT = "LiteRT", importlib.metadata.version("ai-edge-litert"), "a flatbuffer of TensorFlow Lite"
FILES = (FILE,) = ("model.tflite",)
INTEGERS = tf.int32  # what phones compute in
LARGEST_FILE = 2**31 - 1  # a flatbuffer counts bytes in 32 bits, with a sign
SIGNATURE = "serving_default"


def check_size(model, dtype):
    """Raises an InputError where a model's weights do not fit a file in this number type."""
    numbers = sum(math.prod(variable.shape) for variable in model.weights)
    if numbers * BYTES[dtype] > LARGEST_FILE:
        smaller = [name for name, size in BYTES.items() if numbers * size <= LARGEST_FILE]
        choose = f"choose {' or '.join(smaller)}, or " if smaller else ""
        raise InputError(
            f"a LiteRT file holds at most 2 GiB, and the weights of this {type(model).__name__} take "
            f"{numbers * BYTES[dtype] / 2**30:.2f} GiB in {dtype}: {choose}make the model smaller with "
            "`rembert trim-vocab` or `rembert keep-layers`, or export ONNX."
        )


def write(graph, dtype, directory):
    """Writes `model.tflite`, with one signature of named inputs and outputs.

    Args:
        graph: a PortableGraph with int32 inputs.
        dtype: "float32", "float16" or "int8".
        directory: to write into.

    Returns:
        {output name: shape}, with the names of open axes.
    """
    module = tf.Module()
    module.weights = [variable.value for variable in graph.model.weights]
    names = list(graph.inputs)

    @tf.function(input_signature=graph.specs(), autograph=False)
    def forward(*tensors):
        with small_constants():
            return graph(dict(zip(names, tensors, strict=True)))

    with tempfile.TemporaryDirectory(dir=directory) as saved:
        # By way of a SavedModel: from functions alone the converter takes weights of a Keras model for empty.
        function = forward.get_concrete_function()
        tf.saved_model.save(module, saved, signatures={SIGNATURE: function})
        converter = tf.lite.TFLiteConverter.from_saved_model(saved, signature_keys=[SIGNATURE])
        if dtype != FLOAT32:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if dtype == FLOAT16:
            converter.target_spec.supported_types = [tf.float16]
        content = converter.convert()
    (directory / FILE).write_bytes(content)
    return graph.outputs(function)


class Loaded:
    """A written file in LiteRT, on the processor.

    Args:
        directory: that holds `model.tflite`.
    """

    def __init__(self, directory):
        self._interpreter = interpreter.Interpreter(model_path=str(directory / FILE))
        self._runner = self._interpreter.get_signature_runner(SIGNATURE)
        self.outputs = list(self._runner.get_output_details())

    def __call__(self, inputs):
        """Returns {output name: array} for {input name: array}."""
        return self._runner(**inputs)
