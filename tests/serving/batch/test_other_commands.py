"""What others left or do at the same place is never touched; a command that has done nothing is in nobody's way."""

import pytest

from rembert_tf.errors import InputError
from rembert_tf.serving.batch import steps
from tests.serving.batch.stopped_commands import FILES, SETTINGS, contents, paths_of


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
    again = predicting(models("embed"), pattern)[2]
    assert (again["files"], again["outputs"], again["done_before"]) == (first["files"], first["outputs"], 1)


def test_one_command_at_a_time(predicting, models, monkeypatch):
    def and_again(*arguments):
        with pytest.raises(InputError, match="another command is writing the answers '.*rows' at this moment"):
            predicting(models("embed"), paths_of(predicting), **SETTINGS)
        return split(*arguments)

    split = steps.split
    monkeypatch.setattr(steps, "split", and_again)
    assert len(predicting(models("embed"), FILES, **SETTINGS)[0]) == 102
