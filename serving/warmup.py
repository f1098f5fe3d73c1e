"""Warm-up requests: what TensorFlow Serving runs before it calls a version ready.

The first call of a signature is a hundred times slower than the second; these calls take it away from
the first user. A record that fails would make the whole version fail to load, so every one is executed
before it is published.
"""

import tensorflow as tf

from rembert_tf.errors import MissingExtraError

WARMUP_FILE = "tf_serving_warmup_requests"
BATCH_SIZES = (1, 8)
SHORT_TEXT = "a"


def serving_protos_installed():
    """Whether the `serving` extra is there."""
    try:
        import tensorflow_serving.apis  # noqa: F401 - only whether it can be imported matters
    except ImportError:
        return False
    return True


def write_warmup(version_directory, requests):
    """Writes `assets.extra/tf_serving_warmup_requests`.

    Args:
        version_directory: of the SavedModel.
        requests: list of (signature name, {input name: list of bytes}).

    Raises:
        MissingExtraError: the `serving` extra is not installed.
    """
    if not serving_protos_installed():
        raise MissingExtraError("Writing warm-up requests", "serving")
    folder = version_directory / "assets.extra"
    folder.mkdir()
    with tf.io.TFRecordWriter(str(folder / WARMUP_FILE)) as writer:
        for signature, inputs in requests:
            writer.write(_prediction_log(signature, inputs).SerializeToString())


def warmup_requests(signatures, max_length):
    """Returns requests that touch every signature, with a short and a longest text, in two batch sizes.

    Args:
        signatures: {name: concrete function}.
        max_length: pieces that a text is truncated to; every word has one piece at least.
    """
    longest = " ".join([SHORT_TEXT] * max_length)
    requests = []
    for signature, function in signatures.items():
        names = [spec.name for spec in tf.nest.flatten(function.structured_input_signature)]
        for text in (SHORT_TEXT, longest):
            content = _example(text) if signature in ("classify", "regress") else text.encode()
            requests += [(signature, {name: [content] * size for name in names}) for size in BATCH_SIZES]
    return requests


def execute(version_directory, requests):
    """Loads a SavedModel as a server would and answers the requests with it; any failure escapes."""
    loaded = tf.saved_model.load(str(version_directory))
    for signature, inputs in requests:
        loaded.signatures[signature](**{name: tf.constant(values) for name, values in inputs.items()})


def _example(text):
    """Returns a serialized tf.Example with the text in both features that a classifier may ask for."""
    value = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))
    return tf.train.Example(features=tf.train.Features(feature={"text": value, "text_pair": value})).SerializeToString()


def _prediction_log(signature, inputs):
    from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

    request = predict_pb2.PredictRequest()
    # The name is required but not compared: the server replays the file for whatever model it belongs to.
    request.model_spec.name = "model"
    request.model_spec.signature_name = signature
    for name, values in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
    return prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
