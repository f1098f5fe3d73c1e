"""The formats and number types of portable files, and how far each may be from the model."""

from rembert_tf.serving.precision import INT8

ONNX, LITERT = "onnx", "litert"
PORTABLE_FORMATS = (ONNX, LITERT)

FLOAT32, FLOAT16 = "float32", "float16"
# Largest difference of an output from the Keras model's, as a share of that output's largest number (at least 1).
LIMITS = {FLOAT32: 1e-4, FLOAT16: 1e-2, INT8: 1e-1}
PORTABLE_DTYPES = tuple(LIMITS)
BYTES = {FLOAT32: 4, FLOAT16: 2, INT8: 1}  # of a weight
