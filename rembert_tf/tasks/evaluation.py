"""How well a model does a task, language by language, and what it got wrong."""

import dataclasses
import json

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.tasks.error_analysis import write_error_analysis
from rembert_tf.tasks.start import check_lengths, load_task_model
from rembert_tf.text_files.opening import open_text
from rembert_tf.weights.atomic_files import new_directory

BATCH_SIZE = 64
SCORES = "scores.json"


@dataclasses.dataclass
class Part:
    """What a model said about the files of one language.

    Args:
        examples: what the task's `read` returned.
        predictions: list of predictions.
        scores: {metric: number from 0 to 1}.
    """

    examples: object
    predictions: list
    scores: dict


def read_parts(task, paths, labels=None):
    """Returns {language: Examples} of files, those of one language read together.

    Args:
        task: a Task.
        paths: list of files, whose names tell their languages.
        labels: as in `Task.read`.
    """
    by_language = {}
    for path in paths:
        by_language.setdefault(task.language(path), []).append(path)
    return {language: task.read(files, labels) for language, files in by_language.items()}


def predict_parts(task, model, tokenizer, parts, batch_size, max_length, report=None):
    """Returns {language: Part}.

    Args:
        task: a Task.
        model: of its class.
        tokenizer: the model's.
        parts: what `read_parts` returned.
        batch_size: rows at a time.
        max_length: pieces of a row.
        report: called as `report(done, total, note)`, or None.
    """
    total, before, found = sum(map(len, parts.values())), 0, {}
    for language, examples in parts.items():

        def step(done, of, before=before, language=language):
            if report is not None:
                report(before + done, total, language)

        predictions = task.predict(model, tokenizer, examples, batch_size, max_length, step)
        found[language] = Part(examples, predictions, task.score(examples, predictions))
        before += len(examples)
    return found


def mean_scores(parts):
    """Returns {metric: mean over languages}, which is a task's score in XTREME."""
    metrics = list(next(iter(parts.values())).scores)
    return {metric: float(np.mean([part.scores[metric] for part in parts.values()])) for metric in metrics}


@dataclasses.dataclass
class Evaluation:
    """The outcome of an evaluation.

    Args:
        task: the Task.
        parts: {language: Part}.
    """

    task: object
    parts: dict

    @property
    def scores(self):
        """{metric: mean over languages}."""
        return mean_scores(self.parts)

    def to_dict(self):
        """Returns what `--json` prints."""
        by_language = {language: part.scores for language, part in self.parts.items()}
        return {"task": self.task.name, "scores": self.scores, "by_language": by_language}

    def lines(self):
        """Returns a table of the scores, a line a language."""
        metrics = list(self.scores)
        rows = {language or "all": (len(part.examples), part.scores) for language, part in self.parts.items()}
        lines = [f"{'language':<12}{'examples':>10}" + "".join(f"{metric:>16}" for metric in metrics)]
        if len(rows) > 1:
            rows["mean"] = (sum(count for count, _ in rows.values()), self.scores)
        for language, (count, scores) in rows.items():
            lines.append(f"{language:<12}{count:>10,}" + "".join(f"{scores[metric]:>16.4f}" for metric in metrics))
        return lines

    def write(self, folder):
        """Writes scores, prediction files in the task's official format, and the error analysis.

        Args:
            folder: must not exist yet; it appears when all is in it.

        Raises:
            InputError: it exists already, or cannot be written.
        """
        try:
            with new_directory(folder) as place:
                self._fill(place)
        except OSError as problem:
            raise InputError(f"cannot write into {str(folder)!r}: {problem.strerror or problem}.") from problem

    def _fill(self, folder):
        (folder / SCORES).write_text(json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        mistakes, confusion = [], {}
        for language, part in self.parts.items():
            name = f"test-{language}" if language else "predictions"
            self.task.write_predictions(
                part.examples, part.predictions, folder / f"{name}{self.task.prediction_suffix}"
            )
            wrong, mistaken = self.task.mistakes(part.examples, part.predictions)
            mistakes += wrong
            for pair, count in mistaken.items():
                confusion[pair] = confusion.get(pair, 0) + count
        decisive = next(iter(self.scores))
        by_language = {language or "all": part.scores[decisive] for language, part in self.parts.items()}
        count = sum(len(part.examples) for part in self.parts.values())
        write_error_analysis(self.task.name, count, mistakes, confusion, by_language, folder / "errors")


def open_model(task, directory, max_length=None):
    """Returns (model, tokenizer, max_length) of a directory that was trained for a task; see `evaluate`."""
    model, tokenizer = load_task_model(directory, task.architecture)
    max_length = max_length or min(task.recipe.max_length, model.config.max_position_embeddings)
    check_lengths(model, tokenizer, max_length)
    return model, tokenizer, max_length


def evaluate(task, directory, paths, max_length=None, batch_size=BATCH_SIZE, report=None):
    """Evaluates a model directory on files in the task's official format.

    Args:
        task: a Task.
        directory: of the model.
        paths: list of files.
        max_length: pieces of a row; None means the recipe's, or what the model can take.
        batch_size: rows at a time.
        report: called as `report(done, total, note)`, or None.

    Returns:
        An Evaluation.

    Raises:
        InputError: the directory holds no model for the task, or a file cannot be used.
    """
    for path in paths:
        next(open_text(path), None)  # a missing file is told before the model is loaded
    model, tokenizer, max_length = open_model(task, directory, max_length)
    parts = read_parts(task, paths, list(model.config.id2label.values()))
    for examples in parts.values():
        task.check_answers(examples, "scoring")
    return Evaluation(task, predict_parts(task, model, tokenizer, parts, batch_size, max_length, report))
