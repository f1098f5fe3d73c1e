"""`rembert finetune`, `evaluate` and `predict`: every option arrives where it should, and only there."""

import dataclasses
import json

import pytest

from rembert_tf import RemBertForSequenceClassification, RemBertModel
from rembert_tf.cli import main
from rembert_tf.tasks import evaluation, finetune_task
from rembert_tf.tasks.catalogue import TRAINED, get_task
from rembert_tf.tasks.recipe import FOLDER
from rembert_tf.training.settings import FinetuneSettings

RESULT = {"epoch": 2, "step": 40, "accuracy": 0.75, "macro_f1": 0.5, "seed": 1000}
ROWS = "text,label\na cat,animal\nred,colour\nblue,colour\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, text_config, small_tokenizer):
    """A folder with a configuration, a classifier, an encoder and files."""
    folder = tmp_path_factory.mktemp("cli")
    text_config.save_pretrained(folder)
    config = text_config.replace(num_hidden_layers=1, id2label={0: "animal", 1: "colour"})
    number = text_config.replace(num_hidden_layers=1, id2label={0: "score"}, problem_type="regression")
    models = {
        "model": RemBertForSequenceClassification(config),
        "number": RemBertForSequenceClassification(number),
        "encoder": RemBertModel(text_config),
    }
    for name, model in models.items():
        model.save_pretrained(folder / name)
        small_tokenizer.save_vocabulary(folder / name)
    (folder / "dev-en.csv").write_text(ROWS)
    (folder / "dev-de.csv").write_text("text,label\nrot,colour\n")
    (folder / "numbers.csv").write_text("text,label\na,1.5\nb,2\nc,-1\n")
    (folder / "de-en.tsv").write_text("das rote Haus\tthe red house\neine Katze\ta cat\nwer\twho\n")
    (folder / "ja-en.tsv").write_text("赤い家\tthe red house\n猫\ta cat\n")
    return folder


@pytest.fixture
def rembert(folder, capsys, monkeypatch, tmp_path):
    """Runs `rembert ...` in an empty folder; names of the fixture's files are given as `@name`."""
    monkeypatch.chdir(tmp_path)

    def rembert(line, code=0):
        arguments = [str(folder / word[1:]) if word.startswith("@") else word for word in line.split()]
        assert main.run(arguments) == code
        return capsys.readouterr()

    return rembert


@pytest.fixture
def asked(monkeypatch):
    """What `finetune_task` or `finetune_seeds` was called with; neither trains."""
    asked = {}

    def record(task, start, train, dev, output, settings, **more):
        asked.update(task=task, start=start, train=train, dev=dev, output=output, settings=settings, **more)
        return RESULT

    def record_seeds(*arguments, **more):
        record(*arguments, **more)
        runs = {f"run/seed-{seed}": {**RESULT, "accuracy": 0.5 + seed / 8} for seed in (0, 1)}
        return {"runs": runs, "mean": {"accuracy": 0.5625}, "deviation": {"accuracy": 0.0884}}

    monkeypatch.setattr(finetune_task, "finetune_task", record)
    monkeypatch.setattr(finetune_task, "finetune_seeds", record_seeds)
    return asked


def finetune(task="csv", start="--model @model"):
    return f"finetune {task} {start} --train a b --dev c --output run"


# option -> the settings that it changes
OPTIONS = {
    "--epochs 7": {"epochs": 7},
    "--max-steps 11": {"max_steps": 11},
    "--batch-size 48": {"batch_size": 48},
    "--learning-rate 0.125": {"learning_rate": 0.125},
    "--max-length 33": {"max_length": 33},
    "--seed 5": {"seed": 5},
    "--warmup-ratio 0.25": {"warmup_ratio": 0.25},
    "--weight-decay 0.5": {"weight_decay": 0.5},
    "--clip-norm 2.5": {"clip_norm": 2.5},
    "--layer-decay 0.75": {"layer_decay": 0.75},
    "--label-smoothing 0.125": {"label_smoothing": 0.125},
    "--accumulate-steps 4": {"accumulate_steps": 4},
    "--freeze embeddings --freeze layers:3": {"freeze": ("embeddings", "layers:3")},
    "--freeze embeddings layers:3": {"freeze": ("embeddings", "layers:3")},
    "--lora-rank 8": {"lora_rank": 8},
    "--mixed-precision mixed_bfloat16": {"mixed_precision": "mixed_bfloat16"},
    "--patience 2": {"patience": 2},
    "--save-every 100": {"save_every": 100},
    "--restarts 3": {"restarts": 3},
    "--choose last": {"choose": "last"},
    "--static-shapes": {"static_shapes": True},
    "--no-static-shapes": {"static_shapes": False},
}


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_of_a_training_reaches_the_settings(rembert, asked, option):
    rembert(finetune())
    plain = asked["settings"]
    rembert(f"{finetune()} {option}")
    assert asked["settings"] == dataclasses.replace(plain, **OPTIONS[option])
    assert asked["settings"] != plain


def test_no_option_is_untested():
    command = main.LazyGroup().get_command(None, "finetune")
    names = {parameter.name for parameter in command.params}
    settings = {field.name for field in dataclasses.fields(FinetuneSettings)}
    assert names & settings == {name for change in OPTIONS.values() for name in change}


def test_a_recipe_of_ones_own_counts_more_than_the_tasks_and_less_than_options(rembert, asked, tmp_path):
    (tmp_path / "mine.toml").write_text(
        'epochs = 9\nbatch_size = 4\nlearning_rate = 1\nfreeze = ["embeddings"]\nstatic_shapes = true\nseed = 7\n'
        'warmup_ratio = 0.5\nsource = "a blog"\ncommand = "rembert finetune csv"\nexpected = "0.9"\n'
    )
    rembert(finetune())
    plain = asked["settings"]
    said = {"epochs": 9, "batch_size": 4, "learning_rate": 1, "freeze": ("embeddings",), "static_shapes": True}
    said |= {"seed": 7, "warmup_ratio": 0.5}
    rembert(f"{finetune()} --recipe mine.toml")
    assert asked["settings"] == dataclasses.replace(plain, **said)
    rembert(f"{finetune(start='--config @config.json --sentencepiece @model/sentencepiece.model')} --recipe mine.toml")
    assert asked["settings"].learning_rate == 1  # not the 1e-3 of new weights
    rembert(f"{finetune()} --recipe mine.toml --seed 0 --freeze encoder --no-static-shapes --epochs 2")
    given = {"seed": 0, "freeze": ("encoder",), "static_shapes": False, "epochs": 2}
    assert asked["settings"] == dataclasses.replace(plain, **{**said, **given})


@pytest.mark.parametrize("name", TRAINED)
def test_the_file_of_a_tasks_recipe_is_a_recipe_of_ones_own(rembert, asked, name):
    rembert(finetune(name))
    plain = asked["settings"]
    rembert(f"{finetune(name)} --recipe {FOLDER / name}.toml")
    assert asked["settings"] == plain


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no file 'mine.toml': expected a recipe, as TOML."),
        ("epochs = \n", "mine.toml is not valid TOML: "),
        ("learningrate = 1.0\n[more]\n", "mine.toml has learningrate, more; a recipe takes epochs, max_steps, "),
        ('epochs = "many"\n', "mine.toml: epochs must be a whole number, not 'many'."),
        ('freeze = "encoder"\n', "mine.toml: freeze must be a list, not 'encoder'."),
        ("epochs = 0\n", "epochs must be at least 1, not 0."),
    ],
)
def test_a_recipe_that_cannot_be_used_is_told_in_one_sentence(rembert, asked, tmp_path, content, message):
    if content is not None:
        (tmp_path / "mine.toml").write_text(content)
    printed = rembert(f"{finetune()} --recipe mine.toml", code=2)
    assert message in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert asked == {}


def test_files_and_flags_arrive(rembert, asked):
    rembert(finetune())
    assert (asked["train"], asked["dev"], asked["output"], asked["resume"]) == (["a", "b"], ["c"], "run", False)
    rembert(f"{finetune()} --resume")
    assert asked["resume"] is True


@pytest.mark.parametrize("task", TRAINED)
def test_the_tasks_recipe_is_the_default(rembert, asked, task):
    recipe = get_task(task).recipe
    rembert(finetune(task))
    expected = FinetuneSettings(
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        max_length=recipe.max_length,
    )
    assert asked["settings"] == expected
    rembert(finetune(task, "--config @config.json --sentencepiece @model/sentencepiece.model"))
    assert asked["settings"] == dataclasses.replace(expected, learning_rate=1e-3)


def test_gradient_checkpointing_changes_the_model_and_nothing_else(rembert, asked, folder):
    rembert(f"{finetune()} --gradient-checkpointing")
    model, _ = asked["start"]("RemBertForSequenceClassification", {})
    assert model.rembert.encoder.gradient_checkpointing
    assert asked["start"].asked == {"model": str(folder / "model")}
    rembert(finetune())
    model, _ = asked["start"]("RemBertForSequenceClassification", {})
    assert not model.rembert.encoder.gradient_checkpointing


# option -> (tasks that take it, attribute of the task, value)
TASK_OPTIONS = {
    "--problem-type regression": (("csv",), lambda task: task.problem_type == "regression"),
    "--columns text,label": (("csv",), lambda task: task.columns == ["text", "label"]),
    "--label-column topic": (("csv",), lambda task: task.label_column == "topic"),
    "--null-threshold 0.5": (("xquad", "mlqa", "tydiqa"), lambda task: task.settings.null_threshold == 0.5),
    "--max-answer-length 9": (("xquad", "mlqa", "tydiqa"), lambda task: task.settings.max_answer_length == 9),
    "--line-by-line": (("mlm", "clm"), lambda task: task.line_by_line is True),
}


@pytest.mark.parametrize("option", TASK_OPTIONS)
@pytest.mark.parametrize("task", TRAINED)
def test_options_of_a_task_reach_it_and_no_other_takes_them(rembert, asked, task, option):
    takers, holds = TASK_OPTIONS[option]
    if task in takers:
        rembert(f"{finetune(task)} {option}")
        assert holds(asked["task"])
    else:
        name = option.split()[0]
        printed = rembert(f"{finetune(task)} {option}", code=2)
        assert printed.err.startswith(f"rembert: {name} is no option of the task {task}.")
        assert asked == {}


def test_results_are_printed_for_people_and_for_programs(rembert, asked):
    assert rembert(finetune()).out == "run/best  dev accuracy 0.7500  dev macro_f1 0.5000\n"
    assert json.loads(rembert(f"{finetune()} --json").out) == {"model": "run/best", **RESULT}


def test_several_seeds_are_printed_each_and_together(rembert, asked):
    printed = rembert(f"{finetune()} --seeds 2").out.splitlines()
    assert asked["seeds"] == 2
    assert printed == [
        "run/seed-0/best  dev accuracy 0.5000",
        "run/seed-1/best  dev accuracy 0.6250",
        "dev accuracy 0.5625 +- 0.0884 over 2 seeds",
    ]
    assert set(json.loads(rembert(f"{finetune()} --seeds 2 --json").out)) == {"runs", "mean", "deviation"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (finetune(start="--model @model --config @config.json"), "give either --model DIR, or both --config FILE and"),
        (finetune(start="--config @config.json"), "give either --model DIR, or both --config FILE and"),
        (f"{finetune()} --seeds 0", "0 is not in the range x>=1"),
        (f"{finetune()} --epochs 0", "epochs must be at least 1, not 0"),
        (f"{finetune()} --freeze head", "freeze must name embeddings, encoder or layers:K, not 'head'"),
        (f"{finetune()} --accumulate-steps 64", "accumulate_steps is 64, more than the batch_size 32"),
        (finetune("tatoeba"), "'tatoeba' is not one of 'xnli'"),
        ("evaluate udpos @model --data @dev-en.csv --layer 3", "--layer is for tatoeba and bucc."),
        ("evaluate udpos @model --data @dev-en.csv --all-layers", "--all-layers is for tatoeba and bucc."),
        ("evaluate csv @model --data @dev-en.csv --scoring cosine", "--scoring is for tatoeba."),
        ("evaluate bucc @model --data @de-en.tsv --scoring cosine", "--scoring is for tatoeba."),
        ("evaluate csv @model --data @dev-en.csv --batch-size 0", "0 is not in the range x>=1"),
        ("predict @model --input @dev-en.csv --top-k 2", "top_k is for mlm alone, and this is csv."),
        ("predict @model --input @dev-en.csv --max-new-tokens 30", "max_new_tokens is for clm alone, and this is csv."),
        ("evaluate tatoeba @model --data @de-en.tsv --columns a", "--columns is no option of the task tatoeba."),
        ("evaluate csv @encoder --data @dev-en.csv", "has no head for RemBertForSequenceClassification"),
        ("evaluate csv @model --data nowhere.csv", "no file 'nowhere.csv'"),
        ("predict @model --input @dev-en.csv --columns a --task xnli", "columns is for csv alone, and this is xnli."),
        ("predict @encoder --input @dev-en.csv", "say --task"),
    ],
)
def test_mistakes_are_one_sentence(rembert, asked, tmp_path, line, message):
    printed = rembert(line, code=2)
    assert message in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""
    assert asked == {}
    assert list(tmp_path.iterdir()) == []


def test_evaluate_prints_languages_and_writes_a_folder(rembert, tmp_path):
    line = "evaluate csv @model --data @dev-en.csv @dev-de.csv --max-length 16"
    printed = rembert(f"{line} --output out")
    table = [row.split() for row in printed.out.splitlines()]
    assert [row[:2] for row in table] == [["language", "examples"], ["en", "3"], ["de", "1"], ["mean", "4"]]
    scores = json.loads((tmp_path / "out/scores.json").read_text())
    assert json.loads(rembert(f"{line} --json").out) == scores
    assert set(scores) == {"task", "scores", "by_language"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("scores.json", "test-en.jsonl", "test-de.jsonl", "errors")
    }


def test_evaluate_refuses_an_existing_folder_before_the_work(rembert, tmp_path, monkeypatch):
    def never(*arguments):
        raise AssertionError("evaluated")

    monkeypatch.setattr(evaluation, "evaluate", never)
    (tmp_path / "out").mkdir()
    printed = rembert("evaluate csv @model --data @dev-en.csv --output out", code=2)
    assert "'out' exists already: choose another folder for --output, or remove it first." in printed.err


def test_evaluate_knows_from_the_model_what_a_label_is(rembert):
    scores = json.loads(rembert("evaluate csv @number --data @numbers.csv --max-length 16 --json").out)["scores"]
    assert set(scores) == {"pearson", "spearman", "rmse"}


def test_evaluate_tatoeba_by_language_and_by_layer(rembert, tmp_path):
    line = "evaluate tatoeba @encoder --data @de-en.tsv @ja-en.tsv"
    found = json.loads(rembert(f"{line} --layer 1 --output out --json").out)
    assert found["layer"] == 1
    assert set(found["scores"]) == {"accuracy", "to_english"}
    accuracies = {language: scores["accuracy"] for language, scores in found["by_language"].items()}
    assert set(accuracies) == {"de", "ja"}
    assert found["scores"]["accuracy"] == pytest.approx(sum(accuracies.values()) / 2)
    # XTREME's submission, read and scored by nothing of ours: English in alphabetical order, a row of the other side.
    english = {"de": ["the red house", "a cat", "who"], "ja": ["the red house", "a cat"]}
    for language, sentences in english.items():
        rows = [int(line) for line in (tmp_path / f"out/test-{language}.tsv").read_text().split()]
        right = [sentences[row] == text for row, text in zip(rows, sorted(sentences), strict=True)]
        assert accuracies[language] == pytest.approx(sum(right) / len(right))
    assert (tmp_path / "out/errors/report.html").exists()

    rows = [row.split() for row in rembert(f"{line} --all-layers").out.splitlines()]
    assert rows[0] == ["layer", "mean", "de", "ja"]
    assert [row[0] for row in rows[1:]] == ["0", "1", "2"]
    assert float(rows[2][1].strip("%*")) == pytest.approx(100 * found["scores"]["accuracy"], abs=0.06)
    by_layer = json.loads(rembert(f"{line} --all-layers --json").out)["by_layer"]
    assert [row["layer"] for row in by_layer] == [0, 1, 2]
    assert by_layer[1]["accuracy"] == pytest.approx(found["scores"]["accuracy"])


def test_predict_says_how_many_rows_and_where(rembert, tmp_path):
    printed = rembert("predict @model --input @dev-en.csv --output out.jsonl --max-length 16")
    assert printed.err.strip().splitlines()[-1] == "3 rows written to out.jsonl"
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 3
