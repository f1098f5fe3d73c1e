"""The tasks `xnli` and `pawsx`: does one sentence follow from another, do two say the same."""

from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.tasks.pairs import single_label
from rembert_tf.tasks.pairs.files import read_pairs
from rembert_tf.tasks.pairs.text_batches import logits_of, text_batches
from rembert_tf.tasks.recipe import recipe_of
from rembert_tf.tasks.task import Task
from rembert_tf.weights.atomic_files import write_files


class PairTask(Task):
    """One of a few labels for two sentences, in XTREME's files; a subclass names the labels."""

    architecture = "RemBertForSequenceClassification"
    names = ()

    def read(self, paths, labels=None):
        """Returns TextExamples; see `Task.read` and `read_pairs`.

        Args:
            paths: list of files.
            labels: the task's labels in another order, as a model may have them, or None for the usual one.
        """
        if labels is not None and sorted(labels) != sorted(self.names):
            raise InputError(f"{self.name} has the labels {', '.join(self.names)}, not {', '.join(labels)}.")
        return read_pairs(paths, labels or self.names)

    def check_answers(self, examples, purpose):
        examples.known_labels()

    def config_fields(self, examples):
        """Returns the labels and the kind of problem."""
        return {"id2label": dict(enumerate(examples.names)), "problem_type": "single_label_classification"}

    def batches(self, tokenizer, examples, batch_size, max_length):
        """Returns the training Batches."""
        return text_batches(tokenizer, examples, batch_size, max_length, with_labels=True)

    def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
        """Returns a dictionary of `label`, `score` and `probabilities` for each pair; see `Task.predict`."""
        batches = text_batches(tokenizer, examples, batch_size, max_length, with_labels=False)
        return single_label.answers(logits_of(model, batches, report), examples.names)

    def score(self, examples, predictions):
        """Returns {"accuracy": share of right labels}."""
        return {"accuracy": single_label.metrics(examples, predictions).accuracy}

    def write_predictions(self, examples, predictions, path):
        """Writes XTREME's submission, `test-<language>.tsv`: a label a line."""
        lines = [prediction["label"] + "\n" for prediction in single_label.checked(examples, predictions)]
        file = Path(path)
        write_files(file.parent, {file.name: "".join(lines).encode("utf-8")}, last=file.name)

    def mistakes(self, examples, predictions):
        """Returns the wrong answers and how often each label was given for each; see `Task.mistakes`."""
        return single_label.mistakes(examples, predictions)


class XnliTask(PairTask):
    """Natural language inference: contradiction, entailment or neutral."""

    name = "xnli"
    names = ("contradiction", "entailment", "neutral")
    recipe = recipe_of(name)


class PawsxTask(PairTask):
    """Paraphrases: 1 for two sentences that mean the same, 0 for others."""

    name = "pawsx"
    names = ("0", "1")
    recipe = recipe_of(name)
