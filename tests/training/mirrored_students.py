"""Students on two virtual devices learn what they learn on one.

A pytest file for a process of its own, since devices are divided before TensorFlow begins: `test_taught_models.py` runs
it. Its name keeps it out of the ordinary collection.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertConfig
from rembert_tf.tasks.batches import Batches
from rembert_tf.tasks.start import model_class
from rembert_tf.training.distillation import taught
from rembert_tf.training.distillation_settings import DistillationSettings
from rembert_tf.training.distribution import training_scope
from rembert_tf.training.finetune import finetune
from rembert_tf.training.run_folder import RunFolder
from rembert_tf.training.settings import FinetuneSettings

DEVICES = 2
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * DEVICES
)
# Batches of 5, 5 and 1 rows: the last leaves a device idle.
ROWS, LENGTH = 11, 9
RANDOM = np.random.default_rng(0)
INPUTS = {"input_ids": RANDOM.integers(1, 50, (ROWS, LENGTH)), "attention_mask": np.ones((ROWS, LENGTH), int)}
INPUTS["attention_mask"][::2, 5:] = 0
LABELS = {
    "RemBertForSequenceClassification": np.where(np.arange(ROWS) % 3, RANDOM.integers(0, 3, ROWS), -100),
    "RemBertForTokenClassification": np.where(
        INPUTS["attention_mask"] == 1, RANDOM.integers(0, 3, (ROWS, LENGTH)), -100
    ),
    "RemBertForMaskedLM": np.where(RANDOM.random((ROWS, LENGTH)) < 0.3, INPUTS["input_ids"], -100),
}
CONFIG = RemBertConfig(
    vocab_size=50,
    hidden_size=12,
    num_hidden_layers=2,
    num_attention_heads=3,
    input_embedding_size=8,
    output_embedding_size=10,
    intermediate_size=20,
    max_position_embeddings=16,
    initializer_range=0.2,
    num_labels=3,
    # Nothing is ever dropped, but seeds are drawn: there the threads of replicas take turns.
    hidden_dropout_prob=1e-9,
    classifier_dropout_prob=1e-9,
)


class NoTokenizer:
    def save_pretrained(self, directory):
        pass


def features(name):
    inputs = {key: tf.constant(value, tf.int32) for key, value in INPUTS.items()}
    labels = tf.constant(LABELS[name], tf.int32)

    def gathered(rows, width):
        return {key: tf.gather(value, rows) for key, value in inputs.items()}, tf.gather(labels, rows)

    return gathered


def train(name, folder, strategy, hidden_loss):
    """Returns the student's weights after six steps."""
    settings = FinetuneSettings(epochs=2, batch_size=5, learning_rate=2e-3, max_length=LENGTH, strategy=strategy)
    with training_scope(settings) as place:
        keras.utils.set_random_seed(1)
        with place.model_scope():
            teacher = model_class(name)(CONFIG)
            student = taught(model_class(name))(CONFIG.replace(num_hidden_layers=1))
            student.learn_from(teacher, DistillationSettings(alpha=0.6, hidden_loss=hidden_loss))
        batches = Batches(np.full(ROWS, LENGTH), features(name), settings.batch_size)
        run = RunFolder(folder)
        run.write_settings({})
        finetune(student, NoTokenizer(), batches, settings, run, lambda: {"accuracy": 0.0})
        return [variable.numpy() for variable in student.trainable_variables]


# Where labels are spread unevenly over rows, so is the weight of hidden states: see TaughtModel.
CASES = [*((name, "none") for name in LABELS), ("RemBertForSequenceClassification", "last")]


@pytest.mark.parametrize(("name", "hidden_loss"), CASES)
def test_two_devices_learn_as_one(name, hidden_loss, tmp_path):
    one, two = (train(name, tmp_path / strategy, strategy, hidden_loss) for strategy in ("auto", "mirrored"))
    for ours, theirs in zip(two, one, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
