"""Adapters: they start as nothing, train alone, and can be stored alone or within the weights."""

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForCausalLM, RemBertForMaskedLM, RemBertForSequenceClassification, RemBertModel
from rembert_tf.errors import InputError, MissingFileError
from tests.models.family import FAMILY, outputs_of

CLASSIFIER = next(member for member in FAMILY if member.name == "RemBertForSequenceClassification")
X, Y = CLASSIFIER.inputs, CLASSIFIER.labels


def trained(config, rank=2, **lora):
    keras.utils.set_random_seed(5)
    model = RemBertForSequenceClassification(config)
    model.enable_lora(rank, **lora)
    model.compile(optimizer=keras.optimizers.SGD(0.5), jit_compile=False)
    model.fit(X, Y, batch_size=4, epochs=3, verbose=0)
    return model


@pytest.mark.parametrize("member", FAMILY, ids=str)
def test_a_new_adapter_changes_nothing(member, small_config):
    model = member.build(small_config)
    expected = {name: np.asarray(value) for name, value in outputs_of(model, member.inputs).items()}
    model.enable_lora(3)
    for name, value in outputs_of(model, member.inputs).items():
        np.testing.assert_array_equal(value, expected[name])


def test_what_is_trained(small_config):
    keras.utils.set_random_seed(5)
    model = RemBertForSequenceClassification(small_config)
    model.enable_lora(2, targets=("query", "key", "value"))
    # Per layer and projection, A is (12, 2) and B (2, 3 heads, 4); then the pooler and the head.
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == 2 * 3 * 48 + 12 * 13 + 3 * 13
    before = {weight.path: weight.numpy() for weight in model.weights}
    model.compile(optimizer=keras.optimizers.SGD(0.5), jit_compile=False)
    model.fit(X, Y, batch_size=4, epochs=2, verbose=0)
    changed = {weight.path for weight in model.weights if np.any(weight.numpy() != before[weight.path])}
    assert changed == {weight.path for weight in model.trainable_weights}


@pytest.mark.parametrize("model_class", [RemBertForMaskedLM, RemBertModel])
def test_pre_trained_heads_and_poolers_are_frozen(small_config, model_class):
    model = model_class(small_config)
    model.enable_lora(2)
    assert all("adapter" in weight.path for weight in model.trainable_weights)
    assert len(model.trainable_weights) == 2 * 2 * 2


def test_cross_attention_is_adapted_too(small_config):
    model = RemBertForCausalLM(small_config.replace(is_decoder=True, add_cross_attention=True))
    model.enable_lora(2)
    assert len(model.trainable_weights) == 2 * 2 * 2 * 2


def test_the_scale_is_alpha_over_rank(small_config):
    """By hand: the adapted projection equals one whose kernel has the addition in it."""
    model = trained(small_config, rank=2, alpha=6)
    attention = model.rembert.encoder.blocks[0].attention
    adapter = attention.adapters["query"]
    a, b = adapter.down.numpy(), adapter.up.numpy()
    assert np.any(b)
    x = np.random.default_rng(0).normal(size=(5, 12)).astype("float32")
    expected = np.einsum("th,hnd->tnd", x, attention.query.kernel.numpy()) + 3 * np.einsum("th,hr,rnd->tnd", x, a, b)
    ours = attention.query(x) - attention.query.bias + adapter(x)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_saved_directory_is_an_ordinary_one(small_config, tmp_path):
    model = trained(small_config)
    model.save_pretrained(tmp_path)
    again = RemBertForSequenceClassification.from_pretrained(tmp_path)
    assert not any("adapter" in weight.path for weight in again.weights)
    np.testing.assert_allclose(again(X), model(X), atol=1e-5)


def test_adapters_alone(small_config, tmp_path):
    """On the same base model they give the same scores; the file is small."""
    model = trained(small_config)
    model.save_lora(tmp_path / "adapter")
    keras.utils.set_random_seed(5)  # the same new weights as `trained` began with
    base = RemBertForSequenceClassification(small_config)
    assert np.max(np.abs(base(X) - model(X))) > 1e-2
    base.load_lora(tmp_path / "adapter")
    np.testing.assert_allclose(base(X), model(X), atol=1e-6)
    assert {weight.path for weight in base.trainable_weights} == {weight.path for weight in model.trainable_weights}
    size = (tmp_path / "adapter" / "adapter_model.safetensors").stat().st_size
    assert size < 4 * model.count_params() / 3


def test_keras_files_keep_adapters(small_config, tmp_path):
    model = trained(small_config)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(X), model(X))
    assert [weight.path for weight in again.trainable_weights] == [weight.path for weight in model.trainable_weights]


def test_what_does_not_fit_is_refused(small_config, tmp_path):
    model = RemBertForSequenceClassification(small_config)
    with pytest.raises(InputError, match="no adapters: enable_lora"):
        model.save_lora(tmp_path / "none")
    for arguments, said in (
        ((0,), "rank must be a positive integer, not 0"),
        ((2, -1), "alpha must be a positive number, not -1"),
        ((2, 2, ("output",)), "targets must be some of query, key, value"),
    ):
        with pytest.raises(InputError, match=said):
            model.enable_lora(*arguments)
    model.enable_lora(2)
    with pytest.raises(InputError, match="has adapters already"):
        model.enable_lora(2)
    model.save_lora(tmp_path / "adapter")
    with pytest.raises(MissingFileError, match="no adapters at"):
        model.load_lora(tmp_path / "elsewhere")
    other = RemBertForSequenceClassification(small_config.replace(num_labels=5))
    before = other(X).numpy()
    with pytest.raises(InputError, match=r"classifier.bias has shape \(3,\) instead of \(5,\)"):
        other.load_lora(tmp_path / "adapter")
    np.testing.assert_array_equal(other(X), before)
    third = RemBertForSequenceClassification(small_config)
    third.enable_lora(4)
    with pytest.raises(InputError, match="rank=4.*rank=2"):
        third.load_lora(tmp_path / "adapter")


def test_a_file_without_pooler_leaves_the_base_models(small_config, tmp_path):
    """The PEFT library stores a pooler only when it is told to."""
    from safetensors.numpy import load_file, save_file

    model = trained(small_config)
    model.save_lora(tmp_path)
    file = tmp_path / "adapter_model.safetensors"
    tensors = {name: value for name, value in load_file(file).items() if "pooler" not in name}
    save_file(tensors, file)
    base = RemBertForSequenceClassification(small_config)
    pooler = base.rembert.pooler.kernel.numpy()
    base.load_lora(tmp_path)
    np.testing.assert_array_equal(base.rembert.pooler.kernel, pooler)
    np.testing.assert_array_equal(base.classifier.kernel, model.classifier.kernel)
