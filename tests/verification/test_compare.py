"""What `compare` says of two directories."""

import numpy as np
import pytest

from rembert_tf import RemBertConfig
from rembert_tf.errors import InputError
from rembert_tf.verification.compare import compare
from rembert_tf.verification.probes import probes
from tests.golden import fixture, model_directory
from tests.verification.conftest import add_to_one_number, split_in_two

BASE = "base_model"


def worst(report):
    return {found.layer: found.worst for found in report.layers}


def test_a_copy_in_shards_is_identical(changed_copy):
    report = compare(model_directory(BASE), split_in_two(changed_copy(BASE)))
    assert (report.verdict, report.exit_code) == ("identical", 0)
    assert set(worst(report).values()) == {0.0}
    assert list(worst(report)) == [
        "embedding projection",
        "encoder.layer.0",
        "encoder.layer.1",
        "encoder.layer.2",
        "pooler",
    ]


@pytest.mark.parametrize(("directory", "model"), [("pt_bin", "masked_lm"), ("tf_h5", "masked_lm")])
def test_other_kinds_of_file_are_identical(directory, model):
    if fixture(f"hf_legacy/{directory}") is None:
        pytest.skip("this checkout has no legacy fixtures")
    assert compare(model_directory(model), fixture(f"hf_legacy/{directory}")).verdict == "identical"


@pytest.mark.parametrize(
    ("name", "index", "first"),
    [
        ("embeddings.LayerNorm.bias", 3, "embedding projection"),
        ("encoder.layer.0.attention.self.value.bias", 5, "encoder.layer.0"),
        ("encoder.layer.2.output.dense.weight", (1, 2), "encoder.layer.2"),
        ("pooler.dense.bias", 0, "pooler"),
    ],
)
def test_a_changed_number_shows_in_its_layer_and_not_below(changed_copy, name, index, first):
    report = compare(model_directory(BASE), changed_copy(BASE, add_to_one_number(name, index, 0.25)))
    assert (report.verdict, report.exit_code) == ("different", 1)
    assert report.weights == {name: pytest.approx(0.25)}
    assert f"outputs: from {first} on" in report.sentence
    names = list(worst(report))
    assert all(worst(report)[below] == 0 for below in names[: names.index(first)])


def test_a_changed_head_shows_in_the_logits_alone(changed_copy):
    changed = changed_copy("seqcls_single", add_to_one_number("classifier.bias", 0, 1.0))
    report = compare(model_directory("seqcls_single"), changed)
    assert {name for name, difference in worst(report).items() if difference} == {"logits"}
    assert worst(report)["logits"] == pytest.approx(1.0)


def test_a_changed_number_that_no_input_reaches_is_different(changed_copy):
    config = RemBertConfig.from_pretrained(model_directory(BASE))
    used = np.concatenate([inputs["input_ids"].ravel() for inputs in probes(config, "RemBertModel").values()])
    unused = next(row for row in range(config.vocab_size) if row not in used)
    name = "embeddings.word_embeddings.weight"
    report = compare(model_directory(BASE), changed_copy(BASE, add_to_one_number(name, (unused, 0), 1.0)))
    assert set(worst(report).values()) == {0.0}
    assert (report.verdict, list(report.weights)) == ("different", [name])


def test_rounding_is_equal(changed_copy):
    def nudge(weights):
        weights["encoder.layer.0.output.dense.bias"] *= np.float32(1 + 2e-7)

    report = compare(model_directory(BASE), changed_copy(BASE, nudge))
    assert (report.verdict, report.exit_code) == ("equal", 0)
    assert list(report.weights) == ["encoder.layer.0.output.dense.bias"]


def test_an_activation_that_differs_is_named(changed_copy):
    report = compare(model_directory(BASE), changed_copy(BASE, hidden_act="gelu_new"))
    assert report.changed_fields == {"hidden_act": ("gelu", "gelu_new")}
    assert report.weights == {}
    assert "from encoder.layer.0 on" in report.sentence
    assert report.sentence.endswith("the weights are the same; configuration: hidden_act")


def test_a_head_or_pooler_too_many_leaves_the_encoder_equal(changed_copy):
    def without_pooler(weights):
        return {name: array for name, array in weights.items() if not name.startswith("pooler.")}

    report = compare(model_directory(BASE), changed_copy(BASE, without_pooler))
    assert report.verdict == "equal"
    assert report.only_in_directory == ["pooler.dense.bias", "pooler.dense.weight"]
    assert report.only_in_other == []
    assert "pooler" not in worst(report)


def test_fewer_blocks_are_different(changed_copy):
    def without_last_block(weights):
        return {name: array for name, array in weights.items() if not name.startswith("encoder.layer.2.")}

    report = compare(model_directory(BASE), changed_copy(BASE, without_last_block, num_hidden_layers=2))
    assert report.verdict == "different"
    assert all(name.startswith("encoder.layer.2.") for name in report.only_in_directory)
    assert report.changed_fields == {"num_hidden_layers": (3, 2)}
    # The encoder below is the same; the pooler reads another block's output.
    assert [name for name, difference in worst(report).items() if difference == 0] == [
        "embedding projection",
        "encoder.layer.0",
        "encoder.layer.1",
    ]


def test_another_vocabulary_is_compared_on_the_pieces_that_both_have(changed_copy):
    def halve(weights):
        weights["embeddings.word_embeddings.weight"] = weights["embeddings.word_embeddings.weight"][:500].copy()

    report = compare(model_directory(BASE), changed_copy(BASE, halve, vocab_size=500))
    assert set(worst(report).values()) == {0.0}
    assert report.verdict == "different"
    assert report.reshaped == {"embeddings.word_embeddings.weight": ((1000, 24), (500, 24))}


def test_heads_of_other_sizes_are_shown_as_such():
    report = compare(model_directory("seqcls_single"), model_directory("seqcls_multilabel"))
    assert worst(report)["logits"] == float("inf")
    assert "classifier.weight" in report.reshaped
    assert report.to_dict()["layers"][-1]["differences"] == {"difference": None}


def test_weights_that_do_not_fit_their_configuration_are_refused(changed_copy):
    with pytest.raises(
        InputError, match=r"intermediate\.dense\.weight in .* has shape \(96, 48\).*asks for \(90, 48\)"
    ):
        compare(model_directory(BASE), changed_copy(BASE, intermediate_size=90))
    with pytest.raises(InputError, match=r"has no weight encoder\.layer\.3"):
        compare(model_directory(BASE), changed_copy(BASE, name="deeper", num_hidden_layers=4))
