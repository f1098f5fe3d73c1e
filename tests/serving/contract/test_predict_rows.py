"""Contract 3.2 and 3.3: `instances` in, `predictions` out."""

import pytest

from tests.serving.contract.rest_bodies import predict


def test_single_input_as_values_or_objects(post):
    expected = (200, {"predictions": ["a", "bc"]})
    assert post(predict("echo", instances=["a", "bc"])) == expected
    assert post(predict("echo", instances=[{"text": "a"}, {"text": "bc"}])) == expected


def test_several_outputs_are_objects(post):
    status, body = post({"instances": ["abc", ""]})
    assert status == 200
    assert body["predictions"][0] == {"label": "long", "score": 0.75, "probabilities": [0.25, 0.75]}
    assert body["predictions"][1] == {"label": "short", "score": 1.0, "probabilities": [1.0, 0.0]}


def test_several_inputs(post):
    rows = [{"text": "a", "text_pair": "b"}, {"text_pair": "d", "text": "cc"}]
    answer = {"predictions": [{"joined": "ab", "length": 1}, {"joined": "ccd", "length": 2}]}
    assert post(predict("join", instances=rows)) == (200, answer)


def test_higher_ranks(post):
    assert post(predict("matrix", instances=[[1, 2], [3.5, 4]])) == (200, {"predictions": [[2.0, 4.0], [7.0, 8.0]]})
    status, body = post(predict("tables", instances=[1, 2]))
    assert status == 200
    assert body["predictions"][1] == {"empty": [], "cube": [[2.0, 2.0], [2.0, 2.0]]}


def test_the_answer_holds_predictions_alone(post):
    assert list(post({"instances": ["a"]})[1]) == ["predictions"]  # no model_spec


@pytest.mark.parametrize("rows", [[{"text": "a"}], [{"text": "a", "text_pair": "b", "x": 1}], [{"x": "a", "y": "b"}]])
def test_keys_equal_the_set_of_inputs(refused, rows):
    refused(predict("join", instances=rows))


def test_the_message_names_the_keys(refused):
    refused(predict("join", instances=[{"text": "a"}]), contract="keys must be equal to: text,text_pair")


@pytest.mark.parametrize(
    "signature, instances, ours",
    [
        ("join", ["a"], "expecting list of objects as multiple input tensors required"),
        ("echo", [{"text": "a"}, "b"], "Expecting object but got list at item 1 of input list"),
        ("echo", ["b", {"text": "a"}], "Expecting value/list but got object at item 1 of input list"),
    ],
)
def test_values_where_objects_belong(refused, signature, instances, ours):
    refused(predict(signature, instances=instances), ours=ours)


def test_rows_of_equal_size(refused):
    message = "Expecting tensor size: 2 but got: 1"
    refused(predict("matrix", instances=[[1, 2], [3]]), contract=message)


@pytest.mark.parametrize(
    "instances, ours",
    [
        ([[[1, 2, 3, 4]], [[1, 2], [3, 4]]], "Expecting shape [1,4] but got: [2,2]"),
        ([[[1], 2]], "found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
    ],
)
def test_rows_of_equal_shape(refused, instances, ours):
    refused(predict("matrix", instances=instances), ours=ours)


@pytest.mark.parametrize(
    "instances, contract",
    [
        ([[1, [2]]], "Encountered list at unexpected level"),
        ([[[1, 2], [3]]], "Encountered list at unexpected size"),
    ],
)
def test_ragged_nesting(refused, instances, contract):
    refused(predict("matrix", instances=instances), contract=contract)


@pytest.mark.parametrize("instances", [[], {}, "a", None, 3])
def test_instances_is_a_list_with_elements(refused, instances):
    refused(predict("echo", instances=instances))


def test_a_type_that_json_has_no_form_for(refused):
    # 501 in the column format; here it is wrapped.
    refused(predict("half_input", instances=[1.0]), ours="UNIMPLEMENTED: Conversion of JSON Value: 1.0 to type: half")


def test_outputs_without_a_row_for_each_instance(refused):
    refused(predict("uneven", instances=[1.0]), contract="has inconsistent batch size")


def test_an_output_that_is_a_scalar(refused):
    refused(predict("scalar", instances=[1.5]))


def test_a_signature_without_inputs(refused):
    refused(predict("nothing", instances=[1.0]), ours="input map")
