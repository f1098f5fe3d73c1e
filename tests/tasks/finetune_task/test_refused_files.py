"""Files and settings that cannot be used are refused before anything is trained or written."""

import dataclasses
import json

import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.catalogue import get_task
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.finetune_task import finetune_task
from rembert_tf.tasks.language_modeling.masked_lm_task import MaskedLmTask
from rembert_tf.tasks.tagging.udpos import UdPos
from tests.tasks.finetune_task.scripted_runs import SETTINGS, SHORT, never


@pytest.mark.parametrize(
    ("task", "name", "content", "message"),
    [
        (CsvTask, "dev-en.csv", "text,label\na cat,animal\nx,number\n", "dev-en.csv.*3.*'number' does not occur"),
        (CsvTask, "dev-en.csv", "", "dev-en.csv.* (is empty|has no rows|holds no)"),
        (UdPos, "dev-en.tsv", "dog\tNOUN\ncat\tKATZE\n", r"dev-en.tsv, line 2: the tag 'KATZE' of 'cat' is not one"),
        (UdPos, "dev-en.tsv", "\n", "dev-en.tsv holds no word"),
        (CsvTask, "dev-en.csv", "text\na cat\n", "dev-en.csv: rows that have no labels can be predicted, but neither"),
        (UdPos, "dev-en.tsv", "dog\n", "dev-en.tsv, line 1: no tag; a line must be .* for scoring"),
    ],
)
def test_bad_held_out_files_are_refused_before_training(data, tmp_path, task, name, content, message):
    (tmp_path / name).write_text(content)
    train = data / ("train-en.csv" if task is CsvTask else "train-en.tsv")
    with pytest.raises(InputError, match=message):
        finetune_task(task(), never, [str(train)], [str(tmp_path / name)], tmp_path / "run", SETTINGS)
    assert not (tmp_path / "run").exists()


UNANSWERED = {
    "xnli": "one\tother\n",
    "udpos": "dog\n",
    "xquad": json.dumps({"data": [{"paragraphs": [{"context": "a", "qas": [{"id": "1", "question": "b"}]}]}]}),
    "multiple-choice": json.dumps({"prompt": "a", "choices": ["b", "c"]}),
}


@pytest.mark.parametrize("name", UNANSWERED)
def test_training_files_without_answers_are_refused_before_the_model_is_made(name, tmp_path):
    file = tmp_path / "train-en.tsv"
    file.write_text(UNANSWERED[name])
    with pytest.raises(InputError, match="train-en.tsv.*(no labels|no tag|no answer)"):
        finetune_task(get_task(name), never, [file], [file], tmp_path / "run", SETTINGS)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"freeze": ("layers:9",)}, "freeze says layers:9, but the model has 1 blocks"),
        ({"label_smoothing": 0.1}, "label_smoothing is for tasks whose labels are classes, and here mlm has none"),
        ({"mask_rate": 0.1}, "mask_rate is for tasks that mask nothing themselves"),
        ({"max_length": 2}, "max_length must be at least 3, not 2"),
    ],
)
def test_settings_that_do_not_fit_leave_no_folder(train, tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        train(MaskedLmTask(), tmp_path / "run", dataclasses.replace(SHORT, **change), "text.txt", "text.txt")
    assert not (tmp_path / "run").exists()
