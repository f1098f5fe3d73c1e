"""Loading with weights and warm-up requests, and without."""

import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from rembert_tf.errors import InputError
from rembert_tf.serving.server import ModelServer
from tests.serving.rest import ask


class Counter(tf.Module):
    """Counts its calls, so that a test can see which of them happened."""

    def __init__(self):
        super().__init__()
        self.calls = tf.Variable(0, dtype=tf.int64)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def count(self, text):
        with tf.control_dependencies([tf.debugging.assert_none_equal(text, "fail", message="told to fail")]):
            return {"calls": tf.fill(tf.shape(text), self.calls.assign_add(1))}


@pytest.fixture
def counter(tmp_path):
    module = Counter()
    tf.saved_model.save(module, str(tmp_path / "1"), signatures={"serving_default": module.count})
    return tmp_path


def predict_log(text):
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.name = "whatever"
    log.predict_log.request.model_spec.version.value = 99
    log.predict_log.request.inputs["text"].CopyFrom(tf.make_tensor_proto([text]))
    return log.SerializeToString()


def write_warmup(base_path, records):
    folder = base_path / "1" / "assets.extra"
    folder.mkdir()
    path = folder / "tf_serving_warmup_requests"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    return path


class TestWarmup:
    def test_requests_are_replayed_at_load(self, counter):
        write_warmup(counter, [predict_log("a"), predict_log("b"), predict_log("c")])
        with ModelServer(counter) as server:
            assert ask(server, {"instances": ["d"]}) == (200, {"predictions": [4]})

    def test_without_the_file_nothing_runs(self, counter):
        with ModelServer(counter) as server:
            assert ask(server, {"instances": ["d"]}) == (200, {"predictions": [1]})

    @pytest.mark.parametrize(
        "records, message",
        [
            ([predict_log("a"), predict_log("fail")], "(?s)warm-up request 2 .* INVALID_ARGUMENT: .*told to fail"),
            ([b"\xff\xff malformed"], "warm-up request 1 .* is not a PredictionLog"),
            ([b""], "warm-up request 1 .* is of the kind unset"),
            ([predict_log("a")] * 1001, "more than 1000 warm-up requests"),
        ],
    )
    def test_a_bad_record_fails_the_load(self, counter, records, message):
        write_warmup(counter, records)
        with pytest.raises(InputError, match=message):
            ModelServer(counter).start()

    def test_a_cut_file_fails_the_load(self, counter):
        path = write_warmup(counter, [predict_log("a"), predict_log("b")])
        path.write_bytes(path.read_bytes()[:-3])
        with pytest.raises(InputError, match="not a complete TFRecord file after record 1"):
            ModelServer(counter).start()

    def test_missing_weights(self, counter):
        for path in (counter / "1" / "variables").iterdir():
            path.unlink()
        with pytest.raises(InputError, match="1 does not load as a SavedModel: ") as failure:
            ModelServer(counter).start()
        assert "\n" not in str(failure.value)
