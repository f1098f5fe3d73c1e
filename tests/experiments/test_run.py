"""An experiment from raw text to tables, and going on with one."""

import dataclasses
import json

import pytest

from rembert_tf.cli.main import run
from rembert_tf.experiments.run import run_experiment
from rembert_tf.experiments.scale import QUICK
from rembert_tf.experiments.settings import ExperimentSettings

pytest.importorskip("apache_beam", reason="the beam extra is absent")

SENTENCES = {
    "de": "Der {} Hafen friert im Januar zu , und die {} Fähren bleiben .",
    "en": "The {} harbour freezes in January , and the {} ferries stay .",
    "fr": "Le {} port gèle en janvier , et les {} bateaux restent .",
}
TAGS = {
    "de": "DET NUM NOUN VERB ADP PROPN ADV PUNCT CCONJ DET NUM NOUN VERB PUNCT",
    "en": "DET NUM NOUN VERB ADP PROPN PUNCT CCONJ DET NUM NOUN VERB PUNCT",
}


def write_data(folder):
    """Writes raw text and tasks; returns (texts, folder of the tasks)."""
    texts, pos, tatoeba = [], folder / "tasks/udpos", folder / "tasks/tatoeba"
    for made in (pos, tatoeba):
        made.mkdir(parents=True)
    lines = {code: [text.format(n, n % 7) for n in range(60)] for code, text in SENTENCES.items()}
    for code, sentences in lines.items():
        texts.append(str(folder / f"text-{code}.txt"))
        (folder / f"text-{code}.txt").write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
    for name in ("train-en", "dev-en", "test-en", "test-de"):
        code = name[-2:]
        tagged = ["\n".join(map("\t".join, zip(s.split(), TAGS[code].split(), strict=True))) for s in lines[code][:12]]
        (pos / f"{name}.tsv").write_text("\n\n".join(tagged) + "\n", encoding="utf-8")
    pairs = zip(lines["de"][:12], lines["en"][:12], strict=True)
    (tatoeba / "de-en.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs), encoding="utf-8")
    return texts, str(folder / "tasks")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def arguments(data, small_vocabulary):
    texts, tasks = data
    return ["--data", *texts, "--tasks", tasks, "--sentencepiece", small_vocabulary, "--quick", "--steps", "2"]


@pytest.fixture(scope="module")
def ended(arguments, tmp_path_factory):
    """The folder of an experiment of two models, from the command line."""
    output = tmp_path_factory.mktemp("experiment") / "output"
    assert run(["experiment", "coupling", *arguments, "--output", str(output)]) == 0
    return output


def contents(folder, pattern):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob(pattern) if path.is_file()}


def test_it_leaves_a_table_a_picture_and_json(ended):
    assert (ended / "coupling.png").read_bytes().startswith(b"\x89PNG")
    rows = [line for line in (ended / "coupling.md").read_text().splitlines() if line.startswith("|")]
    assert rows[0].split("| ")[-4:] == ["MLM accuracy ", "UD-POS F1, en ", "UD-POS F1, others ", "Tatoeba |"]
    assert len(rows) == 4
    for row, name in zip(rows[2:], ("coupled", "decoupled"), strict=True):
        result = json.loads((ended / "measured" / name / "seed-0/result.json").read_text())
        metrics = ("mlm_accuracy", "pos_f1_en", "pos_f1_others", "tatoeba")
        assert row.endswith("| " + " | ".join(f"{100 * result[metric]:.1f}" for metric in metrics) + " |")
        found = json.loads((ended / "coupling.json").read_text())["variants"][name]
        assert found["runs"]["0"] == result and found["mean"]["tatoeba"] == result["tatoeba"]


def test_results_are_those_of_the_runs(ended):
    for name in ("coupled", "decoupled"):
        result = json.loads((ended / "measured" / name / "seed-0/result.json").read_text())
        pretraining = json.loads((ended / "pretrained" / name / "seed-0/result.json").read_text())
        assert result["mlm_accuracy"] == pretraining["accuracy"]
        assert {key for key in result if key.startswith("tatoeba/")} == {"tatoeba/de", *layers("tatoeba")}
        assert result["pos_f1_others"] == result["pos_f1/de"] and {*layers("probe_en")} <= set(result)
        # Words of a template: a layer that keeps them apart gets its English tags nearly right.
        assert result["probe_en/layer 0"] > 0.8


def layers(metric):
    return [f"{metric}/layer {layer}" for layer in range(QUICK.layers + 1)]


def test_what_has_ended_is_not_done_again(ended, arguments, capsys):
    before, table = contents(ended / "pretrained", "*"), (ended / "coupling.md").read_text()
    measured = contents(ended / "measured", "*")
    assert run(["experiment", "coupling", *arguments, "--output", str(ended), "--resume"]) == 0
    assert contents(ended / "pretrained", "*") == before and contents(ended / "measured", "*") == measured
    assert capsys.readouterr().out == table == (ended / "coupling.md").read_text()


def test_a_folder_in_use_and_other_settings_are_refused(ended, arguments, capsys):
    assert run(["experiment", "coupling", *arguments, "--output", str(ended)]) == 2
    assert "is not empty" in capsys.readouterr().err
    longer = [*arguments[:-1], "3", "--output", str(ended), "--resume"]
    assert run(["experiment", "coupling", *longer]) == 2
    assert "another run: scale was" in capsys.readouterr().err


def test_questions_that_need_tasks_are_refused_without(data, tmp_path):
    with pytest.raises(ValueError, match="dropped-layers, layer-transfer cannot be answered without --tasks"):
        run_experiment(data[0], tmp_path / "output", ExperimentSettings("all", scale=QUICK))
    assert not (tmp_path / "output").exists()


def test_a_text_too_short_for_the_vocabulary_leaves_no_folder(data, tmp_path, capsys):
    command = ["experiment", "coupling", "--data", *data[0], "--quick", "--output", str(tmp_path / "output")]
    assert run([*command, "--vocab-size", "9000"]) == 2
    assert "hold no more than" in capsys.readouterr().err and not (tmp_path / "output").exists()


def test_a_folder_without_tasks_is_refused(data, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"lacks .*train-en.tsv.*: it must hold udpos/train-en.tsv"):
        run_experiment(data[0], tmp_path / "output", ExperimentSettings("coupling", scale=QUICK), tasks=tmp_path)
    assert not (tmp_path / "output").exists()


@pytest.mark.slow
def test_a_killed_experiment_ends_with_the_same_numbers_and_shares_models(data, small_vocabulary, tmp_path):
    texts, tasks = data
    scale = dataclasses.replace(QUICK, small=28, steps=2)  # with nearly equal tables the taller model is no giant
    settings = ExperimentSettings("dropped-layers", 1, scale, small_vocabulary)
    quiet = {"tell": lambda line: None}
    whole = run_experiment(texts, tmp_path / "whole", settings, tasks, **quiet)
    steps = []

    def progress(description):
        steps.append(description)
        if len(steps) == 5:
            raise KeyboardInterrupt
        return _Silent()

    with pytest.raises(KeyboardInterrupt):
        run_experiment(texts, tmp_path / "killed", settings, tasks, progress=progress, **quiet)
    again = run_experiment(texts, tmp_path / "killed", settings, tasks, resume=True, **quiet)
    assert [row.cell("pos_f1_en") for row in whole[0].rows] == [row.cell("pos_f1_en") for row in again[0].rows]
    assert {path.name for path in (tmp_path / "whole/pretrained").iterdir()} == {
        "small-both",
        "layers-kept",
        "small-input",
    }


class _Silent:
    def __enter__(self):
        return lambda done, total, note="": None

    def __exit__(self, *problem):
        return None
