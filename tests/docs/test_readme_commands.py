"""The README's commands, typed in their order with small files: what they answer has the form that is shown."""

import re

import pytest

from tests.docs.blocks import blocks_of
from tests.docs.claims import reason
from tests.packaging.guide_files import CSV, UDPOS, make_files
from tests.packaging.serving_reader import make_models, read_shown, same_form, serving_reader
from tests.pretraining.small_corpus import sentences

BLOCKS = [block for block in blocks_of("README.md") if block.language == "" and not reason(block)]
COMMAND = re.compile(r"(\.venv/bin/)?(rembert|curl) ")
# What is written after a command: the last one given counts.
QUICK = {
    "pretrain": "--vocab-size 620 --max-steps 2 --batch-size 4 --max-length 24 --evaluate-rows 2 --held-out 0.1",
    "finetune": "--max-steps 2 --batch-size 4 --max-length 24",
    "export": "--no-check --no-warmup",
    "serve": "--rest-port 0 --grpc-port 0",
}
DEMO = [block for block in BLOCKS if "runs/demo/serving" in block.text or block.text.startswith(("curl", "{"))]
OTHERS = [block for block in BLOCKS if block not in DEMO]


@pytest.fixture
def reader(tmp_path, capsys, monkeypatch):
    with serving_reader(tmp_path, capsys, monkeypatch, QUICK) as reader:
        yield reader


def type_all(reader, block):
    """Types a block's commands; the next block may show what the last one printed."""
    lines = block.text.splitlines()
    assert all(COMMAND.match(line) for line in lines)
    return [reader.type(line.removeprefix(".venv/bin/")) for line in lines][-1]


def test_the_demos_server_answers_as_shown(reader, tmp_path):
    make_models(tmp_path)
    reader.type("rembert export runs/demo/training/best runs/demo/serving")
    serve, ask, shown = DEMO
    type_all(reader, serve)
    assert same_form(read_shown(shown.text), read_shown(type_all(reader, ask)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*no weights for pooler")
@pytest.mark.parametrize("block", OTHERS, ids=str)
def test_commands_in_their_order(block, reader, tmp_path):
    make_files(tmp_path)
    for name in ("dev-de.tsv", "dev-hi.tsv", "dev-ja.tsv"):
        (tmp_path / name).write_text(UDPOS, encoding="utf-8")
    for code, source in (("de", "de"), ("en", "en"), ("fr", "sw")):
        (tmp_path / f"text-{code}.txt").write_text("\n\n".join(sentences(source, 150)), encoding="utf-8")
    (tmp_path / "train.csv").write_text(CSV + CSV.partition("\n")[2] * 20, encoding="utf-8")
    type_all(reader, block)


def test_all_blocks_are_typed():
    assert len(DEMO) == 3 and len(OTHERS) >= 3
