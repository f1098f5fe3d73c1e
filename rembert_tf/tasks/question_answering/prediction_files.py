"""Answers as files: what XTREME wants to be handed in, and the list of candidates for looking at."""

import collections
import json
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.weights.atomic_files import new_directory, write_files


def write_submission(questions, predictions, path):
    """Writes {id: text} as JSON, the form in which XTREME takes the answers of a language.

    Args:
        questions: list of Question.
        predictions: a prediction for each, see `Answerer.answers`.
        path: a `.json` file, or else a new folder, which gets a file `test-<language>.json` for each
            language, as XTREME's scorer expects it.

    Raises:
        InputError: ids occur twice in one file, or the path cannot be written.
    """
    path = Path(path)
    texts = [text_of(prediction) for prediction in predictions]
    if path.suffix == ".json":
        _write(path, _by_id(questions, texts, path))
        return
    with new_directory(path) as folder:
        for language, rows in _by_language(questions).items():
            name = f"test-{language}.json" if language else "test.json"
            chosen = [questions[row] for row in rows]
            _write(folder / name, _by_id(chosen, [texts[row] for row in rows], name))


def write_n_best(questions, predictions, path):
    """Writes {id: list of candidates} as JSON, best first, as the original `nbest_predictions.json`.

    Args:
        questions: list of Question.
        predictions: a prediction for each, see `Answerer.answers`.
        path: a `.json` file.
    """
    names = ("text", "probability", "start_logit", "end_logit")
    lists = [[{name: one[name] for name in names} for one in prediction["n_best"]] for prediction in predictions]
    _write(Path(path), _by_id(questions, lists, path))


def text_of(prediction):
    """Returns the text of a prediction, which may be a bare string."""
    return prediction if isinstance(prediction, str) else prediction["text"]


def _by_id(questions, values, path):
    content = {}
    for question, value in zip(questions, values, strict=True):
        if question.id in content:
            raise InputError(
                f"{path}: the question id {question.id!r} occurs twice, in {question.path} again; a file of answers "
                "belongs to one file of questions, so take those of one language pair at a time."
            )
        content[question.id] = value
    return content


def _by_language(questions):
    rows = collections.defaultdict(list)
    for row, question in enumerate(questions):
        rows[question.language].append(row)
    return rows


def _write(path, content):
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    write_files(path.parent, {path.name: text.encode("utf-8")}, last=path.name)
