"""What docs/guides/serving.md shows is true: every head is exported, served and asked as it says there."""

import os
import re

import click
import pytest

from rembert_tf import RemBertConfig
from rembert_tf.cli.main import COMMANDS, rembert
from rembert_tf.serving.client import AsyncClient, Client
from rembert_tf.serving.client.heads import HEADS
from rembert_tf.serving.server import defaults
from rembert_tf.serving.server.batching_parameters import BatchingParameters
from rembert_tf.serving.server.model_config_file import parse_model_config
from rembert_tf.serving.server.settings import UNLIMITED, WAITING_PER_THREAD, ServerSettings
from rembert_tf.serving.signatures.catalogue import ARCHITECTURES
from tests.packaging.guide_files import GUIDES, blocks
from tests.packaging.serving_reader import (
    GRPC,
    REST,
    commands_and_outputs,
    make_models,
    read_shown,
    same_form,
    serving_reader,
)

TEXT = (GUIDES / "serving.md").read_text(encoding="utf-8")
CONSOLES = [list(commands_and_outputs(block)) for block in blocks("serving", "console")]
EXPORTS = {command.split()[3]: command for block in CONSOLES for command, _ in block if "rembert export" in command}
SENTENCES = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
INLINE = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", SENTENCES)]
SCORE = re.compile(r"\b[01]\.\d{4}\b")
PORTS = "--rest-port 0 --grpc-port 0"
QUICK = {"export": "--no-check --no-warmup", "serve": PORTS}
LONGEST_LINES = 190


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving")
    make_models(folder)
    return folder


@pytest.fixture
def reader(folder, capsys, monkeypatch, request):
    """Types commands in a folder with all models, quickly where a test doesn't say otherwise."""
    with serving_reader(folder, capsys, monkeypatch, getattr(request, "param", QUICK)) as reader:
        yield reader


def follow(reader, commands):
    """Types a block's commands, and looks whether the answers are like those shown."""
    for command, shown in commands:
        served = re.match("rembert serve (.+)", command)
        if served and not os.path.exists(served[1]):  # an earlier block's export
            reader.type(EXPORTS[served[1]])
        printed = reader.type(command)
        if command.startswith("curl"):
            assert same_form(read_shown(shown), read_shown(printed)), printed
        elif "rembert query" in command:
            assert len(printed.splitlines()) == len(shown.splitlines()) == 1
            assert printed.count("\t") == shown.count("\t"), printed
            assert len(SCORE.findall(printed)) == len(SCORE.findall(shown)) or "..." in shown, printed


@pytest.mark.parametrize("commands", CONSOLES, ids=lambda commands: re.search(r"models/(\w+)", commands[0][0])[1])
def test_commands_and_answers(commands, reader):
    follow(reader, commands)
    shown = [command.split()[0] for command, output in commands if output]
    assert "curl" in shown


@pytest.mark.slow
@pytest.mark.parametrize("reader", [{"serve": PORTS}], indirect=True)
def test_exports_with_their_checks(reader):
    """As the guide has them: checked in a fresh process, with warm-up requests."""
    for command in EXPORTS.values():
        base_path = command.split()[3]
        written = reader.type(command).strip()
        assert os.path.dirname(written) == base_path
        for name in re.findall(r"assets[\w./]*/[\w.]+|\w+\.md|tf_serving\w+", " ".join(INLINE)):
            path = name if "/" in name else f"assets.extra/{name}"
            has_labels = command.split()[2].startswith(("runs/demo", "runs/udpos"))
            assert os.path.exists(f"{written}/{path}") or (name.endswith("labels.txt") and not has_labels), name


def test_the_program_runs(reader):
    [code] = blocks("serving", "python")
    follow(reader, [("rembert serve models/topic", "")])
    assert REST in code and GRPC in code
    exec(compile(reader.at_server(code), "serving.md", "exec"), {})
    assert len(reader.capsys.readouterr().out.splitlines()) == 3


def test_the_table_of_heads():
    rows = re.findall(r"^\| `(RemBert\w+)`[^|]*\|[^|]*\| (.+?) \| (.+?) \|$", TEXT, re.MULTILINE)
    assert sorted(row[0] for row in rows) == sorted(ARCHITECTURES)
    outputs = {head.outputs: head.method for head in HEADS}
    for _, said, methods in rows:
        names, methods = re.findall(r"`(\w+)`", said), re.findall(r"`(\w+)`", methods)
        assert outputs[frozenset(names)] == methods[0]
        assert all(hasattr(kind, method) for kind in (Client, AsyncClient) for method in methods)


def test_commands_and_options_exist():
    commands = {name: rembert.get_command(click.Context(rembert), name) for name in COMMANDS}
    options = {
        name: {spelling for parameter in command.params for spelling in parameter.opts + parameter.secondary_opts}
        for name, command in commands.items()
    }
    assert all(command.split()[1] in options for block in CONSOLES for command, _ in block if command[0] == "r")
    said = {word for code in INLINE if not code.startswith("docker") for word in re.findall(r"--[a-z][a-z-]*", code)}
    assert said <= options["export"] | options["serve"]
    table = re.search(r"\| option of `rembert serve`(.*)", TEXT, re.DOTALL)[1]
    for row in table.splitlines()[2:]:
        assert set(re.findall(r"--[a-z][a-z-]*", row)) <= options["serve"]


def test_defaults_are_the_servers():
    settings = ServerSettings()
    ports = f"{defaults.DEFAULT_HOST}, {defaults.DEFAULT_REST_PORT}, {defaults.DEFAULT_GRPC_PORT}"
    assert f"{ports}, `{defaults.DEFAULT_MODEL_NAME}`" in TEXT
    assert settings.poll_seconds == 1.0 and "sees it within a second" in TEXT
    times = f"{settings.rest_timeout:g} s to compute, {settings.read_timeout:g} s to arrive, {settings.grace:g} s to"
    assert f"{times} end at Ctrl-C" in TEXT
    assert f"{settings.max_body_bytes >> 20} MiB a REST request; a gRPC request has no limit" in TEXT
    assert settings.max_message_bytes == UNLIMITED and f"; {WAITING_PER_THREAD} more requests a thread wait" in TEXT


def test_configurations_are_read():
    [batching] = [code for code in INLINE if code.startswith("max_batch_size")]
    [models] = [code for code in INLINE if code.startswith("model_config_list")]
    assert BatchingParameters.from_text(batching, "batching").max_batch_size == 32
    assert [config.base_path for config in parse_model_config(models, "models")] == ["/srv/topic"]


def test_sizes_follow_from_the_configuration():
    config = RemBertConfig()
    tables = (config.vocab_size + config.max_position_embeddings) * config.input_embedding_size
    rest = 576e6 - tables  # of all parameters: tests/packaging/test_guides.py
    sizes = [4 * 576e6, 2 * 576e6, 4 * tables + rest]
    said = re.search(r"RemBERT's (\d\.\d) GB become (\d\.\d) or (\d\.\d)", TEXT).groups()
    assert said == tuple(f"{size / 1e9:.1f}" for size in sizes)


def test_links_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert links and not [link for link in links if not (GUIDES / link).exists()]


def test_it_stays_a_guide():
    assert len(TEXT.splitlines()) < LONGEST_LINES
