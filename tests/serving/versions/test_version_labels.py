"""Names for versions, in requests of both interfaces, and what they may stand for."""

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from rembert_tf.errors import InputError
from rembert_tf.serving.server import ModelServer
from tests.serving.versions.model_configs import ALL_VERSIONS, ANY_LABEL, ask, channel, entry, listed, reload


@pytest.fixture(scope="module")
def labelled(models, tmp_path_factory):
    """A server with labels for two loaded versions and for one that is not."""
    path = tmp_path_factory.mktemp("labels") / "models.config"
    policy = "specific { versions: 1 versions: 3 }"
    labels = {"stable": 1, "canary_2": 3, "later": 2}
    path.write_text(listed(entry("m", models["several"], policy, labels), entry("echo", models["echo"])))
    with ModelServer(model_config_file=path, settings=ANY_LABEL) as running:
        yield running


class TestLabels:
    def test_rest(self, labelled):
        assert ask(labelled, "m", "/labels/stable") == (200, "v1")
        assert ask(labelled, "m", "/labels/canary_2") == (200, "v3")
        assert ask(labelled, "m", "/labels/other") == (400, "Unrecognized servable version label: other")
        assert ask(labelled, "echo", "/labels/stable") == (400, "Unrecognized servable version label: stable")
        assert ask(labelled, "m", "/labels/later") == (404, "Servable not found for request: Specific(m, 2)")

    def test_grpc(self, labelled):
        with channel(labelled) as open_channel:
            predictions = prediction_service_pb2_grpc.PredictionServiceStub(open_channel)
            request = predict_pb2.PredictRequest()
            request.model_spec.name = "m"
            request.model_spec.version_label = "stable"
            request.inputs["text"].CopyFrom(tf.make_tensor_proto(["a"]))
            response = predictions.Predict(request)
            assert response.outputs["version"].string_val[0] == b"v1"
            assert response.model_spec.version.value == 1
            assert response.model_spec.version_label == ""  # the number takes its place
            metadata = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
            metadata.model_spec.CopyFrom(request.model_spec)
            assert predictions.GetModelMetadata(metadata).model_spec.version.value == 1
            request.model_spec.version_label = "other"
            with pytest.raises(grpc.RpcError, match="Unrecognized servable version label: other") as failure:
                predictions.Predict(request)
            assert failure.value.code() == grpc.StatusCode.INVALID_ARGUMENT

    def test_the_status_of_a_label_is_that_of_all_versions(self, labelled):
        with channel(labelled) as open_channel:
            request = get_model_status_pb2.GetModelStatusRequest()
            request.model_spec.name = "m"
            request.model_spec.version_label = "stable"
            response = model_service_pb2_grpc.ModelServiceStub(open_channel).GetModelStatus(request)
            assert [status.version for status in response.model_version_status] == [3, 1]

    def test_at_start_they_need_leave(self, models, serve):
        with pytest.raises(InputError, match="version 1 of model m, which is not currently.*--allow-version-labels"):
            serve(entry("m", models["several"], ALL_VERSIONS, {"stable": 1}))

    def test_a_running_server_takes_them_for_loaded_versions_alone(self, models, serve):
        server, _ = serve(entry("m", models["several"], "specific { versions: 1 versions: 2 }"))
        both = "specific { versions: 1 versions: 2 versions: 3 }"
        assert reload(server, entry("m", models["several"], both, {"stable": 2})) == ("OK", "")
        assert ask(server, "m", "/labels/stable") == (200, "v2")
        assert reload(server, entry("m", models["several"], both, {"stable": 7})) == (
            "FAILED_PRECONDITION",
            "Request to assign label to version 7 of model m, which is not currently available for inference",
        )
        assert ask(server, "m", "/labels/stable") == (200, "v2")  # as before
        assert reload(server, entry("m", models["several"], both, {"stable": 3})) == ("OK", "")
        assert ask(server, "m", "/labels/stable") == (200, "v3")

    def test_with_leave_a_label_in_use_still_moves_to_loaded_versions_alone(self, models, serve):
        server, _ = serve(entry("m", models["several"], ALL_VERSIONS, {"stable": 1}), settings=ANY_LABEL)
        code, _ = reload(server, entry("m", models["several"], ALL_VERSIONS, {"stable": 9}))
        assert code == "FAILED_PRECONDITION"
        assert reload(server, entry("m", models["several"], ALL_VERSIONS, {"stable": 1, "next": 9})) == ("OK", "")
        assert ask(server, "m", "/labels/stable") == (200, "v1")
        assert ask(server, "m", "/labels/next")[0] == 404
