"""Contract 3.4: `:classify` and `:regress`."""

import pytest


def test_classify(post):
    examples = {"examples": [{"text": "abcd"}, {"text": ["ab"], "bonus": 1}]}
    answer = {"results": [[["length", 4.0], ["half", 2.0]], [["length", 3.0], ["half", 1.5]]]}
    assert post({"signature_name": "classify", **examples}, ":classify") == (200, answer)


def test_classify_with_one_output(post):
    examples = {"examples": [{"text": "abc"}]}
    status, answer = post({"signature_name": "classes_only", **examples}, ":classify")
    assert status == 200
    assert [label for label, _ in answer["results"][0]] == ["a", "b"]
    status, answer = post({"signature_name": "scores_only", **examples}, ":classify")
    assert status == 200
    assert [score for _, score in answer["results"][0]] == [3.0]


@pytest.mark.parametrize("signature", ["regress", "regress_column"])
def test_regress(post, signature):
    body = {"signature_name": signature, "examples": [{"text": "abcd"}, {"text": {"b64": "YQ=="}}]}
    assert post(body, ":regress") == (200, {"results": [4.0, 1.0]})


def test_context_is_shared_and_overridden(post):
    body = {"signature_name": "regress", "context": {"bonus": 10}, "examples": [{"text": "a"}, {"bonus": True}]}
    assert post(body, ":regress") == (200, {"results": [11.0, 1.0]})


@pytest.mark.parametrize("verb", [":classify", ":regress"])
@pytest.mark.parametrize(
    "body, ours",
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
    ],
)
def test_rejected_examples(refused, verb, body, ours):
    refused(body, verb, ours=ours)


def test_unknown_signatures(refused):
    body = {"examples": [{"text": "a"}], "signature_name": "x"}
    for verb in (":classify", ":regress"):
        refused(body, verb, contract="No signature was found with the name: x")


@pytest.mark.parametrize(
    "signature, ours",
    [
        ("join", "Expected one input Tensor."),
        ("echo", "No classification inputs found"),
        ("regress", "at least one of"),
        ("flat_scores", "Expected Tensor shape: [batch_size num"),
    ],
)
def test_signatures_that_are_no_classification(refused, signature, ours):
    refused({"examples": [{"text": "a"}], "signature_name": signature}, ":classify", ours=ours)


@pytest.mark.parametrize("signature", ["classify", "scores_only", "join", "echo"])
def test_signatures_that_are_no_regression(refused, signature):
    refused({"examples": [{"text": "a"}], "signature_name": signature}, ":regress")
