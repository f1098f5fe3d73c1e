"""Servers of several models."""

import pytest

from rembert_tf.serving.server import ModelServer
from tests.serving.versions.model_configs import STRICT, listed
from tests.serving.versions.shelf import Shelf


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


@pytest.fixture(scope="session")
def models(one_signature, tmp_path_factory):
    """A base path with versions 1, 2 and 3 of a model that tells its version, and one of another model."""
    several = tmp_path_factory.mktemp("several")
    for number in (1, 2, 3):
        (one_signature("which", number) / str(number)).rename(several / str(number))
    return {"several": several, "echo": one_signature("echo")}


@pytest.fixture
def serve(tmp_path):
    """Starts a server with entries in its configuration file, and returns it with the file."""
    running = []

    def serve(*entries, settings=STRICT):
        path = tmp_path / "models.config"
        path.write_text(listed(*entries))
        running.append(ModelServer(model_config_file=path, settings=settings).start())
        return running[-1], path

    yield serve
    for server in running:
        server.stop()
