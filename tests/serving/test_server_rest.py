"""The REST interface, row by row of TensorFlow Serving's contract."""

import base64
import gzip
import http.client
import json
import threading

import numpy as np
import pytest


def predict(signature, **body):
    return {"signature_name": signature, **body}


class TestUrls:
    def test_newest_version_by_default(self, post):
        assert post(predict("which", instances=["a"])) == (200, {"predictions": ["v12"]})

    @pytest.mark.parametrize("version, answer", [("1", "v1"), ("12", "v12"), ("00012", "v12")])
    def test_version_in_the_path(self, post, version, answer):
        status, body = post(predict("which", instances=["a"]), f"/versions/{version}:predict")
        assert (status, body) == (200, {"predictions": [answer]})

    def test_paths_ignore_case_and_names_are_decoded(self, call):
        status, _, _ = call("POST", "/V1/Models/%7Aoo:PREDICT", {"instances": ["a"]})
        assert status == 200
        assert call("POST", "/v1/models/ZOO:predict", {"instances": ["a"]})[0] == 404

    def test_query_strings_do_not_matter(self, get):
        assert get("/v1/models/zoo?verbose=1")[0] == 200

    @pytest.mark.parametrize(
        "path, message",
        [
            ("/versions/9:predict", "Servable not found for request: Specific(zoo, 9)"),
            (
                "/versions/9223372036854775807:classify",
                "Servable not found for request: Specific(zoo, 9223372036854775807)",
            ),
        ],
    )
    def test_unknown_version(self, post, path, message):
        assert post({"instances": ["a"], "examples": [{}]}, path) == (404, {"error": message})

    def test_unknown_model(self, call):
        for verb in ("predict", "classify", "regress"):
            body = {"instances": ["a"], "examples": [{}]}
            status, _, content = call("POST", f"/v1/models/lion:{verb}", body)
            assert (status, json.loads(content)["error"]) == (404, "Servable not found for request: Latest(lion)")

    def test_unknown_label(self, post, get):
        error = {"error": "Unrecognized servable version label: canary"}
        assert post({"instances": ["a"]}, "/labels/canary:predict") == (400, error)
        assert get("/v1/models/zoo/labels/canary/metadata") == (400, error)

    def test_a_version_beyond_64_bits(self, post, get):
        for number in ("9223372036854775808", "9" * 5000):
            error = {"error": f"Failed to convert version: {number} to numeric."}
            assert post({"instances": ["a"]}, f"/versions/{number}:predict") == (400, error)

    @pytest.mark.parametrize(
        "method, path",
        [
            ("POST", "/v1/models/zoo"),
            ("GET", "/v1/models/zoo:predict"),
            ("POST", "/v1/models/zoo:generate"),
            ("POST", "/v1/models/zoo/versions/x:predict"),
            ("GET", "/v1/models/zoo/versions/-1"),
            ("POST", "/v1/models/:predict"),
            ("PUT", "/v1/models/zoo:predict"),
            ("DELETE", "/v1/models/zoo"),
            ("GET", "/v1/"),
            ("GET", "/v1/models/zoo/"),
        ],
    )
    def test_malformed_requests(self, call, method, path):
        status, headers, content = call(method, path)
        assert (status, headers["Content-Type"]) == (400, "application/json")
        assert json.loads(content) == {"error": f"Malformed request: {method} {path}"}

    def test_other_paths_are_plain_404(self, call):
        for path in ("/", "/v2/health/ready", "/metrics", "/../etc/passwd"):
            status, headers, content = call("GET", path)
            assert status == 404
            assert headers["Content-Type"].startswith("text/html")


class TestRowFormat:
    def test_single_input_as_values_or_objects(self, post):
        expected = (200, {"predictions": ["a", "bc"]})
        assert post(predict("echo", instances=["a", "bc"])) == expected
        assert post(predict("echo", instances=[{"text": "a"}, {"text": "bc"}])) == expected

    def test_several_outputs_are_objects(self, post):
        status, body = post({"instances": ["abc", ""]})
        assert status == 200
        assert body["predictions"][0] == {"label": "long", "score": 0.75, "probabilities": [0.25, 0.75]}
        assert body["predictions"][1] == {"label": "short", "score": 1.0, "probabilities": [1.0, 0.0]}

    def test_several_inputs(self, post):
        rows = [{"text": "a", "text_pair": "b"}, {"text_pair": "d", "text": "cc"}]
        assert post(predict("join", instances=rows)) == (
            200,
            {"predictions": [{"joined": "ab", "length": 1}, {"joined": "ccd", "length": 2}]},
        )

    def test_higher_ranks(self, post):
        assert post(predict("matrix", instances=[[1, 2], [3.5, 4]])) == (
            200,
            {"predictions": [[2.0, 4.0], [7.0, 8.0]]},
        )
        status, body = post(predict("tables", instances=[1, 2]))
        assert body["predictions"][1] == {"empty": [], "cube": [[2.0, 2.0], [2.0, 2.0]]}

    @pytest.mark.parametrize(
        "signature, instances, message",
        [
            ("join", ["a"], "expecting list of objects as multiple input tensors required"),
            ("join", [{"text": "a"}], "keys must be equal to: text,text_pair"),
            ("join", [{"text": "a", "text_pair": "b", "x": 1}], "JSON object: does not have named input: x"),
            ("echo", [{"text": "a"}, "b"], "Expecting object but got list at item 1 of input list"),
            ("echo", ["b", {"text": "a"}], "Expecting value/list but got object at item 1 of input list"),
            ("matrix", [[1, 2], [3]], "Expecting tensor size: 2 but got: 1"),
            ("matrix", [[[1, 2, 3, 4]], [[1, 2], [3, 4]]], "Expecting shape [1,4] but got: [2,2]"),
            ("matrix", [[1, [2]]], "Encountered list at unexpected level: 1 expected < 1"),
            ("matrix", [[[1, 2], [3]]], "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
            ("matrix", [[[1], 2]], "found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
            ("echo", [1], "JSON Value: 1 Type: Number is not of expected type: string"),
            ("echo", [None], "Type: Null is not of expected type: string"),
            ("floats", ["1"], "Type: String is not of expected type: float"),
            ("half_input", [1.0], "UNIMPLEMENTED: Conversion of JSON Value: 1.0 to type: half"),
        ],
    )
    def test_rejected_instances(self, post, signature, instances, message):
        status, body = post(predict(signature, instances=instances))
        assert status == 400
        assert message in body["error"]

    @pytest.mark.parametrize("instances", [[], {}, "a", None, 3])
    def test_instances_is_a_list_with_elements(self, post, instances):
        assert post(predict("echo", instances=instances))[0] == 400

    @pytest.mark.parametrize(
        "signature, message", [("uneven", "has inconsistent batch size: "), ("nothing", "input map")]
    )
    def test_answers_that_have_no_rows(self, post, signature, message):
        status, body = post(predict(signature, instances=[1.0]))
        assert status == 400
        assert message in body["error"]


class TestColumnFormat:
    def test_single_input_with_and_without_its_name(self, post):
        expected = (200, {"outputs": ["a", "bc"]})
        assert post(predict("echo", inputs=["a", "bc"])) == expected
        assert post(predict("echo", inputs={"text": ["a", "bc"]})) == expected

    def test_several_inputs_and_outputs_with_extra_keys(self, post):
        inputs = {"text": ["a"], "text_pair": ["b"], "extra": 1}
        assert post(predict("join", inputs=inputs)) == (200, {"outputs": {"joined": ["ab"], "length": [1]}})

    def test_first_dimensions_may_differ(self, post):
        inputs = {"a": ["x"], "b": ["x", "y", "z"]}
        assert post(predict("sizes", inputs=inputs)) == (200, {"outputs": {"a": [1], "b": [3]}})

    def test_scalars(self, post):
        assert post(predict("scalar", inputs=1.5)) == (200, {"outputs": 3.0})
        status, body = post(predict("scalar", instances=[1.5]))
        assert status == 400

    def test_an_empty_batch(self, post):
        assert post(predict("echo", inputs=[])) == (200, {"outputs": []})
        status, body = post({"inputs": {"text": []}})
        assert status == 200
        assert body["outputs"] == {"label": [], "score": [], "probabilities": []}

    def test_uneven_outputs_are_fine_here(self, post):
        assert post(predict("uneven", inputs=[1])) == (200, {"outputs": {"y": [1.0], "z": [1.0, 1.0]}})

    @pytest.mark.parametrize(
        "signature, inputs, code, message",
        [
            ("join", {"text": ["a"]}, 400, "Missing named input: text_pair in 'inputs' object."),
            ("join", ["a"], 400, "inputs is a plain value/list, but expecting an object"),
            ("half_input", [1.0], 501, "Conversion of JSON Value: 1.0 to type: half"),
            ("matrix", [[1, 2], [3]], 400, "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
            ("half_output", [1.0], 400, "Failed to write JSON value for tensor type: half"),
        ],
    )
    def test_rejected_inputs(self, post, signature, inputs, code, message):
        status, body = post(predict(signature, inputs=inputs))
        assert status == code
        assert message in body["error"]


class TestDocument:
    @pytest.mark.parametrize(
        "body, message",
        [
            (b"", "JSON Parse error: The document is empty"),
            (b"   ", "JSON Parse error: "),
            (b"{", "JSON Parse error: "),
            (b'{"instances": ["a"]} x', "JSON Parse error: "),
            (b"[1]", "Is not object"),
            (b'"instances"', "Is not object"),
            (b"{}", "Missing 'inputs' or 'instances' key"),
            (b'{"instances": ["a"], "inputs": ["a"]}', "expecting only one of 'inputs' or 'instances' keys to exist"),
            (b'{"signature_name": 100}', "'signature_name' key must be a string value."),
            (b'{"signature_name": "x"}', 'Serving signature name: "x" not found in signature def'),
            (b'{"instances": ["\\ud800"]}', "The surrogate pair in string is invalid"),
            (b'{"instances": ["\\udc80"]}', "The surrogate pair in string is invalid"),
            (b'{"instances": [1e999]}', "Number too big to be stored in double."),
            (b'{"instances": [' + b"9" * 5000 + b"]}", "Number too big to be stored in double."),
            (b'{"instances": ' + b"[" * 100000, "JSON Parse error: "),
            (b'{"instances": ' + b"[" * 100000 + b"]" * 100000 + b"}", "JSON Parse error: The document is nested too"),
        ],
    )
    def test_hostile_bodies(self, post, body, message):
        status, answer = post(body)
        assert status == 400
        assert list(answer) == ["error"]
        assert message in answer["error"]

    @pytest.mark.parametrize("depth", [50, 500, 900, 990])
    def test_deep_nesting_never_breaks_the_server(self, post, depth):
        status, _ = post(b'{"inputs": ' + b"[" * depth + b'"a"' + b"]" * depth + b"}")
        assert status == 400

    def test_a_byte_order_mark_is_passed_over(self, post):
        assert post(b'\xef\xbb\xbf{"instances": ["a"]}')[0] == 200

    def test_any_content_type_and_gzip(self, server):
        connection = http.client.HTTPConnection("127.0.0.1", server.rest_port)
        body = gzip.compress(b'{"signature_name": "echo", "instances": ["a"]}')
        connection.request("POST", "/v1/models/zoo:predict", body, {"Content-Encoding": "gzip"})
        assert json.loads(connection.getresponse().read()) == {"predictions": ["a"]}
        connection.close()

    def test_errors_quote_little_of_a_large_document(self, post):
        status, body = post({"instances": [], "rest": "x" * 10**6})
        assert status == 400
        assert len(body["error"]) < 1000

    def test_a_body_over_the_limit(self, server):
        connection = http.client.HTTPConnection("127.0.0.1", server.rest_port)
        connection.putrequest("POST", "/v1/models/zoo:predict")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        megabyte = b"100000\r\n" + b" " * 2**20 + b"\r\n"
        try:
            for _ in range(80):
                connection.send(megabyte)
            connection.send(b"0\r\n\r\n")
        except OSError:
            pass  # the server has closed its side already
        try:
            response = connection.getresponse()
        except OSError:
            return  # its answer went down with the connection
        assert response.status == 413
        assert "error" in json.loads(response.read())


class TestStrings:
    @pytest.mark.parametrize("text", ["", "日本語", "😀", '"\\/\b\f\n\r\t\u0000\u001f', "\u2028", "a\u0000"])
    def test_text_survives(self, post, text):
        assert post(predict("echo", instances=[text])) == (200, {"predictions": [text]})

    def test_bytes_in_and_out(self, post):
        raw = bytes(range(256))
        item = {"b64": base64.b64encode(raw).decode()}
        assert post(predict("echo_bytes", instances=[item, item])) == (200, {"predictions": [item, item]})
        assert post(predict("echo_bytes", inputs=[item])) == (200, {"outputs": [item]})
        assert post(predict("echo_bytes", instances=[{"text": item}])) == (200, {"predictions": [item]})

    def test_base64_padding_may_be_left_out(self, post):
        assert post(predict("echo", instances=[{"b64": "YQ"}, {"b64": "YQ=="}]))[1] == {"predictions": ["a", "a"]}

    def test_invalid_utf8_passes_through(self, call):
        body = b'{"signature_name": "echo", "instances": ["caf\xe9", "caf\xc3\xa9"]}'
        status, _, content = call("POST", "/v1/models/zoo:predict", body)
        assert status == 200
        assert b'"caf\xe9"' in content
        assert b'"caf\xc3\xa9"' in content

    @pytest.mark.parametrize(
        "signature, item, message",
        [
            ("echo", {"b64": "YQ==", "x": 1}, "does not have named input"),
            ("echo", {"b64": 3}, "does not have named input: b64"),
            ("echo", {"b64": "!!"}, "Unable to base64 decode"),
            ("echo", {"b64": "Y"}, "Unable to base64 decode"),
            ("echo", {"b64": "日本"}, "Unable to base64 decode"),
            ("integers", {"b64": "YQ=="}, "Type: Object is not of expected type: int32"),
        ],
    )
    def test_bad_bytes(self, post, signature, item, message):
        status, body = post(predict(signature, instances=[item]))
        assert status == 400
        assert message in body["error"]


class TestNumbers:
    ROW = {"i8": -5, "i32": 7, "i64": 2**62 + 1, "u8": 200, "u64": 2**64 - 1, "f32": 0.5, "f64": 0.1, "flag": True}

    def test_every_type_survives(self, post):
        assert post(predict("types", instances=[self.ROW])) == (200, {"predictions": [self.ROW]})

    @pytest.mark.parametrize(
        "name, value",
        [
            ("i32", 1.0),
            ("i32", 2**31),
            ("i32", True),
            ("i32", "1"),
            ("i64", 1.0),
            ("i64", 2**63),
            ("u64", -1),
            ("u64", 2**64),
            ("f32", True),
            ("f32", None),
            ("f32", 1e39),
            ("f32", 2**24),
            ("f32", 10**400),
            ("f64", 2**53),
            ("f64", "0.1"),
            ("flag", 1),
            ("flag", "true"),
        ],
    )
    def test_values_of_another_type(self, post, name, value):
        status, body = post(predict("types", instances=[{**self.ROW, name: value}]))
        assert status == 400
        assert (
            f"Failed to process element: 0 key: {name} of 'instances' list. Error: INVALID_ARGUMENT:" in body["error"]
        )

    # Printed as C's %g does where that gives the number back, else with 9 or 17 digits.
    @pytest.mark.parametrize(
        "number, text",
        [
            ("0.2", "0.2"),
            ("1", "1.0"),
            ("-0.0", "-0.0"),
            ("9000000", "9e+06"),
            ("0.00003", "3e-05"),
            ("0.333333343267", "0.333333343"),
            ("1234567", "1234567.0"),
            ("16777215", "16777215.0"),
            ("3.4028234663852886e38", "3.40282347e+38"),
            ("1e-45", "1.4013e-45"),
            ("NaN", "NaN"),
            ("Infinity", "Infinity"),
            ("-Infinity", "-Infinity"),
        ],
    )
    def test_float_format(self, call, number, text):
        body = f'{{"signature_name": "floats", "instances": [{number}]}}'
        status, _, content = call("POST", "/v1/models/zoo:predict", body)
        assert status == 200
        assert content.decode().replace(" ", "").replace("\n", "") == f'{{"predictions":[{text}]}}'

    @pytest.mark.parametrize(
        "number, text", [("0.1", "0.1"), ("0.12345678901234566", "0.12345678901234566"), ("5", "5.0")]
    )
    def test_double_format(self, call, number, text):
        body = f'{{"signature_name": "doubles", "instances": [{number}]}}'
        _, _, content = call("POST", "/v1/models/zoo:predict", body)
        assert json.loads(content, parse_float=str) == {"predictions": [text]}

    def test_every_float_survives(self, call):
        bits = np.random.default_rng(7).integers(0, 2**32, 5000, np.uint64).astype(np.uint32)
        values = bits.view(np.float32)
        values = values[np.isfinite(values)]
        body = json.dumps({"signature_name": "floats", "instances": values.astype(np.float64).tolist()})
        _, _, content = call("POST", "/v1/models/zoo:predict", body)
        texts = json.loads(
            content, parse_float=str, parse_int=lambda text: pytest.fail(f"{text} looks like an integer")
        )
        returned = np.array(texts["predictions"], np.float64).astype(np.float32)
        np.testing.assert_array_equal(returned.view(np.uint32), values.view(np.uint32))


class TestClassifyAndRegress:
    def test_classify(self, post):
        examples = {"examples": [{"text": "abcd"}, {"text": ["ab"], "bonus": 1}]}
        assert post({"signature_name": "classify", **examples}, ":classify") == (
            200,
            {"results": [[["length", 4.0], ["half", 2.0]], [["length", 3.0], ["half", 1.5]]]},
        )

    def test_classify_with_one_output(self, post):
        examples = {"examples": [{"text": "abc"}]}
        assert post({"signature_name": "classes_only", **examples}, ":classify")[1] == {
            "results": [[["a", 0.0], ["b", 0.0]]]
        }
        assert post({"signature_name": "scores_only", **examples}, ":classify")[1] == {"results": [[["", 3.0]]]}

    @pytest.mark.parametrize("signature", ["regress", "regress_column"])
    def test_regress(self, post, signature):
        body = {"signature_name": signature, "examples": [{"text": "abcd"}, {"text": {"b64": "YQ=="}}]}
        assert post(body, ":regress") == (200, {"results": [4.0, 1.0]})

    def test_context_is_shared_and_overridden(self, post):
        body = {"signature_name": "regress", "context": {"bonus": 10}, "examples": [{"text": "a"}, {"bonus": True}]}
        assert post(body, ":regress") == (200, {"results": [11.0, 1.0]})

    @pytest.mark.parametrize(
        "body, message",
        [
            ({}, "key 'examples' is expected and was not found"),
            ({"examples": []}, "'examples' value is an empty array"),
            ({"examples": {}}, "Expecting 'examples' value to be an list/array"),
            ({"examples": ["a"]}, "Example must be JSON object but got JSON String"),
            ({"examples": [{}], "context": 1}, "Example must be JSON object but got JSON Number"),
            ({"examples": [{"text": ["a", 1]}]}, "Unexpected element type in feature: text expecting type: bytes"),
            ({"examples": [{"x": [1, 1.5]}]}, "Unexpected element type in feature: x expecting type: int64"),
            ({"examples": [{"x": [[1]]}]}, "Feature: x has element with unexpected JSON type: Array"),
            ({"examples": [{"x": None}]}, "Feature: x has element with unexpected JSON type: Null"),
            ({"examples": [{"x": {"y": 1}}]}, "Feature: x has element with unexpected JSON type: Object"),
            ({"examples": [{"x": 2**63}]}, "Feature: x has uint64 element. Only int64 is supported."),
            ({"examples": [{"x": 1e39}]}, "without loss of precision"),
            ({"examples": [{"text": "a"}], "signature_name": "x"}, "No signature was found with the name: x"),
            ({"examples": [{"text": 1}], "signature_name": "classify"}, "text"),
            ({"examples": [{"text": "a"}], "signature_name": "join"}, "Expected one input Tensor."),
            ({"examples": [{"text": "a"}], "signature_name": "echo"}, "No classification inputs found"),
            ({"examples": [{"text": "a"}], "signature_name": "regress"}, "at least one of"),
            ({"examples": [{"text": "a"}], "signature_name": "flat_scores"}, "Expected Tensor shape: [batch_size num"),
        ],
    )
    def test_rejected_examples(self, post, body, message):
        status, answer = post(body, ":classify")
        assert status == 400
        assert message in answer["error"]

    def test_regress_needs_a_regression(self, post):
        examples = [{"text": "a"}]
        assert post({"signature_name": "classify", "examples": examples}, ":regress") == (
            400,
            {"error": "Expected one output Tensor."},
        )
        status, body = post({"signature_name": "scores_only", "examples": examples}, ":regress")
        assert status == 400
        assert "No regression outputs found" in body["error"]


class TestStatusAndMetadata:
    OK = {"error_code": "OK", "error_message": ""}

    def test_status_of_all_versions_newest_first(self, get):
        versions = [{"version": version, "state": "AVAILABLE", "status": self.OK} for version in ("12", "1")]
        assert get("/v1/models/zoo") == (200, {"model_version_status": versions})
        assert get("/v1/models/zoo/labels/any") == (200, {"model_version_status": versions})

    def test_status_of_one_version(self, get):
        version = {"version": "1", "state": "AVAILABLE", "status": self.OK}
        assert get("/v1/models/zoo/versions/1") == (200, {"model_version_status": [version]})

    @pytest.mark.parametrize(
        "path, code, message",
        [
            ("/v1/models", 400, "Missing model name in request."),
            ("/v1/models/lion", 404, "Could not find any versions of model lion"),
            ("/v1/models/lion/versions/1", 404, "Could not find version 1 of model lion"),
            ("/v1/models/zoo/versions/9", 404, "Could not find version 9 of model zoo"),
            ("/v1/models/lion/metadata", 404, "Servable not found for request: Latest(lion)"),
            ("/v1/models/zoo/versions/9/metadata", 404, "Servable not found for request: Specific(zoo, 9)"),
        ],
    )
    def test_errors(self, get, path, code, message):
        assert get(path) == (code, {"error": message})

    def test_metadata(self, get):
        status, body = get("/v1/models/zoo/metadata")
        assert status == 200
        assert body["model_spec"] == {"name": "zoo", "signature_name": "", "version": "12"}
        signatures = body["metadata"]["signature_def"]["signature_def"]
        assert {"serving_default", "classify", "regress", "__saved_model_init_op"} <= set(signatures)
        join = signatures["join"]
        assert join["method_name"] == "tensorflow/serving/predict"
        assert join["defaults"] == {}
        assert set(join["inputs"]) == {"text", "text_pair"}
        text = join["inputs"]["text"]
        assert text["dtype"] == "DT_STRING"
        assert text["tensor_shape"] == {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}
        assert text["name"].endswith(":0")
        assert get("/v1/models/zoo/versions/1/metadata")[1]["model_spec"]["version"] == "1"


class TestRunning:
    def test_the_models_own_error(self, post):
        status, body = post(predict("refuse", instances=[3]))
        assert status == 400
        assert "no negative number was given" in body["error"]
        assert "stack trace" not in body["error"]

    def test_parallel_requests_keep_their_answers(self, post):
        answers = {}

        def ask(number):
            answers[number] = [post(predict("integers", instances=[number + step])) for step in range(10)]

        threads = [threading.Thread(target=ask, args=(100 * number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 12
        for number, rows in answers.items():
            assert rows == [(200, {"predictions": [2 * (number + step)]}) for step in range(10)]
