"""The playground over HTTP, without a browser: what is served to whom, and within which limits."""

import json
import re

import pytest

from rembert_tf.serving.playground import Playground
from rembert_tf.serving.playground.page_files import page_files
from rembert_tf.serving.playground.visitors import check_visitor
from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.status import ServingError
from tests.serving.http_requests import request
from tests.serving.playground.conftest import LABELS, MODEL
from tests.serving.rest import ask

JSON = {"Content-Type": "application/json"}
TEXT = "The museum opens at nine."


def post(server, question, headers=JSON, **content):
    """Asks one of the page's questions: (status, parsed answer)."""
    status, _, body = request(server.rest_port, path=f"/playground/api/{question}", body=content, headers=headers)
    return status, json.loads(body)


def get(server, path, method="GET", headers=None):
    return request(server.rest_port, method, path, headers=headers)


def test_the_page_and_all_that_it_names(playground_server):
    assert playground_server.playground_url == f"{playground_server.rest_url}/playground/"
    status, headers, _ = get(playground_server, "/playground")
    assert (status, headers["Location"]) == (308, "playground/")
    status, headers, body = get(playground_server, "/playground/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "img", "connect")} == {"'self'"}
    assert headers["X-Content-Type-Options"] == "nosniff"
    for name in re.findall(r'(?:src|href)="([^"]+)"', body.decode()):
        status, headers, content = get(playground_server, f"/playground/{name}")
        assert status == 200 and content and "Content-Security-Policy" in headers
    assert get(playground_server, "/playground/", "HEAD")[0] == 200


def test_the_files_name_no_other_server_and_write_no_markup():
    files = {path: content.decode() for path, (content, _) in page_files().items()}
    assert len(files) > 20
    for path, content in files.items():
        urls = set(re.findall(r"\bhttps?://[^\s\"'`]+", content)) - {"http://www.w3.org/2000/svg"}
        assert not urls, path
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", content), (
            path
        )
        assert content.count("\n") < 250, path


@pytest.mark.parametrize(
    "path",
    [
        "/playground/none.js",
        "/playground/../site.py",
        "/playground/%2e%2e/site.py",
        "/playground/heads",
        "/playground/api/x",
    ],
)
def test_nothing_else_is_served(playground_server, path):
    status, headers, body = get(playground_server, path)
    assert status == 404 and "There is no" in json.loads(body)["error"]
    assert headers["Content-Type"] == "application/json"


def test_nothing_is_served_unless_asked_for(one_signature):
    with ModelServer(one_signature("echo")) as server:
        assert server.playground_url is None
        for path in ("/playground", "/playground/", "/playground/api/models"):
            assert get(server, path)[0] == 404


def test_the_models_are_described(playground_server):
    models = {
        model["name"]: model for model in json.loads(get(playground_server, "/playground/api/models")[2])["models"]
    }
    topic, tagger = models[MODEL], models["entities"]
    assert (topic["kind"], topic["inputs"], topic["labels"]) == ("classify", ["text"], list(LABELS.values()))
    assert topic["tokenizes"] and topic["unexplained"] is None and topic["version"] == 1
    assert (tagger["kind"], tagger["labels"]) == ("entities", [])
    assert "start the server with the model directory or the run folder" in tagger["unexplained"]
    kinds = {name: model["kind"] for name, model in models.items()}
    assert (kinds["answers"], kinds["choose"], kinds["regress"]) == ("answer", "choose", "regress")


def test_pieces_are_those_of_the_signature_with_their_spellings(playground_server, small_tokenizer):
    texts = ["Guten Tag", "", "نمسته [MASK]"]
    status, answer = post(playground_server, "pieces", model=MODEL, texts=texts)
    assert status == 200
    for text, pieces in zip(texts, answer["texts"], strict=True):
        body = {"signature_name": "tokenize", "instances": [text]}
        assert [piece["id"] for piece in pieces] == ask(playground_server, body, MODEL)[1]["predictions"][0][
            "input_ids"
        ]
        spelled = small_tokenizer.convert_ids_to_tokens([piece["id"] for piece in pieces])
        assert [piece["piece"] for piece in pieces] == spelled
    # A vocabulary is not beside every model: then numbers are all there is, here those of bytes.
    status, answer = post(playground_server, "pieces", model="entities", texts=["ab"])
    assert answer["texts"] == [[{"id": 98, "piece": None}, {"id": 97, "piece": None}]]


@pytest.mark.parametrize(
    "question, content, status, message",
    [
        ("pieces", {}, 400, "model must be the name of a model"),
        ("pieces", {"model": "none"}, 404, "Servable not found"),
        ("pieces", {"model": MODEL}, 400, "texts must be a list of up to 32 strings"),
        ("pieces", {"model": MODEL, "texts": ["a"] * 33}, 400, "texts must be a list of up to 32 strings"),
        ("pieces", {"model": MODEL, "texts": [1]}, 400, "texts[0] must be a string, not 1"),
        ("attention", {"model": MODEL}, 400, "inputs and target must be objects"),
        ("attention", {"model": MODEL, "inputs": {"text": TEXT}, "layer": 9}, 400, "layer must be an integer"),
        ("attributions", {"model": MODEL, "inputs": {"text": 1}}, 400, "text must be a string, not 1"),
        ("attributions", {"model": "entities", "inputs": {}}, 400, "need the model itself"),
    ],
)
def test_mistakes(playground_server, question, content, status, message):
    found, answer = post(playground_server, question, **content)
    assert found == status and message in answer["error"]


def test_methods_types_and_broken_bodies(playground_server):
    assert get(playground_server, "/playground/", "POST", JSON)[0] == 405
    assert get(playground_server, "/playground/api/models", "POST", JSON)[0] == 405
    status, headers, _ = get(playground_server, "/playground/api/pieces")
    assert (status, headers["Allow"]) == (405, "POST")
    # What a form on another page can send without being asked.
    status, answer = post(playground_server, "pieces", {"Content-Type": "text/plain"}, model=MODEL, texts=[])
    assert status == 400 and "Content-Type must be application/json" in answer["error"]
    status, _, body = request(playground_server.rest_port, path="/playground/api/pieces", body="{", headers=JSON)
    assert status == 400 and "JSON" in json.loads(body)["error"]


@pytest.mark.parametrize(
    "bound, host, accepted",
    [
        ("127.0.0.1", "127.0.0.1:8501", True),
        ("127.0.0.1", "localhost:8501", True),
        ("127.0.0.1", "LOCALHOST", True),
        ("127.0.0.1", "[::1]:8501", True),
        ("127.0.0.1", "evil.example:8501", False),
        ("127.0.0.1", "", False),
        ("::1", "evil.example", False),
        ("localhost", "localhost.evil.example", False),
        ("0.0.0.0", "my-machine:8501", True),
        ("my-machine", "my-machine:8501", True),
    ],
)
def test_a_server_for_this_machine_goes_by_no_other_name(bound, host, accepted):
    if accepted:
        check_visitor("GET", {"Host": host}, bound)
    else:
        with pytest.raises(ServingError, match="for its own machine alone") as caught:
            check_visitor("GET", {"Host": host}, bound)
        assert caught.value.http_status == 403


def test_names_and_limits_hold_over_http(one_signature):
    from rembert_tf.serving.server.settings import ServerSettings

    settings = ServerSettings(max_body_bytes=1000, enable_cors=True)
    with ModelServer(one_signature("echo"), settings=settings, playground=Playground()) as server:
        status, headers, body = get(server, "/playground/", headers={"Host": "evil.example"})
        assert status == 403 and b"localhost" in body
        status, headers, _ = get(server, "/playground/api/models")
        assert status == 200 and "Access-Control-Allow-Origin" not in headers  # whatever the REST interface allows
        status, answer = post(server, "pieces", model="model", texts=["a" * 2000])
        assert status == 413 and "larger than 1000 bytes" in answer["error"]
        assert json.loads(get(server, "/playground/api/models")[2])["models"][0]["kind"] == "unknown"


def test_another_version_is_not_explained(topic):
    from rembert_tf.serving.playground import Explainer

    explainer = Explainer(topic / "model", version=7)
    with ModelServer(topic / "export", name=MODEL, playground=Playground({MODEL: explainer})) as server:
        status, answer = post(server, "attention", model=MODEL, inputs={"text": TEXT})
        assert status == 400 and "Version 1 is served now" in answer["error"] and "version 7" in answer["error"]
