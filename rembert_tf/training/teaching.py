"""What a teacher adds to a training step's loss, for every head."""

import keras
from keras import ops

from rembert_tf.models.labels import IGNORED_LABEL
from rembert_tf.models.language_model import LanguageModel, LossesThemselves
from rembert_tf.models.multiple_choice import RemBertForMultipleChoice
from rembert_tf.models.question_answering import POSITIONS, RemBertForQuestionAnswering
from rembert_tf.models.sequence_classification import RemBertForSequenceClassification
from rembert_tf.models.task_model import weights_over_kept
from rembert_tf.training.divergences import class_divergences, label_divergences, squared_differences
from rembert_tf.training.hidden_states import add_projections, compared_states, record, state_distances
from rembert_tf.training.vocabulary_divergence import vocabulary_divergence

ONE_LABEL_A_ROW = (RemBertForSequenceClassification, RemBertForMultipleChoice)


class Teaching:
    """A teacher beside its student. Keras does not look into it: nothing of it is trained, saved or restored.

    Args:
        student: a TaughtModel; it gets projections where hidden states of another width are compared.
        teacher: a model of the same class.
        settings: DistillationSettings.
    """

    def __init__(self, student, teacher, settings):
        teacher.trainable = False
        self.teacher, self.settings = teacher, settings
        own, other = student.config, teacher.config
        self.pairs = compared_states(settings.hidden_loss, own.num_hidden_layers, other.num_hidden_layers)
        self.has_projections = bool(self.pairs) and own.hidden_size != other.hidden_size
        if self.pairs:
            self.recorded = record(student), record(teacher)
        if self.has_projections:
            add_projections(student, other.hidden_size, len(self.pairs))

    def loss(self, student, x, y, y_pred, sample_weight=None):
        """Returns what the teacher adds to a training step's loss, a scalar.

        Args:
            student: the TaughtModel, which has just been called with `x`.
            x: dictionary of inputs.
            y: labels; of those that are ignored there is nothing to learn, but where a row has one label and lacks it.
            y_pred: what the student returned.
            sample_weight: as in the task's own loss.
        """
        # In a training step both language models return states, see `LanguageModel`.
        answers = keras.tree.map_structure(ops.stop_gradient, self.teacher(x, training=False))
        total = ops.zeros(())
        if self.settings.alpha:
            total += self._divergence(student, y, y_pred, answers, sample_weight)
        if self.pairs:
            total += self.settings.hidden_weight * self._hidden_distance(student, x)
        # One entry through a Keras loss: that scales it for several replicas.
        return LossesThemselves()(ops.zeros((1,)), total[None])

    def _divergence(self, student, y, y_pred, answers, sample_weight):
        """Returns the teacher's share of the loss."""
        alpha, temperature = self.settings.alpha, self.settings.temperature
        if isinstance(student, LanguageModel):
            return alpha * self._vocabulary_divergence(student, y, y_pred, answers, sample_weight)
        if isinstance(student, RemBertForQuestionAnswering):
            total = ops.zeros(())
            for name, logits in zip(POSITIONS, ("start_logits", "end_logits"), strict=True):
                length = ops.cast(ops.shape(y_pred[logits])[1], y[name].dtype)
                kept = ops.logical_and(y[name] != IGNORED_LABEL, y[name] < length)
                losses = class_divergences(answers[logits], y_pred[logits], temperature)
                total += ops.sum(weights_over_kept(kept, sample_weight) * losses) / 2
            return alpha * total
        if isinstance(student, ONE_LABEL_A_ROW):
            losses, labelled = row_divergences(student, y, answers, y_pred, temperature), labelled_rows(student, y)
            shares = alpha if labelled is None else ops.where(labelled, alpha, 1.0)
            weights = weights_over_kept(ops.ones_like(losses, "bool"), sample_weight)
            return ops.sum(weights * shares * losses)
        kept = ops.not_equal(y, IGNORED_LABEL)
        losses = class_divergences(answers, y_pred, temperature)
        return alpha * ops.sum(weights_over_kept(kept, sample_weight) * losses)

    def _vocabulary_divergence(self, student, y, states, teacher_states, sample_weight):
        labels, states, sample_weight = student.aligned(y, states, sample_weight)
        teacher_states = student.aligned(y, teacher_states, None)[1]
        decoder, theirs = student.lm_head.decoder, self.teacher.lm_head.decoder
        flat, flat_teacher = (ops.reshape(x, (-1, x.shape[-1])) for x in (states, teacher_states))
        return vocabulary_divergence(
            (flat_teacher, ops.convert_to_tensor(theirs.embeddings), ops.convert_to_tensor(theirs.bias)),
            flat,
            ops.convert_to_tensor(decoder.embeddings),
            ops.convert_to_tensor(decoder.bias),
            ops.reshape(weights_over_kept(ops.not_equal(labels, IGNORED_LABEL), sample_weight), (-1,)),
            self.settings.temperature,
            student.compute_dtype,
        )

    def _hidden_distance(self, student, x):
        """Returns the mean distance of the compared hidden states: of a row's positions that hold a piece, of rows,
        and of pairs.
        """
        own, theirs = (recorded.hidden_states for recorded in self.recorded)
        ids = x["input_ids"]
        mask = x.get("attention_mask", ops.ones_like(ids))
        kept = ops.cast(ops.not_equal(ops.reshape(mask, (-1, ops.shape(ids)[-1])), 0), "float32")
        weights = kept / ops.maximum(ops.sum(kept, axis=1, keepdims=True), 1.0)
        weights = ops.reshape(weights / ops.maximum(ops.cast(ops.shape(kept)[0], "float32"), 1.0), (-1,))
        total = ops.zeros(())
        for number, (mine, their) in enumerate(self.pairs):
            projection = student.hidden_projections[number] if self.has_projections else None
            total += ops.sum(weights * state_distances(ops.stop_gradient(theirs[their]), own[mine], projection))
        return total / len(self.pairs)


def row_divergences(student, y, answers, y_pred, temperature):
    """Returns how far each row's outputs are from the teacher's, (batch,), float32, as its kind of problem has it."""
    problem_type = student.problem_type(y) if isinstance(student, RemBertForSequenceClassification) else None
    if problem_type == "regression":
        return squared_differences(answers, y_pred)
    if problem_type == "multi_label_classification":
        return label_divergences(answers, y_pred, temperature)
    return class_divergences(answers, y_pred, temperature)


def labelled_rows(student, y):
    """Returns which rows have their label, (batch,) booleans; None where a label is not one class a row."""
    if not isinstance(student, ONE_LABEL_A_ROW):
        return None
    if (
        isinstance(student, RemBertForSequenceClassification)
        and student.problem_type(y) != "single_label_classification"
    ):
        return None
    return ops.reshape(ops.not_equal(y, IGNORED_LABEL), (-1,))
