"""What the server and its clients agree on; importing this needs nothing but Python."""

# The name that TensorFlow Serving's container image serves a model by, so that URLs need no change.
DEFAULT_MODEL_NAME = "model"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_REST_PORT = 8501
DEFAULT_GRPC_PORT = 8500
DEFAULT_SIGNATURE = "serving_default"
REST_TIMEOUT = 30.0  # seconds; TensorFlow Serving's --rest_api_timeout_in_ms
SHUTDOWN_GRACE = 10.0  # seconds
READ_TIMEOUT = 60.0  # seconds
MAX_BODY_BYTES = 64 * 2**20  # a bound on memory: 64 MiB holds some 100,000 sentences
POLL_SECONDS = 1.0  # TensorFlow Serving's --file_system_poll_wait_seconds
LOAD_RETRIES = 5  # TensorFlow Serving's --max_num_load_retries
LOAD_RETRY_SECONDS = 60.0  # TensorFlow Serving's --load_retry_interval_micros
