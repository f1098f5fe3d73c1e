"""Contract 3.2 and 3.3: strings, bytes and numbers in JSON."""

import base64
import json

import numpy as np
import pytest

from tests.serving.contract.rest_bodies import predict


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

    def test_outputs_are_bytes_by_their_name(self, post):
        assert post(predict("echo_bytes", instances=["a"])) == (200, {"predictions": [{"b64": "YQ=="}]})
        assert post(predict("echo", instances=[{"b64": "YQ=="}])) == (200, {"predictions": ["a"]})

    def test_invalid_utf8_passes_through(self, call):
        body = b'{"signature_name": "echo", "instances": ["caf\xe9", "caf\xc3\xa9"]}'
        status, _, content = call("POST", "/v1/models/zoo:predict", body)
        assert status == 200
        assert b'"caf\xe9"' in content
        assert b'"caf\xc3\xa9"' in content

    @pytest.mark.parametrize("item", [{"b64": "!!"}, {"b64": "Y"}, {"b64": "日本"}])
    def test_bad_base64(self, refused, item):
        refused(predict("echo", instances=[item]), contract="Unable to base64 decode")

    @pytest.mark.parametrize(
        "signature, item", [("echo", {"b64": "YQ==", "x": 1}), ("echo", {"b64": 3}), ("integers", {"b64": "YQ=="})]
    )
    def test_b64_is_the_one_key_and_for_strings_alone(self, refused, signature, item):
        refused(predict(signature, instances=[item]))


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
            ("f32", "1"),
            ("f32", 10**400),
            ("f64", "0.1"),
            ("flag", 1),
            ("flag", "true"),
        ],
    )
    def test_values_of_another_type(self, refused, name, value):
        refused(
            predict("types", instances=[{**self.ROW, name: value}]),
            ours=f"Failed to process element: 0 key: {name} of 'instances' list. Error: INVALID_ARGUMENT:",
        )

    @pytest.mark.parametrize("value", [1, 1.5, None, True, ["a"]])
    def test_strings_alone_are_strings(self, refused, value):
        refused(predict("echo", instances=[value]))

    # The shortest form that gives the number back, else 9 (float) or 17 (double) digits; never like an integer.
    @pytest.mark.parametrize(
        "number, text",
        [
            ("0.2", "0.2"),
            ("1", "1.0"),
            ("-0.0", "-0.0"),
            ("0.333333343267", "0.333333343"),
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
        bits = np.random.default_rng(7).integers(0, 2**32, 2000, np.uint64).astype(np.uint32)
        values = bits.view(np.float32)
        values = values[np.isfinite(values)]
        body = json.dumps({"signature_name": "floats", "instances": values.astype(np.float64).tolist()})
        _, _, content = call("POST", "/v1/models/zoo:predict", body)
        texts = json.loads(
            content, parse_float=str, parse_int=lambda text: pytest.fail(f"{text} looks like an integer")
        )
        returned = np.array(texts["predictions"], np.float64).astype(np.float32)
        np.testing.assert_array_equal(returned.view(np.uint32), values.view(np.uint32))
