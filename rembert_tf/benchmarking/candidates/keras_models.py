"""The Keras models as a user's own program calls them: `predict` and a step of training."""

import keras
import numpy as np

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.benchmarking.candidates.exported import read_batches
from rembert_tf.training.optimizer import make_optimizer


def predict(directory, policy, batches, count):
    """Returns cases that call `model.predict` on several batches at once, as one has them.

    Args:
        directory: of a sequence classifier.
        policy: Keras dtype policy.
        batches: path of the .npz file.
        count: batches a call; what is measured is the whole call.
    """
    model = RemBertForSequenceClassification.from_pretrained(directory, dtype=policy)

    def case(inputs):
        size = len(inputs["input_ids"])
        repeated = {name: np.concatenate([value] * count) for name, value in inputs.items()}
        return lambda: model.predict(repeated, batch_size=size, verbose=0)

    return {name: case(inputs) for name, inputs in read_batches(batches).items()}


def training_step(directory, policy, batches):
    """Returns cases that take one step: forward, loss, backward, gradients clipped to norm 1, AdamW.

    Args:
        directory: of a sequence classifier.
        policy: Keras dtype policy; weights are float32 in any case.
        batches: path of the .npz file.
    """
    model = RemBertForSequenceClassification.from_pretrained(directory, dtype=policy)
    model.compile(optimizer=make_optimizer(1e-5, 1000))

    def case(inputs):
        labels = np.arange(len(inputs["input_ids"])) % model.config.num_labels
        return lambda: float(model.train_on_batch(inputs, labels))

    keras.utils.set_random_seed(0)
    return {name: case(inputs) for name, inputs in read_batches(batches).items()}
