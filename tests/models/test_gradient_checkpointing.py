"""Gradient checkpointing: the same training with less memory."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForCausalLM
from tests.models.family import TASKS

every_task = pytest.mark.parametrize("member", TASKS, ids=str)


def trained(member, config, checkpointing, jit_compile=False):
    keras.utils.set_random_seed(3)
    model = member.build(config)
    if checkpointing:
        model.gradient_checkpointing_enable()
    model.compile(optimizer=keras.optimizers.SGD(0.2), jit_compile=jit_compile)
    losses = model.fit(member.inputs, member.labels, batch_size=4, epochs=3, verbose=0, shuffle=False).history["loss"]
    return losses, [weight.numpy() for weight in model.trainable_weights]


def assert_same_training(first, second):
    np.testing.assert_allclose(first[0], second[0], rtol=1e-5)
    for ours, theirs in zip(first[1], second[1], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@every_task
def test_the_same_losses_and_weights(member, small_config):
    assert_same_training(trained(member, small_config, True), trained(member, small_config, False))


def test_dropout_drops_the_same_entries_both_times(small_config):
    """With other entries in the second pass the gradient would be of another function."""
    config = small_config.replace(hidden_dropout_prob=0.3, attention_probs_dropout_prob=0.3)
    member = next(member for member in TASKS if member.name == "RemBertForTokenClassification")
    plain = trained(member, config, False)
    assert plain[0] != trained(member, small_config, False)[0]
    assert_same_training(trained(member, config, True), plain)
    # XLA draws other numbers than TensorFlow's own kernels, and must repeat them as well.
    assert_same_training(*[trained(member, config, checkpointing, jit_compile=True) for checkpointing in (True, False)])


def test_an_encoders_states_get_their_gradient(small_config):
    config = small_config.replace(is_decoder=True, add_cross_attention=True)
    results = []
    for checkpointing in (False, True):
        keras.utils.set_random_seed(3)
        model = RemBertForCausalLM(config)
        if checkpointing:
            model.gradient_checkpointing_enable()
        states = keras.Variable(np.random.default_rng(0).normal(size=(2, 3, 12)).astype("float32"))
        results.append(gradient_of_states(model, states))
    assert np.max(np.abs(results[0])) > 1e-4
    np.testing.assert_allclose(results[1], results[0], atol=1e-6)


def gradient_of_states(model, states):
    import tensorflow as tf

    ids = np.arange(8).reshape(2, 4)
    with tf.GradientTape() as tape:
        logits = model({"input_ids": ids, "encoder_hidden_states": states.value}, training=True)
        loss = model.task_loss(ids, logits)
    return tape.gradient(loss, states.value).numpy()


def test_it_can_be_turned_off_again(small_config):
    member = TASKS[0]
    model = member.build(small_config)
    model.gradient_checkpointing_enable()
    assert model.rembert.encoder.gradient_checkpointing
    model.gradient_checkpointing_disable()
    assert not model.rembert.encoder.gradient_checkpointing


MEMORY_SCRIPT = """
import resource, sys
import keras, numpy as np
from rembert_tf import RemBertConfig, RemBertForSequenceClassification
config = RemBertConfig(
    vocab_size=100, hidden_size=256, num_hidden_layers=8, num_attention_heads=4, input_embedding_size=32,
    intermediate_size=1024, max_position_embeddings=256,
)
model = RemBertForSequenceClassification(config)
if sys.argv[1] == "on":
    model.gradient_checkpointing_enable()
model.compile(optimizer="sgd", jit_compile=False)
ids, labels = np.ones((16, 256), "int32"), np.zeros(16, "int32")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model.train_on_batch({"input_ids": ids}, labels)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.slow
def test_the_memory_it_saves():
    """Megabytes of a training step beyond what the model itself takes, each in a process of its own."""
    used = {}
    for mode in ("off", "on"):
        done = subprocess.run([sys.executable, "-c", MEMORY_SCRIPT, mode], capture_output=True, text=True, check=True)
        used[mode] = float(done.stdout.split()[-1])
    print(f"\na training step takes {used['off']:.0f} MB without and {used['on']:.0f} MB with checkpointing")
    assert used["on"] < 0.6 * used["off"]
