"""Warm-up requests: what TensorFlow Serving runs before it calls a version ready.

The first call of a signature is a hundred times slower than the second; these calls take it away from
the first user. A record that fails would make the whole version fail to load, so every one is executed
before it is published.
"""

import warnings

import tensorflow as tf

from rembert_tf.errors import MissingExtraError

WARMUP_FILE = "tf_serving_warmup_requests"


def write_warmup(version_directory, requests, wanted):
    """Executes requests and writes `assets.extra/tf_serving_warmup_requests`.

    Args:
        version_directory: of the SavedModel.
        requests: list of (signature name, {input name: list of values}).
        wanted: True; or "auto", which without the `serving` extra warns and writes nothing.

    Raises:
        MissingExtraError: the `serving` extra is not installed, and `wanted` is True.
    """
    if not _serving_protos_installed():
        if wanted != "auto":
            raise MissingExtraError("Writing warm-up requests", "serving")
        warnings.warn(
            "no warm-up requests were written, so the first answer will be slow: "
            "pip install 'rembert-tf[serving]' to have them.",
            stacklevel=3,
        )
        return
    _execute(version_directory, requests)
    folder = version_directory / "assets.extra"
    folder.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / WARMUP_FILE)) as writer:
        for signature, inputs in requests:
            writer.write(_prediction_log(signature, inputs).SerializeToString())


def _serving_protos_installed():
    try:
        import tensorflow_serving.apis  # noqa: F401 - only whether it can be imported matters
    except ImportError:
        return False
    return True


def _execute(version_directory, requests):
    """Loads a SavedModel as a server would and answers the requests with it; any failure escapes."""
    loaded = tf.saved_model.load(str(version_directory))
    for signature, inputs in requests:
        loaded.signatures[signature](**{name: tf.constant(values) for name, values in inputs.items()})


def _prediction_log(signature, inputs):
    from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

    request = predict_pb2.PredictRequest()
    # The name is required but not compared: the server replays the file for whatever model it belongs to.
    request.model_spec.name = "model"
    request.model_spec.signature_name = signature
    for name, values in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
    return prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
