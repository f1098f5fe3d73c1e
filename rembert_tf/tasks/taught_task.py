"""A task as a student learns it: with its teacher's labels, and from texts without labels too."""

import dataclasses

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.models.labels import IGNORED_LABEL
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.tasks.pairs.text_batches import text_batches
from rembert_tf.text_files.opening import open_text

WITH_NAMED_LABELS = ("RemBertForSequenceClassification", "RemBertForTokenClassification")
PLAIN_TEXT = (".txt", ".txt.gz", ".txt.xz")


class TaughtTask:
    """Another Task in all but labels and training rows.

    Args:
        task: a Task.
        teacher: path of the teacher's directory.
        config: the teacher's RemBertConfig.
        unlabelled: files of texts to learn from without labels: plain text, a text a line, or the task's own format.
        alpha: the teacher's share of the loss.

    Raises:
        InputError: task and teacher do not fit, or the task takes no texts without labels.
    """

    def __init__(self, task, teacher, config, unlabelled=(), alpha=1.0):
        self._task, self._teacher, self._config, self._alpha = task, teacher, config, alpha
        self._names = list(config.id2label.values()) if task.architecture in WITH_NAMED_LABELS else None
        # The reference's TensorFlow classes had the same names with a prefix.
        named = [name.removeprefix("TF") for name in config.extra.get("architectures") or [task.architecture]]
        if task.architecture not in named:
            raise InputError(
                f"{str(teacher)!r} has no head for {task.architecture}, its config.json says {', '.join(named)}: "
                "fine-tune it first with `rembert finetune`."
            )
        wanted, trained = getattr(task, "problem_type", None), config.problem_type
        if wanted and trained and wanted != trained:
            raise InputError(f"the teacher {str(teacher)!r} was trained for {trained}, not for {wanted}.")
        self._unlabelled = read_unlabelled(task, unlabelled) if unlabelled else None

    def __getattr__(self, name):
        return getattr(self._task, name)

    def read(self, paths, labels=None):
        """Returns the Examples of files, whose labels are the teacher's; without a file, those without labels."""
        return self._task.read(paths, labels or self._names) if paths else self._unlabelled

    def check_answers(self, examples, purpose):
        if examples is not self._unlabelled:
            self._task.check_answers(examples, purpose)

    def config_fields(self, examples):
        """Returns the teacher's labels and kind of problem."""
        if self._names is None:
            return self._task.config_fields(examples)
        fields = {"id2label": dict(enumerate(self._names))}
        return {**fields, **({"problem_type": self._problem_type} if self._one_output_a_row else {})}

    @property
    def _one_output_a_row(self):
        return self._task.architecture == "RemBertForSequenceClassification"

    @property
    def _problem_type(self):
        return self._config.problem_type or getattr(self._task, "problem_type", "single_label_classification")

    def batches(self, tokenizer, examples, batch_size, max_length):
        """Returns the training Batches, of labelled rows and of those without labels."""
        if self._unlabelled is None:
            return self._task.batches(tokenizer, examples, batch_size, max_length)
        merged = self._with_unlabelled(examples)
        return text_batches(tokenizer, merged, batch_size, max_length, with_labels=True)

    def _with_unlabelled(self, examples):
        """Returns TextExamples of both kinds; a label that is not known is -100, or, where nothing looks at it, 0."""
        more, rows = self._unlabelled, len(self._unlabelled)
        if self._problem_type == "single_label_classification":
            unknown = np.full(rows, IGNORED_LABEL, "int32")
        else:
            several = self._problem_type == "multi_label_classification"
            unknown = np.zeros((rows, len(self._names)) if several else rows, "float32")
        if examples is more:
            return dataclasses.replace(more, labels=unknown)
        if unknown.dtype != "int32" and self._alpha < 1:
            raise InputError(
                f"texts with and without labels together need alpha 1 where the task is {self._problem_type}."
            )
        if (examples.pairs is None) != (more.pairs is None):
            raise InputError("some texts are pairs and some are not: give files of one kind.")
        return TextExamples(
            texts=[*examples.texts, *more.texts],
            pairs=None if more.pairs is None else [*examples.pairs, *more.pairs],
            labels=np.concatenate([examples.known_labels(), unknown]),
            names=examples.names,
        )


def read_unlabelled(task, paths):
    """Returns TextExamples without labels.

    Args:
        task: a Task of texts or pairs.
        paths: files; `.txt`, also `.gz` and `.xz`, has a text a line; others are in the task's own format.

    Raises:
        InputError: the task takes no such texts, a file has none, or only some have pairs.
    """
    if task.architecture != "RemBertForSequenceClassification":
        raise InputError(f"texts without labels are for tasks that classify texts (csv, xnli, pawsx), not {task.name}.")
    parts = [_plain_texts(path) if str(path).endswith(PLAIN_TEXT) else task.read([path]) for path in paths]
    if len({part.pairs is None for part in parts}) > 1:
        raise InputError("some texts without labels are pairs and some are not: give files of one kind.")
    pairs = None if parts[0].pairs is None else [pair for part in parts for pair in part.pairs]
    return TextExamples(texts=[text for part in parts for text in part.texts], pairs=pairs, files=paths)


def _plain_texts(path):
    texts = [text for line in open_text(path) if (text := line.strip())]
    if not texts:
        raise InputError(f"{str(path)!r} has no text: expected a text a line.")
    return TextExamples(texts)
