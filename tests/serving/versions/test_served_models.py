"""Several models in one server, and configurations that change while it runs."""

import pytest

from rembert_tf.errors import InputError
from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.settings import ServerSettings
from tests.serving.versions.model_configs import ALL_VERSIONS, STRICT, ask, entry, listed, reload


class TestConfigurationFile:
    def test_models_and_policies(self, models, serve):
        server, _ = serve(
            entry("two", models["several"], "latest { num_versions: 2 }"),
            entry("one", models["several"], "specific { versions: 1 }"),
            entry("echo", models["echo"]),
        )
        assert {name: servable.version for name, servable in server.models.items()} == {"two": 3, "one": 1, "echo": 1}
        assert server.name == "two"
        assert ask(server, "two") == (200, "v3")
        assert ask(server, "two", "/versions/2") == (200, "v2")
        assert ask(server, "two", "/versions/1")[0] == 404
        assert ask(server, "one") == (200, "v1")
        assert ask(server, "echo") == (200, "a")

    def test_a_model_that_does_not_load_refuses_the_start(self, models, serve, tmp_path):
        (tmp_path / "empty").mkdir()
        with pytest.raises(InputError, match="empty has no version directory"):
            serve(entry("echo", models["echo"]), entry("none", tmp_path / "empty"))

    def test_either_a_base_path_or_a_file(self, models):
        for arguments in ({}, {"base_path": models["echo"], "model_config_file": "f"}):
            with pytest.raises(InputError, match="either a base path or a model configuration file"):
                ModelServer(**arguments)

    def test_a_changed_file_is_applied(self, models, serve):
        server, path = serve(entry("echo", models["echo"]))
        path.write_text(listed(entry("which", models["several"])))
        server.poll()
        assert ask(server, "which") == (200, "v3")
        assert ask(server, "echo")[0] == 404

    def test_a_file_that_cannot_be_applied_changes_nothing(self, models, serve, caplog):
        server, path = serve(entry("which", models["several"], ALL_VERSIONS))
        path.write_text("model_config_list { config { nam: 1 } }")
        server.poll()
        path.write_text(listed(entry("which", models["several"], ALL_VERSIONS, {"next": 4})))
        server.poll()
        server.poll()
        assert ask(server, "which") == (200, "v3")
        told = [record.getMessage() for record in caplog.records]
        assert sum("line 1" in message for message in told) == 1
        assert sum("version 4 of model which" in message for message in told) == 1

    def test_labels_are_applied_once_their_version_has_loaded(self, models, serve, tmp_path):
        base_path = tmp_path / "growing"
        base_path.mkdir()
        (base_path / "1").symlink_to(models["several"] / "1")
        server, path = serve(entry("m", base_path, ALL_VERSIONS))
        path.write_text(listed(entry("m", base_path, ALL_VERSIONS, {"new": 2})))
        server.poll()
        assert ask(server, "m", "/labels/new")[0] == 400
        (base_path / "2").symlink_to(models["several"] / "2")
        server.poll()
        server.poll()
        assert ask(server, "m", "/labels/new") == (200, "v2")

    def test_the_server_reads_it_by_itself(self, models, serve):
        server, path = serve(
            entry("echo", models["echo"]), settings=ServerSettings(poll_seconds=0, config_poll_seconds=0.01)
        )
        path.write_text(listed(entry("echo", models["echo"]), entry("which", models["several"])))
        asked = 0
        while ask(server, "which") != (200, "v3"):
            asked += 1
            assert asked < 10_000


class TestReloadRequest:
    def test_models_come_and_go(self, models, serve):
        server, _ = serve(entry("echo", models["echo"]))
        assert reload(server, entry("echo", models["echo"]), entry("m", models["several"])) == ("OK", "")
        assert ask(server, "m") == (200, "v3")
        assert ask(server, "echo") == (200, "a")
        assert reload(server, entry("m", models["several"], "specific { versions: 1 }")) == ("OK", "")
        assert ask(server, "m") == (200, "v1")
        assert ask(server, "echo") == (404, "Servable not found for request: Latest(echo)")

    def test_it_works_without_a_file(self, models):
        with ModelServer(models["echo"], settings=STRICT) as server:
            assert reload(server, entry("model", models["echo"]), entry("m", models["several"])) == ("OK", "")
            assert ask(server, "m") == (200, "v3")
            assert ask(server, "model") == (200, "a")

    def test_a_new_model_that_does_not_load(self, models, serve, tmp_path):
        server, _ = serve(entry("echo", models["echo"]))
        code, message = reload(server, entry("echo", models["echo"]), entry("m", tmp_path / "nowhere"))
        assert code == "UNKNOWN"
        assert message.startswith("Some models did not become available: {m: ")
        assert ask(server, "echo") == (200, "a")

    @pytest.mark.parametrize(
        "config, message",
        [
            ("", "Only ModelConfigList is currently supported"),
            ("custom_model_config {}", "Only ModelConfigList is currently supported"),
            ("model_config_list { config { name: 'm' } }", "model_platform"),
            (listed(entry("m", "relative")), "absolute path"),
            (listed(entry("m", "/m"), entry("m", "/m")), "multiple times"),
        ],
    )
    def test_configurations_that_cannot_be(self, models, serve, config, message):
        server, _ = serve(entry("echo", models["echo"]))
        code, details = reload(server, config=config)
        assert (code, message in details) == ("INVALID_ARGUMENT", True)
        assert ask(server, "echo") == (200, "a")
