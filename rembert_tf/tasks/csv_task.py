"""The task `csv`: tables of texts, or pairs, with a label, several labels or a number."""

import types

from rembert_tf.errors import InputError
from rembert_tf.tasks.csv_tables import labels, multi_label, regression
from rembert_tf.tasks.csv_tables.answers_file import write_answers
from rembert_tf.tasks.pairs import single_label
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.tasks.pairs.text_batches import logits_of, text_batches
from rembert_tf.tasks.recipe import recipe_of
from rembert_tf.tasks.task import Task
from rembert_tf.text_files.languages import language_of
from rembert_tf.text_files.tables import LABEL, LANGUAGE, TEXT, TEXT_PAIR, read_tables


def _class_scores(examples, predictions):
    found = single_label.metrics(examples, predictions)
    return {"accuracy": found.accuracy, "macro_f1": found.macro_f1}


# problem type -> how its cells are read, and what becomes of its logits
PROBLEMS = {
    "single_label_classification": types.SimpleNamespace(
        read=labels.single_labels,
        answers=single_label.answers,
        score=_class_scores,
        mistakes=single_label.mistakes,
        cell=lambda prediction: prediction["label"],
    ),
    "multi_label_classification": types.SimpleNamespace(
        read=labels.multi_labels,
        answers=multi_label.answers,
        score=multi_label.score,
        mistakes=multi_label.mistakes,
        cell=multi_label.cell,
    ),
    "regression": types.SimpleNamespace(
        read=labels.numbers,
        answers=regression.answers,
        score=regression.score,
        mistakes=regression.mistakes,
        cell=regression.cell,
    ),
}


class CsvTask(Task):
    """Tables with the columns text, optionally text_pair and language, and one for the label.

    Args:
        problem_type: `single_label_classification`; `multi_label_classification`: a cell holds any number of
            labels joined by "|"; or `regression`: a cell holds a number.
        columns: names of the columns of files without a header; None where the first row names them.
        label_column: the column that holds the label.

    Raises:
        InputError: there is no such kind of problem.
    """

    name = "csv"
    architecture = "RemBertForSequenceClassification"
    prediction_suffix = ".jsonl"
    recipe = recipe_of(name)

    def __init__(self, problem_type="single_label_classification", columns=None, label_column=LABEL):
        if problem_type not in PROBLEMS:
            raise InputError(f"problem_type must be {', '.join(PROBLEMS)}, not {problem_type!r}.")
        self.problem_type = problem_type
        self.columns = columns
        self.label_column = label_column
        self._problem = PROBLEMS[problem_type]

    def read(self, paths, labels=None):
        """Returns TextExamples; files without the label column have none. See `Task.read`."""
        tables = read_tables(paths, self.columns)
        for table in tables:
            table.require(TEXT)
        merged = {name: [cell for table in tables for cell in table.columns[name]] for name in tables[0].columns}
        places = [table.place(row) for table in tables for row in range(len(table))]
        numbers, names = None, list(labels or [])
        if self.label_column in merged:
            numbers, names = self._problem.read(merged[self.label_column], places, labels, self.label_column)
        return TextExamples(
            texts=merged[TEXT],
            pairs=merged.get(TEXT_PAIR),
            labels=numbers,
            names=names,
            languages=merged.get(LANGUAGE) or [language_of(table.path) for table in tables for _ in range(len(table))],
            files=paths,
        )

    @property
    def has_classes(self):
        """Whether a label is one of several classes."""
        return self.problem_type == "single_label_classification"

    def check_answers(self, examples, purpose):
        examples.known_labels()

    def config_fields(self, examples):
        """Returns the labels and the kind of problem."""
        if examples.labels is None:
            raise InputError(
                f"the training files have no column {self.label_column!r}: name the one that holds the label."
            )
        return {"id2label": dict(enumerate(examples.names)), "problem_type": self.problem_type}

    def batches(self, tokenizer, examples, batch_size, max_length):
        """Returns the training Batches."""
        return text_batches(tokenizer, examples, batch_size, max_length, with_labels=True)

    def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
        """Returns a dictionary for each text; see `Task.predict`.

        Single label: `label`, `score`, `probabilities`; several: `labels`, `probabilities`; regression: `score`.
        """
        batches = text_batches(tokenizer, examples, batch_size, max_length, with_labels=False)
        names = examples.names or list(model.config.id2label.values())
        return self._problem.answers(logits_of(model, batches, report), names)

    def score(self, examples, predictions):
        """Returns accuracy and macro F1; micro F1, macro F1 and subset accuracy; or pearson, spearman and rmse."""
        return self._problem.score(examples, predictions)

    def write_predictions(self, examples, predictions, path):
        """Writes texts and answers into a `.jsonl`, `.csv` or `.tsv` file; see `write_answers`."""
        pairs = [{}] * len(examples) if examples.pairs is None else [{TEXT_PAIR: pair} for pair in examples.pairs]
        texts = [{TEXT: text, **pair} for text, pair in zip(examples.texts, pairs, strict=True)]
        answers = single_label.checked(examples, predictions)
        write_answers(path, list(zip(texts, answers, strict=True)), self._problem.cell)

    def mistakes(self, examples, predictions):
        """Returns the wrong answers, and for single labels how often each was given for each; see `Task.mistakes`."""
        return self._problem.mistakes(examples, predictions)
