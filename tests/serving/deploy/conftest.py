"""The deployment's folder as a user gets it, and a server that reads its configuration."""

import shutil
from contextlib import contextmanager

import pytest
import tensorflow as tf

from rembert_tf.serving.deploy import write_deployment
from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.batching_parameters import BatchingParameters
from rembert_tf.serving.server.settings import ServerSettings
from tests.serving.deploy.files import METRICS_PATH
from tests.serving.zoo import spec

MODEL = "topic"


class Stand(tf.Module):
    """Stands in for a model: tells its version."""

    def __init__(self, version):
        super().__init__()
        self.version = tf.constant(f"v{version}")

    @tf.function(input_signature=spec("text"))
    def which(self, text):
        return {"version": tf.fill(tf.shape(text), self.version)}


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A folder for a model called `topic`."""
    folder = tmp_path_factory.mktemp("deploy") / "production"
    write_deployment(folder, MODEL, "registry.example.com/topic:7")
    return folder


@pytest.fixture(scope="session")
def versions(tmp_path_factory):
    """Versions 1 and 2 of a model."""
    folder = tmp_path_factory.mktemp("versions")
    for number in (1, 2):
        stand = Stand(number)
        tf.saved_model.save(stand, str(folder / str(number)), signatures={"serving_default": stand.which})
    return folder


@pytest.fixture(scope="session")
def serve(written, versions, tmp_path_factory):
    """Serves a file of `config/`, with two versions of each model that it names."""

    @contextmanager
    def serving(config):
        models = tmp_path_factory.mktemp("models")
        for model in (MODEL, "another-model"):
            shutil.copytree(versions, models / model)
        file = models / "models.config"
        file.write_text((written / "config" / config).read_text().replace("/models/", f"{models}/"))
        settings = ServerSettings(
            monitoring_path=METRICS_PATH,
            batching=BatchingParameters.from_file(written / "config/batching.config"),
            allow_labels_for_unavailable=True,
        )
        with ModelServer(model_config_file=file, settings=settings) as server:
            yield server

    return serving


@pytest.fixture(scope="session")
def server(serve):
    with serve("models.config") as running:
        yield running
