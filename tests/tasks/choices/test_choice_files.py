"""Questions with choices in JSON lines: XCOPA's form, the general one, and what is wrong with others."""

import json
import lzma

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tasks.choices.task import MultipleChoiceTask

READ = MultipleChoiceTask().read
# Two items as XCOPA has them.
XCOPA = [
    {"premise": "La ragazza trovò un insetto.", "choice1": "Versò il latte.", "choice2": "Perse l'appetito."}
    | {"question": "effect", "label": 1, "idx": 1, "changed": False},
    {"premise": "L'uomo cadde.", "choice1": "Il suolo era gelato.", "choice2": "Si alzò.", "question": "cause"}
    | {"label": 0, "idx": 2, "changed": True},
]


def written(path, items):
    text = "".join((item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)) + "\n" for item in items)
    path.write_bytes(lzma.compress(text.encode()) if path.suffix == ".xz" else text.encode())
    return path


def test_xcopa(tmp_path):
    examples = READ([written(tmp_path / "val-it.jsonl", XCOPA)])
    assert examples.prompts == [
        "La ragazza trovò un insetto. What happened as a result?",
        "L'uomo cadde. What was the cause of this?",
    ]
    assert examples.choices == [["Versò il latte.", "Perse l'appetito."], ["Il suolo era gelato.", "Si alzò."]]
    assert examples.labels.tolist() == [1, 0]
    assert examples.languages == ["it", "it"]


def test_general_form_with_any_number_of_choices(tmp_path):
    items = [
        {"prompt": "2 + 2?", "choices": ["3", "4", "5"], "label": 1},
        "",
        {"prompt": "", "choices": ["a", "b"], "label": 0},
    ]
    examples = READ([written(tmp_path / "train.jsonl.xz", items), written(tmp_path / "more.jsonl", XCOPA[:1])])
    assert [len(choices) for choices in examples.choices] == [3, 2, 2]
    assert examples.labels.tolist() == [1, 0, 1]


def test_without_labels_for_prediction(tmp_path):
    items = [{name: value for name, value in item.items() if name != "label"} for item in XCOPA]
    assert READ([written(tmp_path / "test-it.jsonl", items)]).labels is None


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("{", r"line 3: not valid JSON"),
        ("[1]", r"line 3: expected a JSON object"),
        ({**XCOPA[0], "question": "why"}, r"line 3: the question must be cause or effect, not 'why'"),
        ({**XCOPA[0], "label": 2}, r"line 3: the label must be the number of a choice, 0 to 1, not 2"),
        ({**XCOPA[0], "label": True}, r"line 3: the label must be .* not True"),
        ({**XCOPA[0], "label": None}, r"line 3 has no label, unlike .*line 1"),
        ({**XCOPA[0], "premise": 5}, r"line 3: the prompt must be a string, not 5"),
        (
            {"prompt": "a", "choices": ["b"], "label": 0},
            r"line 3: the choices must be two strings or more, not \['b'\]",
        ),
        ({"prompt": "a", "choices": "bc", "label": 0}, r"line 3: the choices must be two strings or more, not 'bc'"),
        ({"text": "a"}, r"line 3: the prompt must be a string, not None"),
    ],
)
def test_what_is_wrong_and_where(tmp_path, item, message):
    with pytest.raises(InputError, match=rf"val-it\.jsonl, {message}"):
        READ([written(tmp_path / "val-it.jsonl", [*XCOPA, item])])


def test_empty_and_missing_files(tmp_path):
    with pytest.raises(InputError, match="is empty"):
        READ([written(tmp_path / "val-it.jsonl", [""])])
    with pytest.raises(MissingFileError):
        READ([tmp_path / "none.jsonl"])
