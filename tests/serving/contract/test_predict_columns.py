"""Contract 3.2 and 3.3: `inputs` in, `outputs` out."""

import pytest

from tests.serving.contract.rest_bodies import predict


def test_single_input_with_and_without_its_name(post):
    expected = (200, {"outputs": ["a", "bc"]})
    assert post(predict("echo", inputs=["a", "bc"])) == expected
    assert post(predict("echo", inputs={"text": ["a", "bc"]})) == expected


def test_several_inputs_and_outputs_with_extra_keys(post):
    inputs = {"text": ["a"], "text_pair": ["b"], "extra": 1}
    assert post(predict("join", inputs=inputs)) == (200, {"outputs": {"joined": ["ab"], "length": [1]}})


def test_first_dimensions_may_differ(post):
    inputs = {"a": ["x"], "b": ["x", "y", "z"]}
    assert post(predict("sizes", inputs=inputs)) == (200, {"outputs": {"a": [1], "b": [3]}})


def test_scalars(post):
    assert post(predict("scalar", inputs=1.5)) == (200, {"outputs": 3.0})


def test_an_empty_batch(post):
    assert post(predict("echo", inputs=[])) == (200, {"outputs": []})
    status, body = post({"inputs": {"text": []}})
    assert status == 200
    assert body["outputs"] == {"label": [], "score": [], "probabilities": []}


def test_uneven_outputs_are_fine_here(post):
    assert post(predict("uneven", inputs=[1])) == (200, {"outputs": {"y": [1.0], "z": [1.0, 1.0]}})


def test_a_missing_input(refused):
    message = "Missing named input: text_pair in 'inputs' object."
    refused(predict("join", inputs={"text": ["a"]}), contract=message)


@pytest.mark.parametrize("inputs", [["a"], "a", 3, None, True])
def test_several_inputs_need_an_object(refused, inputs):
    refused(predict("join", inputs=inputs))


def test_ragged_nesting(refused):
    refused(predict("matrix", inputs=[[1, 2], [3]]), contract="Encountered list at unexpected size")


def test_a_type_that_json_has_no_form_for(refused):
    refused(predict("half_input", inputs=[1.0]), status=501, ours="Conversion of JSON Value: 1.0 to type: half")


def test_an_output_that_json_has_no_form_for(refused):
    refused(predict("half_output", inputs=[1.0]), contract="Failed to write JSON value for tensor type")
