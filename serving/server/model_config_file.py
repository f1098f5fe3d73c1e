"""Reads TensorFlow Serving's model configuration: a `ModelServerConfig`, from a file or out of a request."""

import itertools
import logging
import os
import re

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.serving.server.model_config import ALL, LATEST, ModelConfig, VersionPolicy, require_unique_names

PLATFORM = "tensorflow"

# What can stand before a brace without opening a message: a comment or a string.
_TOKEN = re.compile(r"""\#[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[{}<>]|\n""")

log = logging.getLogger(__name__)


def read_model_config_file(path):
    """Reads the models to serve from a text file.

    Args:
        path: file with a `ModelServerConfig` in protocol buffers' text format.

    Returns:
        A non-empty list of `ModelConfig`.

    Raises:
        MissingFileError: there is no such file.
        InputError: naming the file, the line and the mistake.
    """
    return parse_model_config(read_text(path), path)


def read_text(path):
    """The content of a configuration file.

    Raises:
        MissingFileError: there is no such file.
        InputError: it cannot be read, or is no text.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError as error:
        raise MissingFileError(f"{path} does not exist; give a file with a model_config_list") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a text file: {error}") from error


def parse_model_config(text, path):
    """As `read_model_config_file`, for text that was read from `path`."""
    config = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(text, config)
    except text_format.ParseError as error:
        raise InputError(f"{_place(path, error.GetLine())}: {_reason(error)}") from error
    configs = []
    for entry, line in itertools.zip_longest(_entries(config, path), _entry_lines(text)):
        try:
            configs.append(_model_config(entry))
            require_unique_names(configs)
        except InputError as error:
            raise InputError(f"{_place(path, line)}: {error}") from error
    return configs


def model_configs(config):
    """The models of a `ModelServerConfig` message.

    Raises:
        InputError: an entry cannot be served.
    """
    configs = [_model_config(entry) for entry in config.model_config_list.config]
    require_unique_names(configs)
    return configs


def _entries(config, path):
    if config.WhichOneof("config") == "custom_model_config":
        raise InputError(f"{path} has a custom_model_config; only a model_config_list can be served")
    if not config.model_config_list.config:
        raise InputError(f"{path} names no model; write model_config_list {{ config {{ name, base_path, ... }} }}")
    return config.model_config_list.config


def _model_config(entry):
    if entry.model_platform != PLATFORM and entry.model_type != model_server_config_pb2.TENSORFLOW:
        raise InputError(f"model {entry.name!r} has model_platform {entry.model_platform!r}; write {PLATFORM!r}")
    # TensorFlow Serving refuses a relative path, so a file that works here must have none either.
    if entry.base_path and not os.path.isabs(entry.base_path) and "://" not in entry.base_path:
        raise InputError(
            f"Expected model {entry.name} to have an absolute path or URI; got base_path()={entry.base_path}"
        )
    if entry.HasField("logging_config"):
        log.warning(
            "the logging_config of model %s is passed over: this server does not log requests' content", entry.name
        )
    return ModelConfig(entry.name, entry.base_path, _policy(entry.model_version_policy), dict(entry.version_labels))


def _policy(policy):
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return ALL
    if choice == "specific":
        return VersionPolicy(specific=tuple(policy.specific.versions))
    if choice == "latest":
        return VersionPolicy(latest=max(1, policy.latest.num_versions))  # 0 is an unset field
    return LATEST


def _entry_lines(text):
    """The line of each brace that opens an entry of the list: of the second level, in whatever notation."""
    lines, line, depth = [], 1, 0
    for token in _TOKEN.findall(text):
        if token == "\n":
            line += 1
        elif token in "{<":
            depth += 1
            if depth == 2:
                lines.append(line)
        elif token in "}>":
            depth -= 1
    return lines


def _place(path, line):
    return f"{path}, line {line}" if line else str(path)


def _reason(error):
    """The parser's complaint without the position in front of it, on one line."""
    return " ".join(re.sub(r"^\d+:\d+ : ", "", str(error)).split()).rstrip(".")
