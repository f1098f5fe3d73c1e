"""A crash while saving leaves the old directory, or one that nothing loads; never a mixture."""

import os
from pathlib import Path

import pytest

from rembert_tf import RemBertModel
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights import safetensors_writer
from rembert_tf.weights.atomic_files import new_directory, write_files


class Crash(Exception):
    """Stands for a full disk, a kill, a power cut."""


@pytest.fixture
def saved(small_config, tmp_path):
    RemBertModel(small_config).save_pretrained(tmp_path)
    return tmp_path


def content(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_crash_while_weights_are_written_changes_nothing(saved, small_config, monkeypatch):
    def write_half(path, tensors):
        with open(path, "wb") as file:
            file.write(b"half")
        raise Crash

    before = content(saved)
    other = RemBertModel(small_config.replace(hidden_size=24))
    monkeypatch.setattr(safetensors_writer, "write", write_half)
    with pytest.raises(Crash):
        other.save_pretrained(saved)
    assert content(saved) == before
    assert RemBertModel.from_pretrained(saved).config.hidden_size == small_config.hidden_size


@pytest.mark.parametrize("new_size", [None, 2000])
@pytest.mark.parametrize("old_size", [None, 2000])
@pytest.mark.parametrize("survived", [0, 1, 2])
def test_a_crash_while_files_are_swapped_leaves_what_nothing_loads(
    small_config, tmp_path, monkeypatch, old_size, new_size, survived
):
    RemBertModel(small_config).save_pretrained(tmp_path, max_shard_size=old_size)
    replace, done = os.replace, []

    def crash_in_the_middle(source, destination):
        if len(done) == survived:
            raise Crash
        done.append(destination)
        replace(source, destination)

    other = RemBertModel(small_config.replace(hidden_size=24))
    monkeypatch.setattr(os, "replace", crash_in_the_middle)
    if new_size is None and survived == 2:
        # One file of weights and the configuration: nothing is left that could fail.
        other.save_pretrained(tmp_path, max_shard_size=new_size)
        assert RemBertModel.from_pretrained(tmp_path).config.hidden_size == 24
        return
    with pytest.raises(Crash):
        other.save_pretrained(tmp_path, max_shard_size=new_size)
    assert not [name for name in content(tmp_path) if "partial" in name]
    with pytest.raises(MissingFileError, match="config.json"):
        RemBertModel.from_pretrained(tmp_path)


def test_the_disk_is_asked_in_between(saved, small_config, monkeypatch):
    """After a power cut no renaming may have outlived the removal of config.json before it, nor the reverse."""
    events, replace, fsync = [], os.replace, os.fsync
    monkeypatch.setattr(os, "replace", lambda old, new: (events.append(Path(new).name), replace(old, new)))
    monkeypatch.setattr(os, "fsync", lambda handle: (events.append("sync"), fsync(handle)))
    RemBertModel(small_config).save_pretrained(saved, max_shard_size=2000)
    first = next(place for place, event in enumerate(events) if event.startswith("model"))
    assert events[first - 1] == "sync"
    assert events[-3:] == ["sync", "config.json", "sync"]


def test_a_place_that_cannot_be_written(small_config, tmp_path):
    (tmp_path / "file").write_text("kept")
    model = RemBertModel(small_config)
    for place in (tmp_path / "file", tmp_path / "file" / "below", "gs://bucket/file"):
        with pytest.raises(InputError, match="cannot write into .*file"):
            model.save_pretrained(place)
    assert (tmp_path / "file").read_text() == "kept"


def test_files_that_would_contradict_are_removed(tmp_path):
    for name in ("old", "kept"):
        (tmp_path / name).write_text(name)
    write_files(tmp_path, {"new": b"1", "last": b"2"}, last="last", remove=["old", "never there"])
    assert content(tmp_path) == {"kept": b"kept", "new": b"1", "last": b"2"}


def test_a_new_directory_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(Crash), new_directory(tmp_path / "a" / "model") as place:
        (place / "file").write_text("half")
        assert not (tmp_path / "a" / "model").exists()
        raise Crash
    assert content(tmp_path / "a") == {}
    with new_directory(tmp_path / "a" / "model") as place:
        (place / "inner").mkdir()
        (place / "inner" / "file").write_text("whole")
    assert (tmp_path / "a" / "model" / "inner" / "file").read_text() == "whole"
    assert len(list((tmp_path / "a").iterdir())) == 1
    with pytest.raises(InputError, match="model' exists already"), new_directory(tmp_path / "a" / "model"):
        pass
