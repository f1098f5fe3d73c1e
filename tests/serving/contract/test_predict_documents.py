"""Contract 3.2: what a predict request's JSON document may be."""

import pytest


@pytest.mark.parametrize(
    "body, contract",
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"   ", "JSON Parse error: "),
        (b"{", "JSON Parse error: "),
        (b'{"instances": ["a"]} x', "JSON Parse error: "),
        (b"[1]", ""),
        (b'"instances"', ""),
        (b"null", ""),
    ],
)
def test_the_body_is_one_object(refused, body, contract):
    refused(body, contract=contract)


def test_one_of_instances_and_inputs(refused):
    refused({}, contract="Missing 'inputs' or 'instances' key")
    refused({"instances": ["a"], "inputs": ["a"]})


@pytest.mark.parametrize("name", [100, None, ["echo"], {}])
def test_the_signature_name_is_a_string(refused, name):
    refused({"signature_name": name, "instances": ["a"]})


def test_an_unknown_signature_is_400_over_rest(refused):
    message = 'Serving signature name: "x" not found in signature def'
    refused({"signature_name": "x", "instances": ["a"]}, contract=message)


def test_the_signature_name_has_a_default(post):
    document = {"instances": ["abc"]}
    assert post(document) == post({"signature_name": "serving_default", **document})


@pytest.mark.parametrize(
    "body, ours",
    [
        (b'{"instances": ["\\ud800"]}', "The surrogate pair in string is invalid"),
        (b'{"instances": ["\\udc80"]}', "The surrogate pair in string is invalid"),
        (b'{"instances": [1e999]}', "Number too big to be stored in double."),
        (b'{"instances": [' + b"9" * 5000 + b"]}", "Number too big to be stored in double."),
    ],
)
def test_what_json_cannot_mean(refused, body, ours):
    refused(body, ours=ours)
