"""Eight devices train and answer as one does, on JAX.

A pytest file for another process, whose processor counts as eight devices: `test_jax_devices.py` runs it. Its name
keeps it out of the ordinary collection.
"""

import jax
import keras
import numpy as np
import pytest

import rembert_tf
from rembert_tf.errors import InputError

DEVICES, ROWS, LENGTH, STEPS = 8, 16, 9, 4
MODELS = ["RemBertForSequenceClassification", "RemBertForTokenClassification", "RemBertForMaskedLM"]
each_model = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(scope="module")
def config(small_config):
    # 48 rows and 20 inner positions can be divided by 4; 3 heads cannot, but their width, 4, can.
    return small_config.replace(vocab_size=48, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


@pytest.fixture(autouse=True)
def one_device_afterwards():
    yield
    keras.distribution.set_distribution(None)


def batch(name):
    random = np.random.default_rng(0)
    inputs = {"input_ids": random.integers(1, 48, (ROWS, LENGTH)).astype("int32")}
    labels = random.integers(0, 3, ROWS if "Sequence" in name else (ROWS, LENGTH)).astype("int32")
    if labels.ndim == 2:  # devices get rows with different numbers of labels
        labels = np.where(random.random((ROWS, LENGTH)) < np.linspace(0, 0.9, ROWS)[:, None], -100, labels)
    return inputs, labels


def trained(name, config, distribution=None, **options):
    """Returns a new model after some steps, its losses, and its answers."""
    keras.distribution.set_distribution(distribution)
    keras.utils.set_random_seed(1)
    model = getattr(rembert_tf, name)(config)
    model.compile(optimizer=keras.optimizers.AdamW(1e-3, global_clipnorm=1.0, **options))
    inputs, labels = batch(name)
    losses = model.fit(inputs, labels, batch_size=ROWS, epochs=STEPS, shuffle=False, verbose=0).history["loss"]
    return model, losses, model.predict(inputs, batch_size=ROWS, verbose=0)


def assert_equal(ours, theirs):
    np.testing.assert_allclose(ours[1], theirs[1], rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours[2], theirs[2], rtol=0, atol=5e-6)  # numbers of about 1, some float32 steps
    for our, their in zip(ours[0].weights, theirs[0].weights, strict=True):
        np.testing.assert_allclose(np.asarray(our), np.asarray(their), rtol=0, atol=1e-6, err_msg=our.path)


def mesh(data, model):
    return keras.distribution.DeviceMesh((data, model), ("batch", "model"), keras.distribution.list_devices())


def model_parallel(config, data=2, model=4):
    return keras.distribution.ModelParallel(
        layout_map=rembert_tf.layout_map(config, mesh(data, model)), batch_dim_name="batch"
    )


def test_there_are_eight_devices():
    assert jax.device_count() == DEVICES


@each_model
def test_data_parallel(name, config):
    one = trained(name, config)
    assert_equal(trained(name, config, keras.distribution.DataParallel()), one)


@each_model
def test_model_parallel(name, config):
    one = trained(name, config)
    assert_equal(trained(name, config, model_parallel(config)), one)


def test_accumulated_gradients(config):
    one = trained(MODELS[0], config, gradient_accumulation_steps=2)
    assert_equal(trained(MODELS[0], config, model_parallel(config), gradient_accumulation_steps=2), one)


def test_weights_are_divided(config):
    """Each device holds a quarter of what is large, and of the optimizer's copies of it."""
    model, _, _ = trained("RemBertForMaskedLM", config, model_parallel(config))
    variables = {variable.path: variable for variable in model.weights}
    divided = {path for path, variable in variables.items() if not variable.value.sharding.is_fully_replicated}
    # Position and token type embeddings stay whole; everything else with two axes and more is divided.
    large = {
        path for path in variables if path.endswith(("kernel", "word_embeddings/embeddings", "decoder/embeddings"))
    }
    assert divided == large
    for path in divided:
        value = variables[path].value
        assert value.addressable_shards[0].data.size * 4 == value.size
    slots = [slot for slot in model.optimizer.variables if "intermediate_dense_kernel" in slot.path]
    assert slots and all(not slot.value.sharding.is_fully_replicated for slot in slots)


def test_what_cannot_be_divided_is_whole(config):
    odd = config.replace(vocab_size=47, input_embedding_size=9)
    found = rembert_tf.layout_map(odd, mesh(2, 4))
    assert found["rembert/embeddings/word_embeddings/embeddings"].axes == (None, None)
    assert found["rembert/encoder/block_0/attention/query/kernel"].axes == (None, None, "model")
    assert found["rembert/encoder/block_0/feed_forward/layer_norm/gamma"] is None


def test_a_mesh_without_the_axis(config):
    with pytest.raises(InputError, match="the mesh has no axis 'models': its axes are 'batch', 'model'"):
        rembert_tf.layout_map(config, mesh(2, 4), axis="models")
