"""What tests of commands share: a folder of models and files, and `rembert ...` in an empty folder."""

import pytest

from rembert_tf.cli import main

ROWS = "text,label\na cat,animal\nred,colour\nblue,colour\n"
# What a training gives that the fixture `asked` pretends.
RESULT = {"epoch": 2, "step": 40, "accuracy": 0.75, "macro_f1": 0.5, "seed": 1000}


@pytest.fixture(scope="session")
def folder(tmp_path_factory, text_config, small_tokenizer):
    """A folder with a configuration, a classifier, an encoder and files."""
    from rembert_tf import RemBertForSequenceClassification, RemBertModel

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
    from rembert_tf.tasks import finetune_task

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
    """The words of a command."""
    return f"finetune {task} {start} --train a b --dev c --output run"
