"""What docs/guides/pretraining.md shows is true: its commands are typed one after the other, on a little text."""

import importlib.util
import re

import click
import pytest

from rembert_tf import RemBertConfig
from rembert_tf.cli.main import COMMANDS, rembert
from rembert_tf.cli.pretrain import DEFAULT_SIZE
from rembert_tf.pretraining.settings import PretrainSettings
from rembert_tf.pretraining.sizes import SIZES, config_of_size, parameter_counts
from tests.golden import fixture
from tests.packaging.guide_files import CSV, GUIDES, VOCABULARY, blocks
from tests.packaging.serving_reader import ServingReader, commands_and_outputs
from tests.pretraining.small_corpus import sentences, write_corpus

TEXT = (GUIDES / "pretraining.md").read_text(encoding="utf-8")
SENTENCES = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
INLINE = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", SENTENCES)]
[COMMANDS_SHOWN] = [list(commands_and_outputs(block)) for block in blocks("pretraining", "console")]
# What is written after a command: the last one given counts.
QUICK = {
    "pretrain": "--vocab-size 620 --max-steps 2 --batch-size 4 --max-length 24 --evaluate-rows 2 --held-out 0.1",
    "finetune": "--max-steps 2 --batch-size 4 --max-length 24",
    "serve": "--rest-port 0 --grpc-port 0 --no-check",
}
NUMBER = re.compile(r"\d+\.\d+%?")
LONGEST_LINES = 150


def form(text):
    """Returns an output with every figure as `N`, white space as one space."""
    return re.sub(r"\s+", " ", NUMBER.sub("N", text)).strip()


def test_its_commands_lead_from_text_to_a_served_model(tmp_path, capsys, monkeypatch):
    for package in ("apache_beam", "tensorflow_serving"):
        if importlib.util.find_spec(package) is None:
            pytest.skip("the beam and serving extras are not installed")
    monkeypatch.chdir(tmp_path)
    for code, source in (("de", "de"), ("en", "en"), ("fr", "sw")):
        (tmp_path / f"text-{code}.txt").write_text("\n\n".join(sentences(source, 150)), encoding="utf-8")
    for name in ("train.csv", "dev.csv"):
        (tmp_path / name).write_text(CSV + CSV.partition("\n")[2] * 3, encoding="utf-8")
    reader = ServingReader(capsys, QUICK)
    monkeypatch.setattr("rembert_tf.serving.server.serve_forever", reader.serve)
    with reader.servers, pytest.warns(UserWarning, match="no weights for pooler"):
        for command, shown in COMMANDS_SHOWN:
            printed = reader.type(command)
            if "rembert query" in command:
                assert re.fullmatch(r"(sports|economy)\t0\.\d{4}", printed.strip())
            else:
                assert not shown.strip() or form(printed) == form(shown), printed


def test_the_program_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_corpus(tmp_path / "corpus", str(fixture(VOCABULARY)))
    [code] = blocks("pretraining", "python")
    exec(compile(code, "pretraining.md", "exec"), {})
    assert "'share'" in capsys.readouterr().out


def test_sizes_are_those_of_the_table():
    rows = re.findall(r"^\| `(\w+)`[^|]*\| (\d+) x (\d+) \| (\d+), (\d+) \| ([\d.]+) M, ([\d.]+) M", TEXT, re.MULTILINE)
    assert [row[0] for row in rows] == list(SIZES)
    for name, *numbers in rows:
        config = config_of_size(name)
        widths = config.num_hidden_layers, config.hidden_size, config.input_embedding_size, config.output_embedding_size
        assert tuple(map(int, numbers[:4])) == widths
        assert numbers[4:] == [f"{count / 1e6:.1f}" for count in parameter_counts(config.replace(vocab_size=16_000))]
    assert f"`{DEFAULT_SIZE}` (the default)" in TEXT
    assert "{:.1f} M, {:.1f} M".format(*(count / 1e6 for count in parameter_counts(RemBertConfig()))) in TEXT


def test_defaults_are_the_settings():
    rows = re.findall(r"^\| `--([a-z-]+)` \| ([\d.]+|none) \|", TEXT, re.MULTILINE)
    assert len(rows) == 8
    for option, value in rows:
        default = getattr(PretrainSettings(), option.replace("-", "_"))
        assert default == (None if value == "none" else float(value))


def test_options_links_and_files_exist():
    options = {option for p in rembert.get_command(click.Context(rembert), "pretrain").params for option in p.opts}
    for code in INLINE:
        words = code.split()
        if words[0] == "rembert" and len(words) > 1:  # alone it is a size
            assert words[1] in COMMANDS
        elif code.startswith("--"):
            assert words[0] in options, code
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert links and not [link for link in links if not (GUIDES / link).exists()]
    tests = [code for code in INLINE if code.startswith("tests/")]
    assert tests and not [name for name in tests if not (GUIDES.parents[1] / name).is_file()]
    assert len(TEXT.splitlines()) < LONGEST_LINES
