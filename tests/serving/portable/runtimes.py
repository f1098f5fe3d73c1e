"""Portable files in their own runtimes, as a program without this package runs them."""

import numpy as np

from rembert_tf.serving import export_litert, export_onnx

EXPORTS = {"onnx": export_onnx, "litert": export_litert}
FILES = {"onnx": "model.onnx", "litert": "model.tflite"}
INTEGERS = {"onnx": np.int64, "litert": np.int32}
BOTH = tuple(EXPORTS)


class OnnxFile:
    """`model.onnx` in ONNX Runtime."""

    def __init__(self, folder):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(folder / FILES["onnx"]), options)
        self.inputs = {each.name: tuple(each.shape) for each in self.session.get_inputs()}
        self.outputs = {each.name: tuple(each.shape) for each in self.session.get_outputs()}

    def __call__(self, inputs):
        return dict(zip(self.outputs, self.session.run(list(self.outputs), inputs), strict=True))


class LiteRtFile:
    """`model.tflite` in LiteRT; an open size is -1."""

    def __init__(self, folder):
        from ai_edge_litert.interpreter import Interpreter

        self.interpreter = Interpreter(model_path=str(folder / FILES["litert"]), num_threads=1)
        self.run = self.interpreter.get_signature_runner("serving_default")
        details = self.run.get_input_details(), self.run.get_output_details()
        self.inputs, self.outputs = (
            {name: tuple(int(size) for size in each["shape_signature"]) for name, each in part.items()}
            for part in details
        )

    def __call__(self, inputs):
        return self.run(**inputs)


LOADED = {"onnx": OnnxFile, "litert": LiteRtFile}


def whole_inputs(file_format, inputs):
    """Returns a model's inputs as a file takes them: all of them, in the format's integers."""
    integers, shape = INTEGERS[file_format], np.shape(inputs["input_ids"])
    whole = {"attention_mask": np.ones(shape), "token_type_ids": np.zeros(shape), **inputs}
    states = inputs.get("encoder_hidden_states")
    if states is not None:
        whole = {"encoder_attention_mask": np.ones(states.shape[:2]), **whole}
    return {
        name: np.asarray(value, np.float32 if name == "encoder_hidden_states" else integers)
        for name, value in whole.items()
    }
