"""Questions with several choices, from JSON lines.

Two forms of a line: XCOPA's {"premise", "choice1", "choice2", "question", "label"}, and the general
{"prompt", "choices": [...], "label"} with any number of choices.
"""

import dataclasses
import json

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.tasks.known_labels import known_labels
from rembert_tf.text_files.languages import language_of
from rembert_tf.text_files.opening import open_text

# The words that published fine-tuning on COPA and XCOPA puts for the two kinds of question, English for all
# languages. They stand after the premise, so that choices are plain sentences, in a served model too.
QUESTIONS = {"cause": "What was the cause of this?", "effect": "What happened as a result?"}
FORMS = '{"premise", "choice1", "choice2", "question", "label"} or {"prompt", "choices": [...], "label"}'


@dataclasses.dataclass(frozen=True)
class ChoiceExamples:
    """Prompts with choices.

    Args:
        prompts: list of strings.
        choices: list of lists of strings, two or more each.
        labels: (examples,) int32: the number of the right choice, from 0; or None.
        languages: a code for each example, "" where none is known.
        files: paths of the files that they come from, for messages.
    """

    prompts: list
    choices: list
    labels: np.ndarray | None
    languages: list
    files: list = ()

    def __len__(self):
        return len(self.prompts)

    def known_labels(self):
        """Returns the labels, or raises an InputError where there are none."""
        return known_labels(self.labels, self.files)


def read_choices(paths):
    """Returns ChoiceExamples of JSON-lines files.

    Args:
        paths: list of files; plain, .gz or .xz. Blank lines are passed over, unknown fields too.

    Raises:
        MissingFileError: a file does not exist.
        InputError: a file is empty, a line is of neither form, or only some have labels; the message says in
            which file and line.
    """
    prompts, choices, labels, languages, first = [], [], [], [], None
    for path in paths:
        before = len(prompts)
        for number, line in enumerate(open_text(path), start=1):
            if not line.strip():
                continue
            place = f"{path}, line {number}"
            prompt, options, label = _parsed(line, place)
            if first is None:
                first = (place, label is None)
            elif (label is None) != first[1]:
                raise InputError(f"{place} has {'no ' * (label is None)}label, unlike {first[0]}: label all or none.")
            prompts.append(prompt)
            choices.append(options)
            labels.append(label)
            languages.append(language_of(path))
        if len(prompts) == before:
            raise InputError(f"{str(path)!r} is empty: expected a JSON object a line, {FORMS}.")
    return ChoiceExamples(prompts, choices, None if first[1] else np.array(labels, "int32"), languages, paths)


def _parsed(line, place):
    """Returns (prompt, choices, label or None) of a line."""
    try:
        item = json.loads(line)
    except json.JSONDecodeError as problem:
        raise InputError(f"{place}: not valid JSON ({problem.msg}); expected {FORMS}.") from None
    if not isinstance(item, dict):
        raise InputError(f"{place}: expected a JSON object, {FORMS}.")
    prompt, choices = _copa(item, place) if "premise" in item else (item.get("prompt"), item.get("choices"))
    if not isinstance(prompt, str):
        raise InputError(f"{place}: the prompt must be a string, not {prompt!r}; expected {FORMS}.")
    if not isinstance(choices, list) or len(choices) < 2 or not all(isinstance(choice, str) for choice in choices):
        raise InputError(f"{place}: the choices must be two strings or more, not {choices!r}; expected {FORMS}.")
    label = item.get("label")
    if label is not None and (type(label) is not int or not 0 <= label < len(choices)):
        raise InputError(f"{place}: the label must be the number of a choice, 0 to {len(choices) - 1}, not {label!r}.")
    return prompt, choices, label


def _copa(item, place):
    if not isinstance(item.get("question"), str) or item["question"] not in QUESTIONS:
        raise InputError(f"{place}: the question must be {' or '.join(QUESTIONS)}, not {item.get('question')!r}.")
    names = [name for name in ("choice1", "choice2", "choice3") if name in item]
    premise = item["premise"]
    prompt = f"{premise} {QUESTIONS[item['question']]}" if isinstance(premise, str) else premise
    return prompt, [item[name] for name in names]
