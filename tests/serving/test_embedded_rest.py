"""What the embedded server's REST interface does beyond the contract."""

import gzip
import json
import threading

import pytest

from tests.serving.http_requests import PREDICT, request


@pytest.fixture
def post(server):
    """Asks the zoo for predictions: (status, parsed answer)."""

    def post(body, headers=None):
        status, _, content = request(server.rest_port, "POST", PREDICT, body, headers)
        return status, json.loads(content)

    return post


def numbers(signature, text):
    return f'{{"signature_name": "{signature}", "instances": [{text}]}}'


class TestDocuments:
    @pytest.mark.parametrize(
        "body, message",
        [
            (b'{"instances": ' + b"[" * 100000, "JSON Parse error: "),
            (b'{"instances": ' + b"[" * 100000 + b"]" * 100000 + b"}", "JSON Parse error: The document is nested too"),
        ],
        ids=["open", "closed"],
    )
    def test_bottomless_nesting(self, post, body, message):
        status, answer = post(body)
        assert status == 400
        assert message in answer["error"]

    @pytest.mark.parametrize("depth", [50, 500, 900, 990])
    def test_deep_nesting(self, post, depth):
        assert post(b'{"inputs": ' + b"[" * depth + b'"a"' + b"]" * depth + b"}")[0] == 400

    def test_a_byte_order_mark_is_passed_over(self, post):
        assert post(b'\xef\xbb\xbf{"instances": ["a"]}')[0] == 200

    def test_any_content_type_and_gzip(self, post):
        body = gzip.compress(b'{"signature_name": "echo", "instances": ["a"]}')
        headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain"}
        assert post(body, headers) == (200, {"predictions": ["a"]})

    def test_errors_quote_little_of_a_large_document(self, post):
        status, body = post({"instances": [], "rest": "x" * 10**6})
        assert status == 400
        assert len(body["error"]) < 1000

    def test_query_strings_do_not_matter(self, server):
        assert request(server.rest_port, "GET", "/v1/models/zoo?verbose=1")[0] == 200


class TestValues:
    def test_base64_padding_may_be_left_out(self, post):
        body = {"signature_name": "echo", "instances": [{"b64": "YQ"}, {"b64": "YQ=="}]}
        assert post(body) == (200, {"predictions": ["a", "a"]})

    @pytest.mark.parametrize(
        "signature, text", [("floats", "1e39"), ("floats", "16777216"), ("doubles", "9007199254740992")]
    )
    def test_numbers_that_would_lose_digits(self, post, signature, text):
        assert post(numbers(signature, text))[0] == 400

    # Printed as C's %g does where that gives the number back.
    @pytest.mark.parametrize(
        "number, text",
        [
            ("9000000", "9e+06"),
            ("0.00003", "3e-05"),
            ("1234567", "1234567.0"),
            ("16777215", "16777215.0"),
            ("3.4028234663852886e38", "3.40282347e+38"),
            ("1e-45", "1.4013e-45"),
        ],
    )
    def test_float_format(self, server, number, text):
        _, _, content = request(server.rest_port, body=numbers("floats", number))
        assert b"".join(content.split()) == f'{{"predictions":[{text}]}}'.encode()


class TestRunning:
    def test_errors_of_the_model_without_its_stack(self, post):
        status, body = post({"signature_name": "refuse", "instances": [3]})
        assert status == 400
        assert "stack trace" not in body["error"]

    def test_newest_version_first(self, server):
        _, _, content = request(server.rest_port, "GET", "/v1/models/zoo")
        assert [entry["version"] for entry in json.loads(content)["model_version_status"]] == ["12", "1"]

    def test_parallel_requests_keep_their_answers(self, post):
        answers = {}

        def ask(number):
            bodies = [{"signature_name": "integers", "instances": [number + step]} for step in range(10)]
            answers[number] = [post(body) for body in bodies]

        threads = [threading.Thread(target=ask, args=(100 * number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 12
        for number, rows in answers.items():
            assert rows == [(200, {"predictions": [2 * (number + step)]}) for step in range(10)]
