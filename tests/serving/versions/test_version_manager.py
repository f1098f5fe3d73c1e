"""Loading and unloading of versions, with models that are no more than names."""

import os

import pytest

from rembert_tf.errors import InputError
from rembert_tf.serving.server.model_config import ALL, LATEST, VersionPolicy
from rembert_tf.serving.server.repository import ModelSpec, State
from rembert_tf.serving.server.status import ServingError
from tests.serving.versions.shelf import Model


class TestPolicies:
    @pytest.mark.parametrize(
        "policy, chosen",
        [
            (LATEST, {9}),
            (VersionPolicy(latest=2), {9, 5}),
            (VersionPolicy(latest=10), {1, 5, 9}),
            (ALL, {1, 5, 9}),
            (VersionPolicy(specific=(1, 9, 77)), {1, 9}),
        ],
    )
    def test_which_versions_are_loaded(self, shelf, policy, chosen):
        shelf.add(1, 5, 9)
        shelf.start(policy)
        assert shelf.repository.available("m") == chosen
        assert [version for version, *_ in shelf.loads] == sorted(chosen, reverse=True)
        assert {state for *_, state in shelf.loads} == {State.LOADING}

    @pytest.mark.parametrize("mistake", [{"latest": 0}, {"specific": ()}, {"specific": (3, -1)}])
    def test_impossible_policies(self, mistake):
        with pytest.raises(InputError):
            VersionPolicy(**mistake)

    def test_of_two_names_for_a_version_the_later_is_served(self, shelf):
        shelf.add("007", "7")
        shelf.start()
        assert shelf.find().path == f"{shelf.base_path}/7"


class TestSwap:
    def test_a_new_version_is_loaded_before_the_old_one_goes(self, shelf):
        shelf.add(1)
        shelf.start()
        old = shelf.find()
        shelf.add(2)
        shelf.manager.poll()
        assert shelf.loads[-1] == (2, {1}, State.LOADING)
        assert old.closed
        assert shelf.states() == {1: "END", 2: "AVAILABLE"}
        with pytest.raises(ServingError, match=r"Specific\(m, 1\)"):
            shelf.find(1)

    def test_nothing_changes_without_a_change(self, shelf):
        shelf.add(1)
        shelf.start()
        shelf.manager.poll()
        assert len(shelf.loads) == 1

    def test_an_old_version_is_closed_when_its_last_request_has_ended(self, shelf):
        shelf.add(1)
        shelf.start()
        with shelf.repository.handle(ModelSpec("m")) as first:
            with shelf.repository.handle(ModelSpec("m", 1)) as same:
                assert same is first
                shelf.add(2)
                shelf.manager.poll()
                assert shelf.states() == {1: "UNLOADING", 2: "AVAILABLE"}
                with shelf.repository.handle(ModelSpec("m")) as second:
                    assert second.version == 2
            assert not first.closed
        assert first.closed
        assert shelf.states() == {1: "END", 2: "AVAILABLE"}

    def test_a_request_that_fails_lets_go_too(self, shelf):
        shelf.add(1)
        shelf.start()
        with pytest.raises(ZeroDivisionError), shelf.repository.handle(ModelSpec("m")) as model:
            shelf.add(2)
            shelf.manager.poll()
            raise ZeroDivisionError
        assert model.closed

    def test_going_back(self, shelf):
        shelf.add(1, 2)
        shelf.start()
        shelf.remove(2)
        shelf.manager.poll()
        assert shelf.loads[-1] == (1, {2}, State.LOADING)
        assert shelf.states() == {1: "AVAILABLE", 2: "END"}
        shelf.add(2)
        shelf.manager.poll()
        assert shelf.states() == {1: "END", 2: "AVAILABLE"}


class TestVanishing:
    def test_one_of_two(self, shelf):
        shelf.add(1, 2)
        shelf.start(ALL)
        model = shelf.find(2)
        shelf.remove(2)
        shelf.manager.poll()
        assert model.closed
        assert shelf.states() == {1: "AVAILABLE", 2: "END"}
        assert shelf.find().version == 1

    def test_the_last_one_too_while_the_base_path_is_there(self, shelf):
        shelf.add(1)
        shelf.start()
        shelf.remove(1)
        shelf.manager.poll()
        assert shelf.states() == {1: "END"}
        with pytest.raises(ServingError, match=r"NOT_FOUND.*Latest\(m\)"):
            shelf.find()
        shelf.add(1)
        shelf.manager.poll()
        assert shelf.states() == {1: "AVAILABLE"}

    def test_a_base_path_that_cannot_be_read_unloads_nothing(self, shelf):
        shelf.add(1)
        shelf.start()
        shelf.base_path.rename(shelf.base_path.with_name("away"))
        shelf.manager.poll()
        assert shelf.states() == {1: "AVAILABLE"}

    def test_a_failed_version_that_comes_back_is_tried(self, shelf):
        shelf.add(1)
        shelf.start()
        shelf.add(2, broken=True)
        shelf.manager.poll()
        shelf.remove(2)
        shelf.manager.poll()
        shelf.add(2)
        shelf.manager.poll()
        assert shelf.states() == {1: "END", 2: "AVAILABLE"}


def test_names_that_are_no_versions(shelf):
    shelf.add(3, "-4", "5.0", "\u0666", "v7", "9" * 25)
    os.mkdir(os.fsencode(shelf.base_path) + b"/8\xff")
    (shelf.base_path / "9").touch()
    shelf.start(ALL)
    assert shelf.states() == {3: "AVAILABLE"}


class TestClosing:
    def test_everything_is_closed(self, shelf):
        shelf.add(1, 2)
        shelf.start(ALL)
        models = [shelf.find(1), shelf.find(2)]
        with shelf.repository.handle(ModelSpec("m", 1)):
            shelf.repository.close()
        assert [model.closed for model in models] == [True, True]
        assert shelf.states() == {1: "END", 2: "END"}

    def test_a_version_that_is_still_loading_is_closed_afterwards(self, shelf):
        model = Model(shelf.base_path, 3)
        shelf.repository.close()
        shelf.repository.publish("m", 3, model)
        assert model.closed
