"""The model configuration file: what it can say, and which mistakes it can hold."""

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.serving.server.model_config import ALL, LATEST, ModelConfig, VersionPolicy, version_policy
from rembert_tf.serving.server.model_config_file import parse_model_config, read_model_config_file

TWO_MODELS = """
# Two models { with braces in a comment
model_config_list {
  config {
    name: "sentiment"
    base_path: "/models/sentiment"
    model_platform: "tensorflow"
    model_version_policy { specific { versions: 3 versions: 5 } }
    version_labels { key: "stable" value: 3 }
    version_labels { key: "canary" value: 5 }
  }
  config {
    name: "brace } in a name"
    base_path: "gs://bucket/ner"
    model_platform: "tensorflow"
  }
}
"""


PLATFORM = 'model_platform: "tensorflow" '


def entry(name="m", base_path="/m", more=PLATFORM):
    return f'config {{\n name: "{name}"\n base_path: "{base_path}"\n {more} }}'


def test_all_that_it_can_say(tmp_path):
    path = tmp_path / "models.config"
    path.write_text(TWO_MODELS)
    assert read_model_config_file(path) == [
        ModelConfig("sentiment", "/models/sentiment", VersionPolicy(specific=(3, 5)), {"stable": 3, "canary": 5}),
        ModelConfig("brace } in a name", "gs://bucket/ner", LATEST, {}),
    ]


@pytest.mark.parametrize(
    "policy, expected",
    [
        ("", LATEST),
        ("model_version_policy {}", LATEST),
        ("model_version_policy { latest { } }", LATEST),
        ("model_version_policy { latest { num_versions: 3 } }", VersionPolicy(latest=3)),
        ("model_version_policy: { all: {} }", ALL),
    ],
)
def test_policies(policy, expected):
    text = f"model_config_list: {{ {entry(more=f'{PLATFORM} {policy}')} }}"
    assert parse_model_config(text, "f")[0].policy == expected


def test_the_older_way_to_name_the_platform():
    assert parse_model_config(f"model_config_list {{ {entry(more='model_type: TENSORFLOW')} }}", "f")


def test_lists_and_angle_brackets_are_entries_too():
    text = 'model_config_list: <\n config: [\n {name: "a" base_path: "/a" model_type: TENSORFLOW},\n {name: ""}]>'
    with pytest.raises(InputError, match="f, line 4: model '' has model_platform ''"):
        parse_model_config(text, "f")


@pytest.mark.parametrize(
    "text, message",
    [
        ("model_config_list {\n config {\n  nam: 'x'\n } }", 'f, line 3: .*no field named "nam"'),
        ("model_config_list {\n config {", "f, line 2: .*Expected"),
        ("", "f names no model"),
        ("model_config_list {}", "f names no model"),
        ("custom_model_config {}", "only a model_config_list can be served"),
        (f"model_config_list {{\n\n{entry(name='')} }}", "f, line 3: a model has no name"),
        (f"model_config_list {{ {entry(name='a/b')} }}", "f, line 1: a URL cannot hold the model name 'a/b'"),
        (f"model_config_list {{ {entry()}\n{entry()} }}", "f, line 5: Illegal to list model m multiple times"),
        (f"model_config_list {{ {entry(base_path='')} }}", "line 1: model 'm' has no base path"),
        (f"model_config_list {{ {entry(base_path='here')} }}", "line 1: .*absolute path or URI; got .*here"),
        (f"model_config_list {{ {entry(more='')} }}", "line 1: model 'm' has model_platform ''; write 'tensorflow'"),
        ("model_config_list { config { model_platform: 'torch' } }", "model_platform 'torch'"),
        (
            f"model_config_list {{ {entry(more='model_type: TENSORFLOW model_version_policy {specific {}}')} }}",
            "line 1: no version to serve is listed",
        ),
        (
            f"model_config_list {{ {entry(more=PLATFORM + 'version_labels {key: `a-b` value: 1}')} }}".replace(
                "`", "'"
            ),
            "line 1: a URL cannot hold the version label 'a-b'",
        ),
    ],
)
def test_mistakes_are_named_with_file_and_line(text, message):
    with pytest.raises(InputError, match=message):
        parse_model_config(text, "f")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(MissingFileError, match="nowhere does not exist"):
        read_model_config_file(tmp_path / "nowhere")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="bytes cannot be read as a text file"):
        read_model_config_file(tmp_path / "bytes")
    with pytest.raises(InputError, match="cannot be read"):
        read_model_config_file(tmp_path)


def test_what_is_written_here_is_the_original_message():
    message = text_format.Parse(TWO_MODELS, model_server_config_pb2.ModelServerConfig())
    assert [config.name for config in message.model_config_list.config] == ["sentiment", "brace } in a name"]


def test_versions_of_the_constructor():
    assert version_policy("latest") == LATEST
    assert version_policy("all") == ALL
    assert version_policy((1, 2)) == VersionPolicy(specific=(1, 2))
    assert version_policy(VersionPolicy(latest=2)) == VersionPolicy(latest=2)
    with pytest.raises(InputError, match="versions is 'newest'"):
        version_policy("newest")
