"""Versions that do not load: what goes on meanwhile, and when they are tried again."""

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.serving.server.model_config import ALL, VersionPolicy
from tests.serving.versions.shelf import RETRY_SECONDS, Model


class TestFailures:
    def test_a_broken_version_leaves_the_old_one_serving(self, shelf):
        shelf.add(1)
        shelf.start()
        shelf.add(2, broken=True)
        shelf.manager.poll()
        assert shelf.states() == {1: "AVAILABLE", 2: "END"}
        error = shelf.repository.version_states("m", 2)[2].error
        assert (error.code.name, error.message) == ("UNKNOWN", f"{shelf.base_path}/2 is broken")
        assert shelf.find().version == 1
        assert not shelf.find().closed

    def test_it_is_tried_again_a_few_times(self, shelf):
        shelf.add(1)
        shelf.start()
        shelf.add(2, broken=True)
        tries = []
        for _ in range(6):
            shelf.manager.poll()
            shelf.clock.now += RETRY_SECONDS - 1
            shelf.manager.poll()
            shelf.clock.now += 1
            tries.append(sum(version == 2 for version, *_ in shelf.loads))
        assert tries == [1, 2, 3, 3, 3, 3]
        assert shelf.states() == {1: "AVAILABLE", 2: "END"}

    def test_it_is_tried_at_once_when_its_files_change(self, shelf):
        shelf.add(1)
        shelf.start()
        shelf.add(2, broken=True)
        shelf.manager.poll()
        (shelf.base_path / "2" / "broken").unlink()
        shelf.manager.poll()
        assert shelf.states() == {1: "END", 2: "AVAILABLE"}
        assert shelf.repository.version_states("m", 2)[2].error is None

    def test_a_defect_of_the_loader_is_a_failed_load(self, shelf, monkeypatch):
        shelf.add(1)
        shelf.start()
        shelf.add(2)
        monkeypatch.setattr(Model, "__init__", lambda self, path, version: 1 / 0)
        shelf.manager.poll()
        assert shelf.states() == {1: "AVAILABLE", 2: "END"}
        assert "ZeroDivisionError" in shelf.repository.version_states("m", 2)[2].error.message

    def test_the_warm_up_belongs_to_the_load(self, shelf):
        shelf.add(1)
        shelf.start()
        shelf.add(2)
        (shelf.base_path / "2" / "assets.extra").mkdir()
        (shelf.base_path / "2" / "assets.extra" / "tf_serving_warmup_requests").write_bytes(
            b"a text that has no records in it"
        )
        shelf.manager.poll()
        assert shelf.states() == {1: "AVAILABLE", 2: "END"}
        assert [model.closed for model in shelf.models] == [False, True]

    def test_a_start_without_a_version_that_loads(self, shelf):
        shelf.add(1, broken=True)
        with pytest.raises(InputError, match="1 is broken"):
            shelf.start()

    def test_a_start_with_one_version_that_loads(self, shelf):
        shelf.add(1)
        shelf.add(2, broken=True)
        shelf.start(ALL)
        assert shelf.states() == {1: "AVAILABLE", 2: "END"}

    def test_a_start_without_a_chosen_version(self, shelf):
        shelf.add(1)
        with pytest.raises(MissingFileError, match="no version 7; it has 1"):
            shelf.start(VersionPolicy(specific=(7, 8)))
