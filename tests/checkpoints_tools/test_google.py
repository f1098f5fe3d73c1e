"""The original release's checkpoints: converted weights give the recorded outputs, and what is unclear is asked."""

import numpy as np
import pytest
from safetensors.numpy import load_file

import rembert_tf
from rembert_tf.checkpoints_tools import convert
from rembert_tf.errors import InputError
from tests.checkpoints_tools import google_checkpoint
from tests.golden import LOGITS, STATES, assert_close, fixture

VARIANTS = [name for name in ("full_a", "full_b", "encoder_only", "bleurt_style") if fixture(f"google_tf1/{name}")]


@pytest.fixture(scope="module")
def expected():
    with np.load(fixture("google_tf1/expected.npz")) as file:
        return dict(file)


@pytest.fixture(scope="module")
def variables():
    return google_checkpoint.variables_of("full_b")


@pytest.fixture(scope="module")
def content():
    return google_checkpoint.json_of("full_b")


def outputs_of(directory, architecture, inputs):
    """Returns {recorded name: array} of what a converted directory computes."""
    model = getattr(rembert_tf, architecture).from_pretrained(directory)
    result = model(inputs)
    if architecture == "RemBertModel":
        return {name: np.asarray(result[name]) for name in ("last_hidden_state", "pooler_output")}
    states = model.rembert(inputs)["last_hidden_state"]
    name = "mlm_logits" if architecture == "RemBertForMaskedLM" else "bleurt_score"
    logits = np.asarray(result)
    return {name: logits if name == "mlm_logits" else logits[:, 0], "last_hidden_state": np.asarray(states)}


@pytest.mark.parametrize("hidden_act", ["gelu", "gelu_new"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_converted_checkpoint_computes_what_was_recorded(variant, hidden_act, expected, tmp_path):
    report = convert(fixture(f"google_tf1/{variant}"), tmp_path / "ours", source="google", hidden_act=hidden_act)
    inputs = {name.removeprefix("in/"): array for name, array in expected.items() if name.startswith("in/")}
    outputs = outputs_of(tmp_path / "ours", report.architecture, inputs)
    assert len(outputs) == 2
    for name, ours in outputs.items():
        limit = STATES if name != "mlm_logits" else LOGITS
        assert_close(f"google {variant} {hidden_act} {name}", ours, expected[f"{hidden_act}/{name}"], limit)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variable_is_converted_or_skipped_with_a_reason(variant, tmp_path):
    report = convert(fixture(f"google_tf1/{variant}"), tmp_path / "ours", dry_run=True)
    named = [item.source for item in report.converted] + [item.name for item in report.skipped]
    assert sorted(named) == sorted(google_checkpoint.variables_of(variant))
    reasons = {"global_step": "counter of the training"}
    for item in report.skipped:
        slot = item.name.endswith(("/adam_m", "/adam_v"))
        next_sentence = (
            item.name.startswith("cls/seq_relationship/") and "next-sentence head, which no RemBERT class has"
        )
        assert item.reason == ("optimizer slot" if slot else next_sentence or reasons[item.name])
    assert not (tmp_path / "ours").exists()


def test_optimizer_slots_change_nothing(variables, content, tmp_path):
    google_checkpoint.write(tmp_path / "slots", google_checkpoint.with_slots(variables), content)
    convert(tmp_path / "slots", tmp_path / "with")
    convert(fixture("google_tf1/full_b"), tmp_path / "without")
    with_slots, without = (load_file(tmp_path / name / "model.safetensors") for name in ("with", "without"))
    assert with_slots.keys() == without.keys()
    assert all(np.array_equal(with_slots[name], without[name]) for name in without)


def test_the_pooler_stays_in_a_masked_language_models_directory(tmp_path):
    convert(fixture("google_tf1/full_b"), tmp_path / "ours")
    model = rembert_tf.RemBertModel.from_pretrained(tmp_path / "ours")
    kernel = google_checkpoint.variables_of("full_b")["bert/pooler/dense/kernel"]
    np.testing.assert_array_equal(model.pooler.kernel.numpy(), kernel)


MATRIX, TRANSFORM = "cls/predictions/output_embedding", "cls/predictions/transform/dense"


def renamed(variables, changes):
    return {changes.get(name, name): value for name, value in variables.items()}


@pytest.mark.parametrize(
    "changes",
    [
        {MATRIX: "bert/embeddings/output_embeddings"},
        {MATRIX: "output_embedding"},
        {MATRIX: "cls/predictions/output_embeddings/weights"},
        {"cls/predictions/output_bias": "lm/output_bias", f"{TRANSFORM}/kernel": "lm/transform/dense/kernel"},
        {"cls/predictions/output_bias": "output_embedding_bias"},
    ],
)  # fmt: skip
def test_the_head_is_found_under_any_plausible_name(changes, variables, content, tmp_path):
    folder = google_checkpoint.write(tmp_path / "theirs", renamed(variables, changes), content)
    report = convert(folder, tmp_path / "ours")
    assert report.architecture == "RemBertForMaskedLM"
    found = load_file(tmp_path / "ours/model.safetensors")
    np.testing.assert_array_equal(found["cls.predictions.decoder.weight"], variables[MATRIX])
    np.testing.assert_array_equal(found["cls.predictions.decoder.bias"], variables["cls/predictions/output_bias"])
    kernel = variables["cls/predictions/transform/dense/kernel"]
    np.testing.assert_array_equal(found["cls.predictions.dense.weight"], kernel.T)


def test_another_scope_of_the_encoder(variables, content, tmp_path):
    moved = {name.replace("bert/", "module/bert/", 1): value for name, value in variables.items()}
    convert(google_checkpoint.write(tmp_path / "theirs", moved, content), tmp_path / "ours")
    convert(fixture("google_tf1/full_b"), tmp_path / "plain")
    moved, plain = (load_file(tmp_path / name / "model.safetensors") for name in ("ours", "plain"))
    assert all(np.array_equal(moved[name], plain[name]) for name in plain)


def test_a_transposed_output_matrix_is_recognised_by_its_shape(variables, content, tmp_path):
    turned = {**variables, MATRIX: variables[MATRIX].T}
    convert(google_checkpoint.write(tmp_path / "theirs", turned, content), tmp_path / "ours", verify=True)
    found = load_file(tmp_path / "ours/model.safetensors")["cls.predictions.decoder.weight"]
    np.testing.assert_array_equal(found, variables[MATRIX])


@pytest.fixture
def square(variables, content, tmp_path):
    """A checkpoint whose output matrix is as wide as it is long: 64 pieces, 64 wide."""
    cut = {**variables, MATRIX: np.ascontiguousarray(variables[MATRIX][:64])}
    for name in ("bert/embeddings/word_embeddings", "cls/predictions/output_bias"):
        cut[name] = np.ascontiguousarray(variables[name][:64])
    return cut, google_checkpoint.write(tmp_path / "square", cut, {**content, "vocab_size": 64})


@pytest.mark.parametrize("lies", ["VO", "OV"])
def test_a_square_output_matrix_is_asked_about(square, lies, tmp_path):
    arrays, folder = square
    with pytest.raises(InputError, match="square .64, 64.*--output-embedding VO .* or OV"):
        convert(folder, tmp_path / "ours")
    convert(folder, tmp_path / "ours", output_embedding=lies)
    found = load_file(tmp_path / "ours/model.safetensors")["cls.predictions.decoder.weight"]
    np.testing.assert_array_equal(found, arrays[MATRIX] if lies == "VO" else arrays[MATRIX].T)


def without(variables, *names):
    return {name: value for name, value in variables.items() if name not in names}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: {**v, "bert/output_embeddings": v[MATRIX]}, f"output_embedding: bert/output_embeddings, {MATRIX}"),
        (lambda v: without(v, MATRIX), "output_embedding: none"),
        (lambda v: without(v, "cls/predictions/transform/LayerNorm/gamma"), "transform/LayerNorm/gamma: none"),
        (lambda v: {**v, MATRIX: v[MATRIX][:-1]}, r"\(999, 64\), no axis of 1000 pieces"),
        (lambda v: without(v, "bert/encoder/layer_1/output/dense/bias"), "lacks 1 weights .*layer_1/output/dense/bias"),
        (lambda v: without(v, "bert/pooler/dense/bias"), "a part of the pooler and lacks bert/pooler/dense/bias"),
        (lambda v: {**v, "x/embeddings/word_embeddings": v[MATRIX]}, "several encoders"),
        (
            lambda v: {**v, "bert/encoder/layer_2/intermediate/dense/bias": np.zeros(95, "float32")},
            r"layer_2/intermediate/dense/bias has the shape \(95,\) where \(96,\) is due",
        ),
    ],
)
def test_what_is_missing_or_unclear_is_named(change, message, variables, content, tmp_path):
    folder = google_checkpoint.write(tmp_path / "theirs", change(variables), content)
    with pytest.raises(InputError, match=message):
        convert(folder, tmp_path / "ours")
    assert not (tmp_path / "ours").exists()


def test_unknown_variables_are_named_and_warned_of(variables, content, tmp_path):
    folder = google_checkpoint.write(
        tmp_path / "theirs", {**variables, "bert/odd": np.ones((2, 3), "float32")}, content
    )
    report = convert(folder, tmp_path / "ours")
    assert [(item.name, item.reason) for item in report.skipped if "odd" in item.name] == [
        ("bert/odd", "no weight of RemBERT")
    ]
    assert any("bert/odd (2, 3)" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": 52}, "hidden_size 52 but 48 in the tensors"),
        ({"embedding_size": 25, "num_hidden_layers": 4}, "num_hidden_layers 4 but 3; .* embedding_size 25 but 24"),
        ({"output_embedding_size": 65}, "output_embedding_size 65 but 64 in the tensors"),
        ({"vocab_size": 999}, "vocab_size 999 but 1000"),
        ({"num_attention_heads": 7}, "hidden_size must be a multiple of num_attention_heads"),
    ],
)  # fmt: skip
def test_a_json_that_disagrees_with_the_tensors(changes, message, variables, content, tmp_path):
    folder = google_checkpoint.write(tmp_path / "theirs", variables, {**content, **changes})
    with pytest.raises(InputError, match=message):
        convert(folder, tmp_path / "ours")


def test_sizes_that_the_json_leaves_open_come_from_the_tensors(variables, content, tmp_path):
    open_fields = ("embedding_size", "vocab_size", "num_hidden_layers", "intermediate_size", "max_position_embeddings")
    sparse = {name: value for name, value in content.items() if name not in open_fields}
    report = convert(google_checkpoint.write(tmp_path / "theirs", variables, sparse), tmp_path / "ours")
    sizes = ("input_embedding_size", *open_fields[1:], "output_embedding_size", "layer_norm_eps")
    assert [report.config[name] for name in sizes] == [24, 1000, 3, 96, 64, 64, 1e-12]
