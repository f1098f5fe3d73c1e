"""A server that serves the zoo, and models of one signature."""

import pytest
import tensorflow as tf

from rembert_tf.serving.server import ModelServer
from tests.serving.zoo import Zoo, save_zoo


@pytest.fixture(scope="session")
def base_path(tmp_path_factory):
    """Versions 1 and 12, and names that are no versions."""
    base = tmp_path_factory.mktemp("zoo")
    save_zoo(base / "1", 1)
    save_zoo(base / "00012", 12)
    (base / "backup").mkdir()
    (base / "13").write_text("a file, not a directory")
    return base


@pytest.fixture(scope="session")
def server(base_path):
    with ModelServer(base_path, name="zoo", versions="all") as running:
        yield running


@pytest.fixture(scope="session")
def one_signature(tmp_path_factory):
    """Builds a base path whose only version has one signature of the zoo as `serving_default`."""

    def build(name, version=1):
        base = tmp_path_factory.mktemp(name)
        zoo = Zoo(version)
        tf.saved_model.save(zoo, str(base / str(version)), signatures={"serving_default": getattr(zoo, name)})
        return base

    return build
