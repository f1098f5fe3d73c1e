"""A server of this process with a small model, and points that a test makes up."""

import pytest
import tensorflow as tf

from rembert_tf.load_testing.point import Point, Resources
from rembert_tf.load_testing.run import Outcome
from rembert_tf.load_testing.settings import Level, LoadTestSettings
from rembert_tf.serving.server import ModelServer
from tests.serving.scripted_server import scripted_server
from tests.serving.zoo import Zoo

URL = "http://127.0.0.1:8501"
MACHINE = {"processor": "Abacus", "cores": 2, "memory_gb": 8.0, "system": "Linux 6", "python": "3.11.7"}


@pytest.fixture(scope="session")
def base_path(tmp_path_factory):
    """A classifier that looks at the length of a text."""
    base, zoo = tmp_path_factory.mktemp("load"), Zoo(1)
    tf.saved_model.save(zoo, str(base / "1"), signatures={"serving_default": zoo.sentiment})
    return base


@pytest.fixture(scope="session")
def server(base_path):
    with ModelServer(base_path) as running:
        yield running


@pytest.fixture
def script():
    """A server that echoes texts, counts requests, and fails where a test says so."""
    with scripted_server() as script:
        yield script


def make_point(concurrency=4, batch_size=1, latencies=(0.1,) * 200, seconds=10.0, errors=None, **more):
    """A `Point` whose numbers are easy to compute with."""
    errors = errors or {}
    fields = {
        "level": Level(concurrency=concurrency),
        "batch_size": batch_size,
        "seconds": seconds,
        "latencies": tuple(latencies),
        "late": (0.0,) * len(latencies),
        "errors": errors,
        "messages": dict.fromkeys(errors, "the server's words"),
        "resources": Resources(
            client_cpu=1.0, server_cpu=5.0, others_cpu=0.0, resident_bytes=10**8, peak_bytes=2 * 10**8
        ),
    }
    return Point(**{**fields, **more})


def make_outcome(points, stopped=None, **settings):
    return Outcome(LoadTestSettings(URL, **settings), MACHINE, "a sequence classifier", 26, list(points), stopped)
