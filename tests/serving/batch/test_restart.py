"""A command that was stopped goes on where it was; nothing is lost, nothing is there twice."""

import json

import pytest

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage
from rembert_tf.serving.batch import steps
from tests.serving.batch.stopped_commands import FILES, ROWS, SETTINGS, contents, paths_of


def changed(folder):
    """Returns {path: what tells whether a file was written again}."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.glob("rows-*.jsonl")}


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
    again = predicting(models("embed"), paths_of(predicting), **SETTINGS)[2]
    of_this_run = {"done_before": 103, "seconds": again["seconds"], "rows_per_second": 0}
    assert again == {**json.loads(json.dumps(summary)), **of_this_run} and summary["done_before"] == 0
    assert contents(predicting.prefix.parent) == before


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


def test_a_file_that_changes_meanwhile(predicting, models, monkeypatch):
    split = steps.split

    def and_cut(source, part_rows):
        found = split(source, part_rows)
        predicting.write({"a.txt": "text 0\n"})
        return found

    monkeypatch.setattr(steps, "split", and_cut)
    with pytest.raises(InputError, match=r"a.txt has changed since its rows were counted"):
        predicting(models("embed"), {"a.txt": FILES["a.txt"]}, **SETTINGS)
