"""What the server and its clients agree on; importing this needs nothing but Python."""

# The name that TensorFlow Serving's container image serves a model by, so that URLs need no change.
DEFAULT_MODEL_NAME = "model"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_REST_PORT = 8501
DEFAULT_GRPC_PORT = 8500
DEFAULT_SIGNATURE = "serving_default"
REST_TIMEOUT = 30.0  # seconds; TensorFlow Serving's --rest_api_timeout_in_ms
SHUTDOWN_GRACE = 10.0  # seconds
