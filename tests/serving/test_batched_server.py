"""A server with batching answers as one without it, whoever else asks."""

import json
import random
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from rembert_tf.errors import InputError
from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.batching_parameters import BatchingParameters
from rembert_tf.serving.server.settings import ServerSettings
from tests.serving.http_requests import request

BATCHING = ServerSettings(
    batching=BatchingParameters(
        max_batch_size=8, batch_timeout_micros=500, max_enqueued_batches=1000, allowed_batch_sizes=(1, 3, 8)
    )
)


@pytest.fixture(scope="module")
def ports(base_path):
    """The REST ports of two servers, the first one without batching."""
    with ModelServer(base_path, name="zoo") as alone, ModelServer(base_path, name="zoo", settings=BATCHING) as batching:
        yield alone.rest_port, batching.rest_port


def some_request(rng):
    """A request whose right answer depends on its own rows alone."""
    rows = rng.randrange(1, 5)
    texts = ["x" * rng.randrange(9) for _ in range(rows)]
    return rng.choice(
        [
            {"instances": texts},
            {"signature_name": "echo", "inputs": texts},
            {"signature_name": "echo", "instances": texts + [rng.choice([1, None])]},
            {"signature_name": "join", "instances": [{"text": text, "text_pair": "y"} for text in texts]},
            {"signature_name": "matrix", "instances": [[rng.random()] * 3] * rows},
            {"signature_name": "matrix", "instances": [[rng.random()] * 2] * rows},
            {"signature_name": "refuse", "instances": [rng.choice([-1, -2, 3]) for _ in range(rows)]},
            {"signature_name": "integers", "inputs": []},
        ]
    )


def test_answers_do_not_depend_on_others(ports):
    alone, batching = ports
    rng = random.Random(0)
    asked = [some_request(rng) for _ in range(300)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda body: request(batching, body=body)[::2], asked))
    for body, (status, content) in zip(asked, answers, strict=True):
        expected_status, expected = request(alone, body=body)[::2]
        assert status == expected_status, (body, content)
        if status == 200:
            assert json.loads(content) == json.loads(expected)


def test_what_is_not_made_of_rows_is_refused(ports):
    for body in (
        {"signature_name": "scalar", "inputs": 1.5},
        {"signature_name": "sizes", "inputs": {"a": ["x"], "b": ["x", "y"]}},
        {"signature_name": "uneven", "inputs": [1.0]},
    ):
        assert request(ports[0], body=body)[0] == 200
        assert request(ports[1], body=body)[0] == 400  # FAILED_PRECONDITION


def test_a_version_may_have_parameters_of_its_own(base_path, tmp_path):
    shutil.copytree(base_path / "1", tmp_path / "1")
    file = tmp_path / "1" / "batching_params.pbtxt"
    file.write_text("max_batch_size { value: 2 }")
    body = {"signature_name": "echo", "instances": ["a"] * 3}
    with ModelServer(tmp_path, name="zoo", settings=BATCHING) as server:
        status, _, content = request(server.rest_port, body=body)
        assert (status, json.loads(content)) == (
            400,
            {"error": "Task size 3 is larger than maximum input batch size 2"},
        )
    with ModelServer(tmp_path, name="zoo") as server:  # without batching the file says nothing
        assert request(server.rest_port, body=body)[0] == 200
    file.write_text("\nmax_batch_size: 2")
    with pytest.raises(InputError, match=r"batching_params\.pbtxt.* line 2"):
        ModelServer(tmp_path, name="zoo", settings=BATCHING).start()
