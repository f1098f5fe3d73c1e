"""A command that was stopped goes on where it was; nothing is lost, nothing is there twice, others are refused."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage
from rembert_tf.serving.batch import steps
from rembert_tf.serving.batch.output import OutputFiles

ROWS = 100
FILES = {"a.txt": "\n".join(f"text {number}" for number in range(ROWS)), "b.jsonl": [{"text": "b"}, {}, {"text": "c"}]}
SETTINGS = {"part_rows": 10, "batch_size": 4}


def contents(folder):
    """Returns {path below the folder: bytes}."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def changed(folder):
    """Returns {path: what tells whether a file was written again}."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.glob("rows-*.jsonl")}


@pytest.fixture
def stopped(predicting, models, monkeypatch):
    """The folder of a command that failed at its fifth part."""
    written, write_part = [], OutputFiles.write_part

    def failing(self, *arguments):
        if len(written) == 4:
            raise KeyboardInterrupt
        written.append(arguments)
        write_part(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(OutputFiles, "write_part", failing)
        with pytest.raises(KeyboardInterrupt):
            predicting(models("embed"), FILES, **SETTINGS)
    return predicting


def paths_of(predicting):
    return [str(predicting.folder / name) for name in FILES]


def test_the_same_command_does_the_rest(stopped, models, tmp_path):
    folder = stopped.prefix.parent
    before = changed(folder)
    assert len(before) == 4 and not (folder / "rows.summary.json").exists()
    answers, rejected, summary = stopped(models("embed"), paths_of(stopped), **SETTINGS)
    assert before.items() <= changed(folder).items()
    assert [(row["file"][-5:], row["row"]) for row in answers] == [
        *(("a.txt", row) for row in range(1, ROWS + 1)),
        ("jsonl", 1),
        ("jsonl", 3),
    ]
    assert rejected == [(2, "no column 'text'")]
    assert (summary["rows"], summary["answered"], summary["rejected"]) == (103, 102, 1)
    assert summary["done_before"] in (40, 33)  # the small file may have been among the first
    left = {"rows.rejected.jsonl", "rows.summary.json", *changed(folder)}
    assert {path.name for path in folder.iterdir()} == left


def test_a_complete_one_is_left_as_it_is(predicting, models):
    _, _, summary = predicting(models("embed"), FILES, **SETTINGS)
    before = contents(predicting.prefix.parent)
    again = predicting(models("embed"), paths_of(predicting), **SETTINGS)
    assert again[2] == json.loads(json.dumps(summary)) and contents(predicting.prefix.parent) == before


def test_another_batch_size_is_the_same_command(stopped, models):
    _, _, summary = stopped(models("embed"), paths_of(stopped), **{**SETTINGS, "batch_size": 7})
    assert summary["answered"] == 102 and summary["done_before"] > 0


@pytest.mark.parametrize("damage", ["removed", "cut short"])
def test_a_part_that_is_not_there_as_it_was_is_done_again(damage, stopped, models):
    part = min(stopped.prefix.parent.glob("rows-*.jsonl"))
    part.unlink() if damage == "removed" else part.write_bytes(part.read_bytes()[:-9])
    answers, _, _ = stopped(models("embed"), paths_of(stopped), **SETTINGS)
    assert len(answers) == 102


def test_what_a_killed_worker_left_half_written_goes(stopped, models):
    folder = stopped.prefix.parent
    (folder / f"rows-00000-00009.jsonl.{'0a' * 16}.partial").write_bytes(b"half")
    (folder / f"rows.in-progress/part-00000-00009.json.{'0a' * 16}.partial").write_bytes(b"half")
    (folder / "rows-of-mine.partial").write_bytes(b"mine")
    stopped(models("embed"), paths_of(stopped), **SETTINGS)
    names = {path.name for path in folder.iterdir()}
    assert "rows-of-mine.partial" in names and "rows.in-progress" not in names
    assert [name for name in names if name.endswith(".partial")] == ["rows-of-mine.partial"]


@pytest.mark.parametrize(
    ("model", "settings", "files", "said"),
    [
        ("embed", {"part_rows": 11}, {}, "other settings"),
        ("embed", {"keep": ("n",)}, {}, "other settings"),
        ("embed", {"signature": "tokenize"}, {}, "other settings"),
        ("regress", {}, {}, "another model"),
        ("embed", {}, {"a.txt": "other"}, "other files, or files that have changed"),
    ],
)
@pytest.mark.parametrize("complete", [False, True])
def test_another_command_is_refused(complete, model, settings, files, said, stopped, models):
    if complete:
        stopped(models("embed"), paths_of(stopped), **SETTINGS)
    before = contents(stopped.prefix.parent)
    stopped.write(files)
    what = "the answers" if complete else "unfinished answers"
    with pytest.raises(InputError, match=rf"^{what} of another command are at '.+' \({said}\): choose another output"):
        stopped(models(model), paths_of(stopped), **{**SETTINGS, **settings})
    assert contents(stopped.prefix.parent) == before


def test_a_command_that_has_done_nothing_is_in_nobodys_way(predicting, models, monkeypatch):
    def damaged(source, part_rows):
        raise InputError("it is damaged")

    with monkeypatch.context() as patched:
        patched.setattr(steps, "split", damaged)
        with pytest.raises(InputError, match="it is damaged"):
            predicting(models("embed"), FILES, **SETTINGS)
    assert (predicting.prefix.parent / "rows.in-progress").is_dir()
    assert len(predicting(models("embed"), {"a.txt": "mended"})[0]) == 1


def test_files_of_others_are_never_written_over(predicting, models):
    predicting.write({"answers/rows-00000-00003.jsonl": "mine"})
    with pytest.raises(InputError, match=r"'.+rows-00000-00003.jsonl' is there already: choose another output"):
        predicting(models("embed"), FILES)
    assert contents(predicting.prefix.parent) == {"rows-00000-00003.jsonl": b"mine"}


def test_a_pattern_that_names_the_answers_too(predicting, models):
    predicting.write({"answers/rows-in.jsonl": [{"text": "a"}]})
    pattern = [str(predicting.folder / "answers" / "*.jsonl")]
    first = predicting(models("embed"), pattern)[2]
    assert [file["rows"] for file in first["files"]] == [1]
    assert predicting(models("embed"), pattern)[2] == json.loads(json.dumps(first))


def test_a_full_disk_is_named_and_nothing_is_lost(predicting, models, monkeypatch):
    write, paths = storage.write, predicting.write(FILES)

    def full(path, content):
        if path.endswith("00004.jsonl"):
            with storage.reaching(path, "write"):
                raise OSError(28, "No space left on device")
        write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(storage, "write", full)
        with pytest.raises(InputError, match=r"^cannot write '.+00004.jsonl': No space left on device\.$"):
            predicting(models("embed"), paths, **SETTINGS)
    assert len(predicting(models("embed"), paths, **SETTINGS)[0]) == 102


def test_one_command_at_a_time(predicting, models, monkeypatch):
    def and_again(*arguments):
        with pytest.raises(InputError, match="another command is writing the answers '.*rows' at this moment"):
            predicting(models("embed"), paths_of(predicting), **SETTINGS)
        return split(*arguments)

    split = steps.split
    monkeypatch.setattr(steps, "split", and_again)
    assert len(predicting(models("embed"), FILES, **SETTINGS)[0]) == 102


def test_a_file_that_changes_meanwhile(predicting, models, monkeypatch):
    split = steps.split

    def and_cut(source, part_rows):
        found = split(source, part_rows)
        predicting.write({"a.txt": "text 0\n"})
        return found

    monkeypatch.setattr(steps, "split", and_cut)
    with pytest.raises(InputError, match=r"a.txt has changed since its rows were counted"):
        predicting(models("embed"), {"a.txt": FILES["a.txt"]}, **SETTINGS)


def begin(model, predicting, *flags):
    words = ["predict-batch", str(model), "--input", *paths_of(predicting), "--output", str(predicting.prefix)]
    words += ["--part-rows", "1", *flags]
    command = [sys.executable, "-m", "rembert_tf.cli.main", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def wait_for_parts(process, predicting, count):
    records = predicting.prefix.parent / "rows.in-progress"
    while process.poll() is None and len(list(records.glob("part-*.json")) if records.is_dir() else ()) < count:
        time.sleep(0.005)


def beam_workers(ancestor):
    """Returns the ids of Beam's workers that a process began, or one that it began."""
    rows = subprocess.run(["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout.splitlines()[1:]
    found = {int(pid): (int(parent), words) for pid, parent, words in (row.split(None, 2) for row in rows)}

    def is_below(pid):
        return pid == ancestor or (pid in found and is_below(found[pid][0]))

    return [
        pid
        for pid, (_, words) in found.items()
        if re.match(r"\S*python\S* -m .*sdk_worker_main", words) and is_below(pid)
    ]


def summary_of(predicting):
    return json.loads((predicting.prefix.parent / "rows.summary.json").read_text())


def check_complete(predicting, text_rows=ROWS):
    rows = [(answer["file"][-5:], answer["row"]) for answer in predicting.answers()]
    expected = [("a.txt", row) for row in range(1, text_rows + 1)] + [("jsonl", 1), ("jsonl", 3)]
    assert rows == expected and predicting.rejected() == [(2, "no column 'text'")]


@pytest.mark.slow
def test_after_real_kills(predicting, models):
    predicting.write(FILES)
    for count in (5, 40):
        process = begin(models("embed"), predicting)
        wait_for_parts(process, predicting, count)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    process = begin(models("embed"), predicting)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()
    assert summary_of(predicting)["done_before"] >= 40
    check_complete(predicting)


@pytest.mark.slow
def test_a_killed_worker_of_several(predicting, models):
    """Beam alone would wait for it for ever."""
    rows = 2000  # many parts: it shall not have ended before the kill
    predicting.write({**FILES, "a.txt": "text\n" * rows})
    flags = ["--runner", "DirectRunner", "--direct_running_mode", "multi_processing", "--direct_num_workers", "2"]
    process = begin(models("embed"), predicting, *flags)
    while not (workers := beam_workers(process.pid)) and process.poll() is None:
        time.sleep(0.05)
    wait_for_parts(process, predicting, 3)
    os.kill(workers[0], signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()
    assert summary_of(predicting)["rows"] == rows + 3 and summary_of(predicting)["done_before"] == 0
    check_complete(predicting, rows)
