"""What `verify` says of right, changed and unknown models."""

import math

import numpy as np
import pytest

import rembert_tf
from rembert_tf import RemBertConfig, RemBertModel
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.verification import plain_encoder, published_rows
from rembert_tf.verification.stored_references import stored_references
from rembert_tf.verification.verify import verify
from rembert_tf.verification.verify_report import KERAS_PLAIN, KERAS_REFERENCE, PLAIN_REFERENCE
from tests.golden import assert_close, fixture, model_directory
from tests.verification.conftest import add_to_one_number, split_in_two

AVAILABLE = [reference.name for reference in stored_references() if fixture(f"hf/models/{reference.name}")]


HEADS = ["seqcls_single", "masked_lm", "causal_lm_cross", "multiple_choice", "token_cls", "question_answering"]


@pytest.fixture
def unknown(changed_copy):
    """Returns a function that makes a directory whose weights are no reference's, changed further if need be."""

    def unknown(change=lambda weights: None, model="base_model"):
        def change_weights(weights):
            for name in weights:
                weights[name] += np.float32(1e-3)
            change(weights)

        return changed_copy(model, change_weights, name="unknown")

    return unknown


def layer(report, name):
    return next(found for found in report.layers if found.layer == name)


@pytest.mark.parametrize("model", AVAILABLE)
def test_every_reference_model_is_verified(model):
    report = verify(model_directory(model))
    if not hasattr(rembert_tf, report.architecture):
        pytest.skip(f"no {report.architecture} yet")
    assert (report.verdict, report.exit_code, report.reference) == ("verified", 0, model), report.sentence
    assert report.notes == []
    assert report.sentence == f"verified against the stored reference {model} (transformers 5.23.0, torch 2.13.0)"
    blocks = RemBertConfig.from_pretrained(model_directory(model)).num_hidden_layers
    names = [found.layer for found in report.layers]
    assert names[: blocks + 1] == ["embedding projection", *(f"encoder.layer.{index}" for index in range(blocks))]
    for found in report.layers[: blocks + 1]:
        assert set(found.differences) == {KERAS_PLAIN, KERAS_REFERENCE, PLAIN_REFERENCE}
    head = [name for name in names if "logits" in name]
    assert head == {"RemBertModel": [], "RemBertForQuestionAnswering": ["start_logits", "end_logits"]}.get(
        report.architecture, ["logits"]
    )
    for found in report.layers:
        assert_close(f"verify, {found.layer.split('.')[0]}", found.worst, 0.0, found.limit)


@pytest.mark.parametrize("directory", ["pt_bin", "tf_h5"])
def test_other_kinds_of_file_are_verified(directory):
    path = fixture(f"hf_legacy/{directory}")
    if path is None:
        pytest.skip("this checkout has no legacy fixtures")
    assert verify(path).reference == "masked_lm"


def test_shards_are_verified(changed_copy):
    assert verify(split_in_two(changed_copy("base_gelu_new"))).verdict == "verified"


def test_one_changed_number_is_found_in_its_weight_and_its_layer(changed_copy):
    name = "encoder.layer.1.intermediate.dense.weight"
    report = verify(changed_copy("base_model", add_to_one_number(name, (5, 7), 0.5)))
    assert (report.verdict, report.exit_code) == ("mismatch", 1)
    assert report.changed_weights == [name]
    assert report.sentence.startswith(f"does not match: not the weights of base_model in {name}; first off is ")
    assert "encoder.layer.1 by" in report.sentence
    assert layer(report, "encoder.layer.0").agrees
    # Both implementations read the changed number: only the reference tells.
    assert layer(report, "encoder.layer.1").differences[KERAS_PLAIN] < 2e-5


def test_a_changed_number_that_no_input_reaches_is_found_too(changed_copy):
    name = "embeddings.word_embeddings.weight"
    used = np.concatenate([inputs["input_ids"].ravel() for inputs, _ in _cases("base_model")])
    unused = next(row for row in range(1000) if row not in used)
    report = verify(changed_copy("base_model", add_to_one_number(name, (unused, 0), 1.0)))
    assert all(found.agrees for found in report.layers)
    assert (report.verdict, report.changed_weights) == ("mismatch", [name])


def _cases(model):
    return next(reference for reference in stored_references() if reference.name == model).cases.values()


@pytest.mark.parametrize(
    ("model", "field", "value", "is_value"),
    [
        ("base_model", "hidden_act", "gelu_new", "'gelu'"),
        ("base_gelu_new", "hidden_act", "gelu", "'gelu_new'"),
        ("base_model", "layer_norm_eps", 1e-3, "1e-12"),
        ("base_model", "num_attention_heads", 6, "4"),
    ],
)
def test_right_weights_under_a_wrong_configuration_are_a_mismatch(changed_copy, model, field, value, is_value):
    report = verify(changed_copy(model, **{field: value}))
    assert report.verdict == "mismatch"
    assert report.changed_weights == []
    assert f"{field} is {value!r}, the reference has {is_value}" in report.sentence


def test_unknown_weights_are_consistent_at_most(unknown):
    report = verify(unknown())
    assert (report.verdict, report.exit_code, report.reference) == ("consistent", 0, None)
    assert report.sentence.startswith("consistent, but no stored reference")
    assert set(report.cases) >= {"one token", "ids only", "padding and types", "long"}
    assert all(set(found.differences) == {KERAS_PLAIN} for found in report.layers)
    assert [found.layer for found in report.layers][-1] == "pooler"


@pytest.mark.parametrize("model", [model for model in HEADS if model in AVAILABLE])
def test_every_head_has_inputs_of_its_own_when_its_weights_are_unknown(unknown, model):
    report = verify(unknown(model=model))
    if not hasattr(rembert_tf, report.architecture):
        pytest.skip(f"no {report.architecture} yet")
    assert report.verdict == "consistent", report.sentence
    assert "logits" in report.layers[-1].layer
    assert ("encoder states" in report.cases) == (model == "causal_lm_cross")


def test_implementations_that_disagree_are_a_mismatch(unknown, monkeypatch):
    directory = unknown()
    monkeypatch.setitem(plain_encoder.ACTIVATIONS, "gelu", plain_encoder.gelu_tanh)
    report = verify(directory)
    assert report.verdict == "mismatch"
    assert "first off is encoder.layer.0" in report.sentence and KERAS_PLAIN in report.sentence
    assert layer(report, "embedding projection").agrees


def test_weights_that_are_no_numbers_are_a_mismatch(unknown):
    report = verify(unknown(add_to_one_number("encoder.layer.1.output.dense.bias", 3, np.nan)))
    assert report.verdict == "mismatch"
    assert "first off is encoder.layer.1 by nan" in report.sentence
    assert math.isnan(layer(report, "encoder.layer.1").worst)
    assert report.to_dict()["layers"][2]["differences"][KERAS_PLAIN] is None  # JSON has no NaN


def test_published_outputs_of_a_models_shape_are_held_against_it(unknown, monkeypatch):
    directory = unknown()
    inputs = {"input_ids": np.array([[1, 2, 3, 4, 5]], np.int32)}
    features = RemBertModel.from_pretrained(directory)(inputs)["last_hidden_state"].numpy()[0, :, :3]
    rows = {published_rows.PORT: np.round(features, 4), published_rows.ORIGINAL: features}
    stand_in = published_rows.Published("an/example", {"hidden_size": 48}, inputs, rows)
    monkeypatch.setattr(published_rows, "PUBLISHED", (stand_in,))

    report = verify(directory)
    assert report.sentence == "verified against the published outputs of an/example"
    text = "\n".join(report.lines())
    for combination in ("erf, float32", "erf, bfloat16", "tanh, float32", "tanh, bfloat16"):
        assert text.count(combination) == 1
    assert len(report.to_dict()["published_distances"]) == 4

    rows[published_rows.PORT] = rows[published_rows.PORT] + 0.01
    report = verify(directory)  # fine-tuned, perhaps: no defect
    assert (report.verdict, report.exit_code) == ("consistent", 0)


def test_architecture_follows_from_the_weights_where_config_does_not_say(changed_copy):
    assert verify(changed_copy("seqcls_single", architectures=None)).architecture == "RemBertForSequenceClassification"


def test_a_missing_head_is_noted_and_not_compared(changed_copy):
    report = verify(changed_copy("base_model", architectures=["RemBertForSequenceClassification"]))
    assert report.verdict == "verified"  # of the encoder, which is all there is
    assert any("classifier" in note for note in report.notes)
    assert "logits" not in [found.layer for found in report.layers]


def test_what_is_no_rembert_is_refused(changed_copy, tmp_path):
    with pytest.raises(MissingFileError, match="no configuration at"):
        verify(tmp_path / "nowhere")
    with pytest.raises(InputError, match="'BertModel'; a RemBERT is one of RemBertModel"):
        verify(changed_copy("base_model", architectures=["BertModel"]))
    with pytest.raises(InputError, match="model_type 'bert'"):
        verify(changed_copy("base_model", name="bert", model_type="bert"))
    with pytest.raises(InputError, match=r"missing encoder\.layer\.3.*; missing encoder\.layer\.3"):
        verify(changed_copy("base_model", name="deeper", num_hidden_layers=4))


def test_progress_is_reported():
    seen = []
    verify(model_directory("base_model"), report=lambda done, total, note: seen.append((done, total, note)))
    assert {note for _, _, note in seen} == {"hashing weights", "NumPy", "Keras"}
    assert all(0 <= done < total for done, total, _ in seen)
