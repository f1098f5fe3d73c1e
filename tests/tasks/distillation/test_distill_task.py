"""Distillation as a run: what it leaves, that it can be resumed, and what it refuses before anything is trained."""

import dataclasses
import json

import keras
import numpy as np
import pytest

import rembert_tf
from rembert_tf import RemBertForSequenceClassification
from rembert_tf.errors import InputError
from rembert_tf.tasks.catalogue import get_task
from rembert_tf.tasks.distill_task import Files, distill_task
from rembert_tf.tasks.evaluation import evaluate
from rembert_tf.tasks.student import TeacherAndStudent, from_blocks, from_config
from rembert_tf.training.distillation_settings import DistillationSettings
from tests.checkpoints_tools.surgery.directories import digests
from tests.tasks.distillation.conftest import LABELS
from tests.tasks.finetune_task.scripted_runs import SETTINGS, Killed, read_json, rows_of, weights

pytestmark = pytest.mark.usefixtures("quick_saving")
SHORT = dataclasses.replace(SETTINGS, max_steps=2)
MIXED = DistillationSettings(alpha=0.5, hidden_loss="layers")


@pytest.fixture(scope="module")
def distill(files, teacher):
    """Returns a function that distils on the files; names of files are given with spaces between."""

    def distill(
        output, task="csv", train="rows.csv", dev="dev.csv", unlabelled="", settings=SHORT, learn=MIXED, **more
    ):
        place = more.pop("teacher", teacher)
        student = more.pop("student", None) or from_blocks(place, 1)
        task = get_task(task, **more.pop("options", {}))
        named = Files(*([files / name for name in names.split()] for names in (train, dev, unlabelled)))
        return distill_task(task, place, student, named, output, settings, learn, **more)

    return distill


@pytest.fixture(scope="module")
def done(distill, tmp_path_factory, teacher):
    """(run folder, result, digests of the teacher before) of a whole run."""
    before = digests(teacher)
    output = tmp_path_factory.mktemp("runs") / "run"
    dropout = dataclasses.replace(SETTINGS, save_every=1)
    return output, distill(output, settings=dropout), before


def test_the_run_folder(done, teacher, files):
    output, result, before = done
    assert digests(teacher) == before
    asked = read_json(output / "run.json")
    assert asked["teacher"] == str(teacher) and asked["layers"] == 1
    assert asked["distillation"] == dataclasses.asdict(MIXED)
    assert asked["labels"] == ["animal", "colour"]
    assert {"best", "last", "dev", "training_curves.png", "comparison.json"} <= {path.name for path in output.iterdir()}
    for checkpoint in ("best", "last"):
        model = RemBertForSequenceClassification.from_pretrained(output / checkpoint)
        assert model.config.num_hidden_layers == 1 and model.config.extra["finetuning_task"] == "csv"
    losses = [row["loss"] for row in rows_of(output) if "loss" in row]
    assert np.isfinite(losses).all()
    assert result["comparison"] == read_json(output / "comparison.json")


def test_the_comparison_says_what_evaluation_says(done, teacher, files):
    output, result, _ = done
    compared = result["comparison"]
    for name, directory in (("teacher", teacher), ("student", output / "best")):
        scores = evaluate(get_task("csv"), directory, [files / "dev.csv"], max_length=16).scores
        assert {metric: compared[name][metric] for metric in scores} == scores
        model = RemBertForSequenceClassification.from_pretrained(directory)
        assert compared[name]["parameters"] == model.count_params()
        assert compared[name]["layers"] == model.config.num_hidden_layers
    assert result["accuracy"] == compared["student"]["accuracy"]
    assert compared["time_ratio"] > 0 and compared["timed"]["rows"] == 5


def test_a_run_that_has_ended_only_tells_its_result(done, distill):
    output, result, _ = done
    again = distill(output, settings=dataclasses.replace(SETTINGS, save_every=1), resume=True)
    assert again == result


@pytest.mark.parametrize("kill_at", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_a_killed_run_ends_as_if_it_had_not_been(done, distill, kill_at, tmp_path):
    settings = dataclasses.replace(SETTINGS, save_every=1)

    def report(step, total, note):
        if step == kill_at and note.startswith("loss"):
            raise Killed

    with pytest.raises(Killed):
        distill(tmp_path / "run", settings=settings, report=report)
    resumed = distill(tmp_path / "run", settings=settings, resume=True)
    output, whole, _ = done
    assert {name: value for name, value in resumed.items() if name != "comparison"} == {
        name: value for name, value in whole.items() if name != "comparison"
    }
    assert rows_of(tmp_path / "run") == rows_of(output)
    for checkpoint in ("best", "last"):
        for ours, theirs in zip(weights(tmp_path / "run" / checkpoint), weights(output / checkpoint), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_run_with_another_teachers_share_is_not_resumed(done, distill):
    other = dataclasses.replace(MIXED, alpha=0.9)
    with pytest.raises(InputError, match="which is another run: distillation was"):
        distill(done[0], settings=dataclasses.replace(SETTINGS, save_every=1), learn=other, resume=True)


def test_texts_bring_a_student_closer_to_its_teacher(distill, make_teacher, files, text_config, tmp_path):
    """Its divergence from the teacher's answers falls, on the texts that it read: no label was ever read."""
    teacher = make_teacher(opinions=8)
    maker = from_config(text_config.replace(num_hidden_layers=1))
    settings = dataclasses.replace(SETTINGS, epochs=4, batch_size=4)
    learn = DistillationSettings(alpha=1.0)
    more = {"teacher": teacher, "student": maker, "learn": learn, "settings": settings}
    distill(tmp_path / "run", train="", unlabelled="many.txt", **more)
    keras.utils.set_random_seed(settings.seed)
    start = TeacherAndStudent(teacher, maker, learn)
    before, tokenizer = start("RemBertForSequenceClassification", LABELS)
    after = RemBertForSequenceClassification.from_pretrained(tmp_path / "run/last")
    inputs = dict(tokenizer(list(filter(None, (files / "texts.txt").read_text().splitlines())), padding=True))
    wanted = keras.ops.log_softmax(start.teacher(inputs))

    def divergence(model):
        terms = keras.ops.exp(wanted) * (wanted - keras.ops.log_softmax(model(inputs)))
        return float(keras.ops.mean(keras.ops.sum(terms, axis=-1)))

    assert divergence(after) < 0.5 * divergence(before)


TASKS = {
    "csv, several labels": (
        "RemBertForSequenceClassification",
        {"id2label": {0: "animal", 1: "colour", 2: "short"}, "problem_type": "multi_label_classification"},
        {"train": "several.csv", "dev": "several.csv", "options": {"problem_type": "multi_label_classification"}},
    ),
    "csv, a number": (
        "RemBertForSequenceClassification",
        {"id2label": {0: "label"}, "problem_type": "regression"},
        {"train": "numbers.csv", "dev": "numbers.csv", "options": {"problem_type": "regression"}},
    ),
    "xnli": (
        "RemBertForSequenceClassification",
        {"id2label": {0: "entailment", 1: "neutral", 2: "contradiction"}},
        {"task": "xnli", "train": "pairs.tsv", "dev": "pairs.tsv"},
    ),
    "udpos": ("RemBertForTokenClassification", {}, {"task": "udpos", "train": "tags.tsv", "dev": "tags.tsv"}),
    "xquad": (
        "RemBertForQuestionAnswering",
        {"num_labels": 2},
        {"task": "xquad", "train": "questions.json", "dev": "questions.json"},
    ),
    "multiple-choice": (
        "RemBertForMultipleChoice",
        {},
        {"task": "multiple-choice", "train": "choices.jsonl", "dev": "choices.jsonl"},
    ),
    "mlm": ("RemBertForMaskedLM", {}, {"task": "mlm", "train": "lines.txt", "dev": "lines.txt"}),
    "clm": ("RemBertForCausalLM", {"is_decoder": True}, {"task": "clm", "train": "lines.txt", "dev": "lines.txt"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_every_task(name, distill, make_teacher, tmp_path):
    architecture, fields, more = TASKS[name]
    if name == "udpos":
        fields = {"id2label": dict(enumerate(get_task("udpos").labels))}
    directory = make_teacher(architecture, **fields)
    settings = dataclasses.replace(SHORT, max_length=24)
    found = distill(tmp_path / "run", teacher=directory, settings=settings, **more)
    model = getattr(rembert_tf, architecture).from_pretrained(tmp_path / "run/best")
    assert model.config.num_hidden_layers == 1 and model.config.id2label == model.config.replace(**fields).id2label
    assert found["comparison"]["student"].keys() == found["comparison"]["teacher"].keys()
    assert np.isfinite(rows_of(tmp_path / "run")[-2]["loss"])


@pytest.mark.slow
def test_labelled_and_unlabelled_texts_seeds_and_no_dev_files(distill, tmp_path):
    found = distill(tmp_path / "run", dev="", unlabelled="texts.txt", seeds=2, learn=DistillationSettings())
    assert set(found["runs"]) == {f"{tmp_path}/run/seed-0", f"{tmp_path}/run/seed-1"}
    asked = read_json(tmp_path / "run/seed-0/run.json")
    assert asked["choose"] == "last" and asked["dev"] == asked["train"] and len(asked["unlabelled"]) == 1
    assert json.loads((tmp_path / "run/seed-0/comparison.json").read_text()) == found["comparison"]


ENCODER = {"name": "RemBertModel"}
REFUSED = {
    "no head": (ENCODER, {}, "has no head for RemBertForSequenceClassification, its config.json says RemBertModel"),
    "another head": ({"name": "RemBertForMaskedLM"}, {}, "has no head for RemBertForSequenceClassification"),
    "a label that the teacher lacks": ({}, {"train": "others.csv"}, "others.csv, line 3: the label 'number'"),
    "a task of other labels": ({}, {"task": "xnli", "train": "pairs.tsv"}, "xnli has the labels contradiction"),
    "another kind of problem": (
        {},
        {"options": {"problem_type": "regression"}, "train": "numbers.csv"},
        "was trained for single_label_classification, not for regression",
    ),
    "more blocks than there are": ({}, {"student": 4}, "layers must be 1 to 3, as many as the teacher has, not 4"),
    "long rows": ({}, {"settings": dataclasses.replace(SHORT, max_length=65)}, "65, but the teacher has 64 positions"),
    "labels that count for nothing": (
        {},
        {"settings": dataclasses.replace(SHORT, label_smoothing=0.1), "learn": DistillationSettings(alpha=1.0)},
        "label_smoothing changes nothing",
    ),
    "no labels, but a share for them": (
        {},
        {"train": "", "unlabelled": "texts.txt"},
        "without labelled training files alpha must be 1, not 0.5",
    ),
    "texts for a task of words": (
        {"name": "RemBertForTokenClassification"},
        {"task": "udpos", "train": "tags.tsv", "unlabelled": "texts.txt"},
        r"for tasks that classify texts \(csv, xnli, pawsx\), not udpos",
    ),
    "texts beside pairs": (
        {"id2label": {0: "entailment", 1: "neutral", 2: "contradiction"}},
        {"task": "xnli", "train": "pairs.tsv", "dev": "pairs.tsv", "unlabelled": "texts.txt"},
        "some texts are pairs and some are not",
    ),
    "a file that is not there": ({}, {"unlabelled": "none.txt"}, "none.txt"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_and_leaves_nothing(case, distill, teacher, make_teacher, tmp_path):
    changes, more, message = REFUSED[case]
    place = make_teacher(**changes) if changes else teacher
    if "student" in more:
        more = {**more, "student": from_blocks(place, more["student"])}
    with pytest.raises(InputError, match=message):
        distill(tmp_path / "run", teacher=place, **more)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("train", "dev"), [("", "dev.csv"), ("", "")])
def test_nothing_to_learn_from(train, dev):
    with pytest.raises(InputError, match="nothing to learn from"):
        Files(train.split(), dev.split())


def test_texts_alone_need_files_to_score():
    with pytest.raises(InputError, match="cannot be scored"):
        Files([], [], ["texts.txt"])
