"""One loaded SavedModel: its signatures as written in the file, and a session that runs them."""

import tensorflow as tf

# Registers the SentencePiece kernels that our exports contain: without it loading fails with
# "Op type not registered 'SentencepieceOp'".
import tensorflow_text  # noqa: F401

from rembert_tf.errors import InputError
from rembert_tf.native_log import keep_to_log_level
from rembert_tf.serving.optimized.rewriting import session_config
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument

SERVING_TAG = "serve"

# Names in error messages: the TensorFlow runtime's spelling, not NumPy's.
_RUNTIME_TYPE_NAMES = {"float32": "float", "float64": "double", "float16": "half"}


class Servable:
    """A SavedModel in memory.

    The V1 loader is used because it is the one TensorFlow Serving uses: the signatures come with their
    tensor names and types, `Session.run` is thread-safe and takes a timeout, and `close` frees the weights.

    Args:
        path: directory with `saved_model.pb` (local, or anything `tf.io.gfile` reads).
        version: the integer that requests name it by.

    Raises:
        InputError: the directory does not hold a SavedModel that this TensorFlow can load.
    """

    def __init__(self, path, version):
        self.path = str(path)
        self.version = version
        keep_to_log_level()
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph, config=session_config(self.path))
        try:
            with graph.as_default():
                meta_graph = tf.compat.v1.saved_model.loader.load(self._session, [SERVING_TAG], self.path)
        except Exception as error:  # whatever the loader finds wrong lies in the files that it was given
            self._session.close()
            raise InputError(f"{self.path} does not load as a SavedModel: {_first_line(error)}") from error
        self.signatures = dict(meta_graph.signature_def)

    def run(self, feeds, fetches, timeout=None):
        """Computes tensors by name.

        Args:
            feeds: dict of tensor name -> array.
            fetches: list of tensor names.
            timeout: seconds after which the computation is abandoned; None waits for ever.

        Returns:
            A list of arrays, one for each fetch.

        Raises:
            ServingError: with the runtime's own code and message.
        """
        options = None
        if timeout is not None:
            # 0 would mean "no timeout" to the runtime.
            options = tf.compat.v1.RunOptions(timeout_in_ms=max(1, int(timeout * 1000)))
        try:
            return self._session.run(list(fetches), feeds, options=options)
        except tf.errors.OpError as error:
            raise ServingError(Code(error.error_code), _runtime_message(error)) from error
        except ValueError as error:  # the client library found that a shape does not fit
            raise invalid_argument(str(error)) from error
        except RuntimeError as error:
            raise ServingError(Code.UNAVAILABLE, f"The model was unloaded: {error}") from error

    def close(self):
        """Frees the weights; later calls of `run` fail with UNAVAILABLE."""
        self._session.close()


def runtime_type_name(dtype):
    """A type's name as the TensorFlow runtime writes it in messages: float, double, string, int64, ..."""
    name = tf.as_dtype(dtype).name
    return _RUNTIME_TYPE_NAMES.get(name, name)


def _runtime_message(error):
    # Python appends the graph-building stack of each node, which says nothing about a loaded graph.
    message = error.message.removeprefix("Graph execution error:\n\n")
    return message.split("\n\nOriginal stack trace")[0].split("\n\nErrors may have originated")[0].strip()


def _first_line(error):
    lines = getattr(error, "message", None) or str(error) or type(error).__name__
    return lines.strip().splitlines()[0].rstrip(".")
