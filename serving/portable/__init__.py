"""Exports for other runtimes than TensorFlow's: ONNX and LiteRT files that take ids, not texts."""
