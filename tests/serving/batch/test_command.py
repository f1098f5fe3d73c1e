"""`rembert predict-batch`: what it prints, and which of its words are Beam's."""

import json

import pytest

from rembert_tf.cli.main import run
from rembert_tf.cli.runner_flags import RUNNER_FLAGS


@pytest.fixture
def texts(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.txt").write_bytes(b"one\n\xff\ntwo\n")
    return tmp_path


def test_what_it_prints(texts, models, capsys):
    command = ["predict-batch", str(models("embed")), "--input", f"{texts}/*.txt", "--output", f"{texts}/out/rows"]
    assert run(command) == 0
    printed = capsys.readouterr()
    counts, speed, rejected = printed.out.splitlines()
    assert counts == "6 rows; 4 answered, 2 rejected"
    assert speed.endswith(" rows/s") and rejected == "rejected, not UTF-8: 2 rows"
    assert "predicting 6/6 answering" in printed.err.splitlines()
    assert f"answers in 2 files, {texts}/out/rows-00000-00000.jsonl first" in printed.err
    assert f"rejected rows in {texts}/out/rows.rejected.jsonl" in printed.err
    assert "Traceback" not in printed.err and "WARNING" not in printed.err
    assert run([*command, "--json"]) == 0
    again, kept = json.loads(capsys.readouterr().out), json.loads((texts / "out/rows.summary.json").read_text())
    assert again == {**kept, "done_before": 6, "seconds": again["seconds"], "rows_per_second": 0}
    assert run(command) == 0
    assert capsys.readouterr().out.splitlines() == [
        counts,
        "all was there already: nothing was answered anew",
        rejected,
    ]
    assert run([*command, "--part-rows", "2"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("rembert: the answers of another command are at ")


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_when_no_row_was_answered_the_command_fails(options, texts, models, capsys):
    (texts / "bad.txt").write_bytes(b"\xff\n" * 3)
    command = ["predict-batch", str(models("embed")), "--input", f"{texts}/bad.txt", "--output", f"{texts}/out/rows"]
    for _ in range(2):  # what lies there already is no success either
        assert run([*command, *options]) == 2
        printed = capsys.readouterr()
        last = printed.err.splitlines()[-1]
        assert last == f"rembert: no row was answered: '{texts}/out/rows.rejected.jsonl' has the reason for each."
        assert json.loads(printed.out)["rejected"] == 3 if options else "0 answered, 3 rejected" in printed.out
    (texts / "empty.txt").write_bytes(b"")
    command = ["predict-batch", str(models("embed")), "--input", f"{texts}/empty.txt", "--output", f"{texts}/none"]
    assert run(command) == 0  # there was nothing to answer


def test_columns(texts, models, capsys):
    (texts / "rows.jsonl").write_text('{"q": "who?", "c": "Under it", "key": 3, "lang": "en"}\n')
    options = ["--column", "question=q", "--column", "context=c", "--id", "key", "--keep", "lang", "--batch-size", "2"]
    command = ["predict-batch", str(models("answer")), "--input", f"{texts}/rows.jsonl", "--output", f"{texts}/out/"]
    assert run([*command, *options, "--json"]) == 0
    [line] = (texts / "out" / "answers-00000-00000.jsonl").read_text().splitlines()
    answer = json.loads(line)
    assert answer["id"] == 3 and answer["input"] == {"c": "Under it", "q": "who?", "lang": "en"}
    assert answer["output"]["answer"] == "Unde"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("text", "'text' is not of the form INPUT=COLUMN"),
        ("=a", "'=a' is not of the form INPUT=COLUMN"),
    ],
)
def test_columns_that_are_none(option, message, texts, capsys):
    assert run(["predict-batch", "m", "--input", "a", "--output", "b", "--column", option]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "runners", "batch_size"),
    [
        ([], [], 64),
        (["--", "--direct_num_workers", "2"], ["--direct_num_workers", "2"], 64),
        (["--runner", "FlinkRunner", "--flink_master", "h"], ["--runner", "FlinkRunner", "--flink_master", "h"], 64),
        (["--runner=X", "--batch-size", "7", "--flag"], ["--runner=X", "--flag"], 7),
        (["--batch-size", "7", "--runner", "X", "--json", "--", "--y", "1"], ["--runner", "X", "--y", "1"], 7),
    ],
)
def test_words_of_the_runner(words, runners, batch_size):
    import click

    from rembert_tf.cli.predict_batch import command

    context = command.make_context("predict-batch", ["m", "--input", "a", "b", "--output", "c", *words])
    assert context.meta[RUNNER_FLAGS] == runners
    assert context.params["batch_size"] == batch_size and context.params["inputs"] == ("a", "b")
    with pytest.raises(click.NoSuchOption):
        command.make_context("predict-batch", ["m", "--input", "a", "--output", "c", "--signatur", "x"])


def test_a_word_that_nobody_knows(texts, models, capsys):
    command = ["predict-batch", str(models("embed")), "--input", f"{texts}/a.txt", "--output", f"{texts}/o"]
    assert run([*command, "--runner", "DirectRunner", "--signatur", "tokenize"]) == 2
    assert "the local runner has no flag '--signatur'" in capsys.readouterr().err
