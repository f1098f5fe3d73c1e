"""`rembert deploy`: the files with a user's names in them."""

import pytest

from rembert_tf.cli.main import run
from rembert_tf.errors import InputError
from rembert_tf.serving.deploy import write_deployment
from rembert_tf.serving.deploy.folder import LONGEST_NAME, MODEL_NAME
from tests.serving.deploy.files import FILES, KUBERNETES, NAMES, read_yaml

INSTANCE = "app.kubernetes.io/instance"


def test_everything_is_written(tmp_path):
    models = write_deployment(tmp_path / "new" / "folder", "topic")
    assert models == tmp_path / "new/folder/models/topic"
    assert models.is_dir()
    written = [path.relative_to(tmp_path / "new/folder").as_posix() for path in models.parents[1].rglob("*.*")]
    assert set(written) == {name for name in NAMES if "." in name}
    assert (tmp_path / "new/folder/Dockerfile").read_text().count("topic") == 4


def test_files_are_usable_as_they_are(tmp_path):
    write_deployment(tmp_path / "same")
    for name in NAMES:
        assert (tmp_path / "same" / name).read_bytes() == (FILES / name).read_bytes(), name


def test_names_are_exchanged_once(tmp_path):
    """Also where a new name contains an old one."""
    write_deployment(tmp_path / "folder", "my-model-2", "host:5000/team/rembert-my-model:1-my-model")
    folder = tmp_path / "folder"
    [image] = read_yaml("kustomization.yaml", folder)["images"]
    assert (image["newName"], image["newTag"]) == ("host:5000/team/rembert-my-model", "1-my-model")
    assert read_yaml("compose.yaml", folder)["services"]["serving"]["image"] == (
        "host:5000/team/rembert-my-model:1-my-model"
    )
    assert 'name: "my-model-2"' in (folder / "config/models.config").read_text()


def test_no_old_name_is_left(written):
    for name in NAMES:
        assert MODEL_NAME not in (written / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("name", ["", "Topic", "my_model", "-a", "a-", "1a", "a b", "a/b", "a\n", "é", "a" * 48])
def test_names_of_models(tmp_path, name):
    with pytest.raises(InputError, match="cannot be the model's name"):
        write_deployment(tmp_path / "folder", name)
    assert not list(tmp_path.iterdir())
    write_deployment(tmp_path / "folder", "a" * LONGEST_NAME)


@pytest.mark.parametrize(
    "image", ["", "topic", "topic:", ":1", "Topic:1", "a b:1", "topic:1 2", "topic@sha256:0/1", "a//b:1"]
)
def test_names_of_images(tmp_path, image):
    with pytest.raises(InputError, match="no name of an image with a tag"):
        write_deployment(tmp_path / "folder", "topic", image)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "image", ["topic:1", "localhost:5000/topic:v1.0-rc_1", "registry.example.com/a/b__c/d-e:latest"]
)
def test_images(tmp_path, image):
    write_deployment(tmp_path / "folder", "topic", image)
    [written] = read_yaml("kustomization.yaml", tmp_path / "folder")["images"]
    assert f"{written['newName']}:{written['newTag']}" == image


@pytest.mark.parametrize("name", ["no", "on", "y", "true", "null"])
def test_names_that_are_more_than_text_in_yaml(tmp_path, name):
    """A label that is a boolean is refused by Kubernetes, and an image that is a number by Compose."""
    folder = tmp_path / "folder"
    write_deployment(folder, name, "12:30")
    instances = {found for file in KUBERNETES for found in _values(read_yaml(file, folder), INSTANCE)}
    assert instances == {name}
    assert read_yaml("kserve/inference_service.yaml", folder)["metadata"]["name"] == name
    [image] = read_yaml("kustomization.yaml", folder)["images"]
    assert (image["newName"], image["newTag"]) == ("12", "30")
    assert read_yaml("compose.yaml", folder)["services"]["serving"]["image"] == "12:30"


def _values(content, key):
    """Yields what stands under a key, anywhere in a document."""
    for name, value in content.items() if isinstance(content, dict) else enumerate(content):
        if name == key:
            yield value
        elif isinstance(value, (dict, list)):
            yield from _values(value, key)


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["deploy", "production", "--model-name", "topic"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "production\n"
    assert "rembert export MODEL production/models/topic" in printed.err
    assert run(["deploy", "production"]) == 2
    assert capsys.readouterr().err == (
        "rembert: 'production' exists already: choose another place, or remove it first.\n"
    )
    assert (tmp_path / "production/config/models.config").read_text().count("topic") == 2
    assert run(["deploy", "of us"]) == 0
    assert "rembert export MODEL 'of us/models/my-model'" in capsys.readouterr().err


def test_a_place_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_deployment(tmp_path / "file" / "folder")
