"""Teachers and students of every head, and what their losses are by NumPy."""

import keras
import numpy as np

from rembert_tf.tasks.start import model_class
from rembert_tf.training.distillation import taught
from rembert_tf.training.distillation_settings import DistillationSettings

RANDOM = np.random.default_rng(3)
IDS = RANDOM.integers(1, 50, (4, 6))
INPUTS = {"input_ids": IDS, "attention_mask": np.array([[1] * 6, [1] * 4 + [0] * 2, [1] * 6, [1] * 3 + [0] * 3])}
TOKENS = np.where(INPUTS["attention_mask"] == 1, IDS % 3, -100)
CHOICES = {name: np.stack([array, array[::-1]], axis=1) for name, array in INPUTS.items()}
MASKED = {**INPUTS, "masked_positions": np.array([[1, 3], [2, 0], [4, 5], [1, 0]])}
ALONE = DistillationSettings(temperature=2.0, alpha=1.0)

# name -> (class, configuration, inputs, labels)
HEADS = {
    "class": ("RemBertForSequenceClassification", {}, INPUTS, np.array([0, 2, 1, 1])),
    "labels": (
        "RemBertForSequenceClassification",
        {"problem_type": "multi_label_classification"},
        INPUTS,
        np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0], [1, 0, 1]], "float32"),
    ),
    "number": (
        "RemBertForSequenceClassification",
        {"num_labels": 1, "problem_type": "regression"},
        INPUTS,
        np.array([0.5, -1, 2, 0], "float32"),
    ),
    "tags": ("RemBertForTokenClassification", {}, INPUTS, TOKENS),
    "spans": (
        "RemBertForQuestionAnswering",
        {"num_labels": 2},
        INPUTS,
        {"start_positions": np.array([1, 2, -100, 0]), "end_positions": np.array([3, 3, 6, 2])},
    ),
    "choices": ("RemBertForMultipleChoice", {}, CHOICES, np.array([0, 1, 1, 0])),
    "pieces": ("RemBertForMaskedLM", {}, MASKED, np.array([[7, 9], [4, -100], [1, 30], [49, -100]])),
    "next": ("RemBertForCausalLM", {"is_decoder": True}, INPUTS, np.where(INPUTS["attention_mask"] == 1, IDS, -100)),
}


def make(config, head, settings=ALONE, equal=False, **changes):
    """Returns (teacher, student) of a head, the latter with other weights and one block, compiled."""
    name, fields, *_ = HEADS[head]
    config = config.replace(**fields)
    keras.utils.set_random_seed(1)
    teacher = model_class(name)(config)
    student = taught(model_class(name))(config.replace(**({} if equal else {"num_hidden_layers": 1, **changes})))
    if equal:
        student.set_weights(teacher.get_weights())
    student.learn_from(teacher, settings)
    student.compile(optimizer=keras.optimizers.SGD(1.0), jit_compile=False)
    return teacher, student


def step_loss(student, head):
    """Returns the loss of one training step, which is of the weights before it."""
    _, _, x, y = HEADS[head]
    student.reset_metrics()
    return float(student.train_on_batch(x, y))


def softmax(x):
    shares = np.exp(x - x.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def divergences(wanted, own, temperature=2.0):
    wanted, own = softmax(np.asarray(wanted) / temperature), softmax(np.asarray(own) / temperature)
    return temperature**2 * (wanted * np.log(wanted / own)).sum(axis=-1)


def expected_divergence(head, teacher, student):
    """Returns the teacher's loss by NumPy, from what both models return for the head's inputs."""
    _, _, x, y = HEADS[head]
    theirs, ours = (keras.tree.map_structure(np.asarray, model(x)) for model in (teacher, student))
    if head == "number":
        return np.mean((theirs - ours) ** 2)
    if head == "labels":
        wanted, own = (1 / (1 + np.exp(-np.stack([logits, -logits], -1) / 2)) for logits in (theirs, ours))
        return np.mean(4 * (wanted * np.log(wanted / own)).sum(axis=-1))
    if head == "spans":
        starts = divergences(theirs["start_logits"], ours["start_logits"])[[0, 1, 3]]
        ends = divergences(theirs["end_logits"], ours["end_logits"])[[0, 1, 3]]
        return (starts.mean() + ends.mean()) / 2
    if head == "next":
        return divergences(theirs, ours)[:, :-1][y[:, 1:] != -100].mean()
    losses = divergences(theirs, ours)
    return losses.mean() if losses.ndim == 1 else losses[y != -100].mean()


def row_mean(distances, mask):
    """Returns the mean over rows of the mean over each row's pieces."""
    return np.mean((distances * mask).sum(axis=1) / mask.sum(axis=1))
