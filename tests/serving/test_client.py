"""The client, over both transports."""

import socket
import sys
import threading

import numpy as np
import pytest

from rembert_tf.errors import InputError, MissingExtraError
from rembert_tf.serving.client import Client, ModelServerError, UnreachableServerError
from rembert_tf.serving.server import ModelServer


@pytest.fixture(scope="module", params=["rest", "grpc"])
def url(request, server):
    return server.rest_url if request.param == "rest" else server.grpc_url


@pytest.fixture
def client(url):
    with Client(url, model="zoo") as client:
        yield client


def length_probabilities(texts):
    """What the zoo's sentiment signature computes from each text's number of bytes."""
    lengths = np.array([len(text.encode()) for text in texts], np.float32)
    return np.stack([1 / (1 + lengths), lengths / (1 + lengths)], axis=1)


class TestPredict:
    def test_several_outputs(self, client):
        texts = ["a", "été", "", "日本"]
        outputs = client.predict({"text": texts})
        np.testing.assert_allclose(outputs["probabilities"], length_probabilities(texts), rtol=1e-6)
        assert outputs["probabilities"].dtype == np.float32
        assert outputs["label"].tolist() == ["short", "long", "short", "long"]

    def test_a_single_output_has_its_name(self, client):
        outputs = client.predict({"text": ["a", "b\u0000"]}, "echo")
        assert {name: array.tolist() for name, array in outputs.items()} == {"text": ["a", "b\u0000"]}

    def test_several_inputs(self, client):
        outputs = client.predict({"text": ["a", "b"], "text_pair": ["c", "d"]}, "join")
        assert outputs["joined"].tolist() == ["ac", "bd"]
        assert outputs["length"].dtype == np.int32

    def test_every_type(self, client):
        inputs = {
            "i8": np.array([-5, 5], np.int8),
            "i32": np.array([-(2**31), 7], np.int32),
            "i64": np.array([2**62 + 1, -1], np.int64),
            "u8": np.array([0, 200], np.uint8),
            "u64": np.array([2**64 - 1, 0], np.uint64),
            "f32": np.array([0.1, 1e-30], np.float32),
            "f64": np.array([0.1, 1e300], np.float64),
            "flag": np.array([True, False]),
        }
        outputs = client.predict(inputs, "types")
        for name, value in inputs.items():
            assert outputs[name].dtype == value.dtype
            np.testing.assert_array_equal(outputs[name], value)

    def test_numbers_that_json_has_no_word_for(self, client):
        outputs = client.predict({"x": [np.nan, np.inf, -np.inf]}, "floats")
        np.testing.assert_array_equal(outputs["y"], np.array([np.nan, np.inf, -np.inf], np.float32))

    def test_bytes(self, client):
        raw = [b"\xff\x00", b"plain"]
        assert client.predict({"text": raw}, "echo_bytes")["copy_bytes"].tolist() == raw
        assert client.predict({"text": [b"caf\xe9"]}, "echo")["text"].tolist() == ["caf\ufffd"]

    def test_empty_batches_and_tables(self, client):
        assert client.predict({"text": []})["probabilities"].shape[0] == 0
        outputs = client.predict({"x": [1.0, 2.0]}, "tables")
        assert outputs["cube"].shape == (2, 2, 2)
        assert outputs["empty"].shape == (2, 0)

    def test_versions(self, url):
        for version, answer in [(None, "v12"), (1, "v1"), (12, "v12")]:
            with Client(url, model="zoo", version=version) as client:
                assert client.predict({"text": ["a"]}, "which")["version"].tolist() == [answer]

    @pytest.mark.parametrize(
        "inputs, signature, message",
        [
            ({"txt": ["a"]}, None, "the inputs are txt; the model takes text"),
            ({}, "join", "the inputs are none; the model takes text, text_pair"),
            ({"text": "a"}, None, "input text has 0 dimensions; the model takes 1"),
            ({"text": [["a"]]}, None, "input text has 2 dimensions; the model takes 1"),
            ({"text": [1]}, None, "input text takes strings"),
            ({"x": ["a"]}, "integers", "input x takes int32"),
            ({"x": [1, [2]]}, "integers", "input x takes int32"),
            ({"text": ["a"]}, "nope", "has no signature nope; it has .*serving_default"),
        ],
    )
    def test_inputs_that_do_not_fit(self, client, inputs, signature, message):
        with pytest.raises(InputError, match=message):
            client.predict(inputs, signature)

    def test_threads_may_share_it(self, client):
        answers = {}

        def ask(number):
            answers[number] = client.predict({"x": [number]}, "integers")["y"].tolist()

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == {number: [2 * number] for number in range(8)}


class TestTypedResults:
    def test_classify(self, client):
        texts = ["abc", ""]
        first, second = client.classify(texts)
        assert (first.label, second.label) == ("long", "short")
        assert (first.score, second.score) == (0.75, 1.0)
        np.testing.assert_array_equal(first.probabilities, length_probabilities(texts)[0])

    def test_a_model_that_is_no_classifier(self, one_signature):
        with (
            ModelServer(one_signature("echo_bytes")) as server,
            Client(server.rest_url) as client,
            pytest.raises(InputError, match="not a sequence classifier: it returns copy_bytes"),
        ):
            client.classify(["a"])

    def test_regression_and_multi_label_models(self, one_signature):
        with ModelServer(one_signature("regression_head")) as server, Client(server.rest_url) as client:
            (answer,) = client.classify(["abc"])
            assert (answer.label, answer.score, answer.probabilities) == (None, 3.0, None)
        with ModelServer(one_signature("multi_label_head")) as server, Client(server.rest_url) as client:
            (answer,) = client.classify(["abc"])
            assert (answer.label, answer.score, answer.probabilities.tolist()) == (None, None, [0.25, 0.75])

    def test_padding_is_cut_off(self, one_signature):
        with ModelServer(one_signature("words")) as server, Client(server.rest_url) as client:
            rows = client.ask(["a b c", "", "d"])
            assert [row["entity"].tolist() for row in rows] == [["a", "b", "c"], [], ["d"]]

    def test_ask_takes_rows_apart(self, client):
        rows = client.ask(["abc", ""])
        assert [row["label"] for row in rows] == ["long", "short"]
        assert rows[0]["probabilities"].tolist() == [0.25, 0.75]

    def test_ask_with_pairs(self, one_signature):
        with ModelServer(one_signature("join")) as server, Client(server.rest_url) as client:
            assert [row["joined"] for row in client.ask(["a", "b"], ["c", "d"])] == ["ac", "bd"]
            assert [row["joined"] for row in client.ask(["a", "b"], ["c"])] == ["ac", "bc"]
            with pytest.raises(InputError, match="3 values of text_pair for 2 texts"):
                client.ask(["a", "b"], ["c", "d", "e"])
            with pytest.raises(InputError, match="needs a text_pair for every text"):
                client.ask(["a"])

    def test_ask_with_choices(self, one_signature):
        with ModelServer(one_signature("choose")) as server, Client(server.rest_url) as client:
            assert [row["choice"] for row in client.ask(["a", "b"], ["x", "xxx", "xx"])] == [1, 1]

    def test_ask_with_a_pair_too_many(self, client):
        with pytest.raises(InputError, match="takes text alone, no pairs"):
            client.ask(["a"], ["b"])

    def test_status(self, client):
        assert [(status.version, status.state, status.error) for status in client.status()] == [
            (12, "AVAILABLE", ""),
            (1, "AVAILABLE", ""),
        ]

    def test_signatures(self, client):
        signatures = client.signatures()
        assert not any(name.startswith("__") for name in signatures)
        assert signatures["join"].inputs["text"].shape == (None,)
        assert signatures["join"].outputs["length"].dtype == np.int32
        assert signatures["scalar"].inputs["x"].shape == ()


class TestFailures:
    def test_grpc_without_the_extra(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "tensorflow_serving", None)
        monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
        monkeypatch.delitem(sys.modules, "rembert_tf.serving.client.grpc_messages", raising=False)
        with pytest.raises(MissingExtraError, match=r"pip install 'rembert-tf\[serving\]'"):
            Client("grpc://127.0.0.1:8500")

    def test_unknown_model_and_version(self, url):
        for options in ({"model": "lion"}, {"model": "zoo", "version": 9}):
            with Client(url, **options) as client:
                with pytest.raises(ModelServerError, match=f"the server has no model '{options['model']}'") as failure:
                    client.predict({"text": ["a"]})
                assert failure.value.code == "NOT_FOUND"
                with pytest.raises(ModelServerError):
                    client.status()

    def test_a_refusal_keeps_the_servers_words(self, client):
        with pytest.raises(ModelServerError, match="no negative number was given") as failure:
            client.predict({"x": [1]}, "refuse")
        assert failure.value.code == "INVALID_ARGUMENT"

    @pytest.mark.parametrize("scheme", ["http", "grpc"])
    def test_nobody_there(self, scheme):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        url = f"{scheme}://127.0.0.1:{port}"
        with Client(url) as client, pytest.raises(UnreachableServerError, match=f"no model server answers at {url}"):
            client.predict({"text": ["a"]})

    @pytest.mark.parametrize("scheme", ["http", "grpc"])
    def test_a_server_that_says_nothing(self, scheme):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
            with Client(url, timeout=0.3) as client, pytest.raises(UnreachableServerError, match="within 0.3 seconds"):
                client.status()

    def test_something_that_is_no_model_server(self, server):
        complaint = "HTTP status 404 and no JSON: it is no model server"
        url = f"{server.rest_url}/elsewhere"
        with Client(url) as client, pytest.raises(UnreachableServerError, match=complaint):
            client.status()

    @pytest.mark.parametrize(
        "url",
        ["localhost:8501", "ftp://localhost", "grpc://localhost", "http://", "http://host:99999", "http://h:x", ""],
    )
    def test_urls_of_another_form(self, url):
        with pytest.raises(InputError, match="is no server's URL"):
            Client(url)
