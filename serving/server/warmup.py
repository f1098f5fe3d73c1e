"""Replays the requests that a SavedModel carries, so that the first real one finds a warm graph."""

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from rembert_tf.errors import InputError
from rembert_tf.serving.server import example_inference, inference
from rembert_tf.serving.server.example_input import serialized_examples
from rembert_tf.serving.server.multi_inference import multi_inference
from rembert_tf.serving.server.status import ServingError
from rembert_tf.serving.server.tensor_proto import to_array

WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"
MAX_WARMUP_RECORDS = 1000  # more makes TensorFlow Serving refuse the model


def replay_warmup_requests(servable):
    """Runs every record of the warm-up file, if there is one.

    As in TensorFlow Serving, the model name and version inside a record are ignored, and a bad record or
    a failing request makes the whole model unusable, so that it is noticed here and not there.

    Args:
        servable: a `Servable`.

    Returns:
        The number of requests that ran.

    Raises:
        InputError: naming the record and the reason.
    """
    path = f"{servable.path}/{WARMUP_FILE}"
    if not tf.io.gfile.exists(path):
        return 0
    count = 0
    try:
        for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
            count += 1
            if count > MAX_WARMUP_RECORDS:
                raise InputError(f"{path} has more than {MAX_WARMUP_RECORDS} warm-up requests")
            _replay(servable, record, f"warm-up request {count} of {path}")
    except tf.errors.DataLossError as error:
        raise InputError(f"{path} is not a complete TFRecord file after record {count}") from error
    return count


def _replay(servable, record, where):
    try:
        entry = prediction_log_pb2.PredictionLog.FromString(record)
    except Exception as error:  # protobuf's back ends raise different DecodeErrors
        raise InputError(f"{where} is not a PredictionLog") from error
    kind = entry.WhichOneof("log_type")
    try:
        if kind == "predict_log":
            request = entry.predict_log.request
            inputs = {name: to_array(name, proto) for name, proto in request.inputs.items()}
            inference.predict(servable, request.model_spec.signature_name, inputs, request.output_filter)
        elif kind in ("classify_log", "regress_log"):
            request = getattr(entry, kind).request
            run = example_inference.classify if kind == "classify_log" else example_inference.regress
            run(servable, request.model_spec.signature_name, serialized_examples(request.input))
        elif kind == "multi_inference_log":
            request = entry.multi_inference_log.request
            multi_inference(servable, list(request.tasks), serialized_examples(request.input))
        else:
            raise InputError(
                f"{where} is of the kind {kind or 'unset'}; "
                "predict, classify, regress and multi_inference can be replayed"
            )
    except ServingError as error:
        raise InputError(f"{where} fails: {error}") from error
