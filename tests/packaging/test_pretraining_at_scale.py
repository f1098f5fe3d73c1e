"""What docs/guides/pretraining_at_scale.md counts follows from the configuration and the paper's recipe."""

import re

import click
import pytest

from rembert_tf import RemBertConfig
from rembert_tf.cli.main import rembert
from rembert_tf.pretraining.sizes import parameter_counts
from tests.packaging.guide_files import GUIDES

TEXT = (GUIDES / "pretraining_at_scale.md").read_text(encoding="utf-8")
CONFIG = RemBertConfig()
ROWS, LENGTH, STEPS, HIDDEN_PIECES = 2048, 512, 1_760_000, 77
DAY = 86_400
LONGEST_LINES = 120

WIDTH = CONFIG.hidden_size
BLOCK = 4 * WIDTH**2 + 2 * WIDTH * CONFIG.intermediate_size
ENCODER = CONFIG.num_hidden_layers * BLOCK + CONFIG.input_embedding_size * WIDTH
HEAD = WIDTH * CONFIG.output_embedding_size + CONFIG.vocab_size * CONFIG.output_embedding_size
TOKEN = {
    "layers": 6 * ENCODER,
    "attention": 3 * CONFIG.num_hidden_layers * 2 * 2 * LENGTH * WIDTH,
    "output embedding": 6 * HEAD * HIDDEN_PIECES / LENGTH,
}
ALL = sum(TOKEN.values()) * ROWS * LENGTH * STEPS


def rows_of(first_cell):
    """Returns the cells of the table rows whose first cell begins so."""
    lines = re.findall(rf"^\| ({first_cell}[^|]*\|.*)\|$", TEXT, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def test_weights_that_multiply():
    assert f"= {BLOCK:,}; " in TEXT
    assert f"have {ENCODER / 1e6:.1f} M." in TEXT and f"= {HEAD / 1e6:.1f} M." in TEXT
    assert f"{parameter_counts(CONFIG)[0] / 1e6:.1f} M x 16 bytes" in TEXT


def test_operations_of_a_token():
    for name, count in {**TOKEN, "sum": sum(TOKEN.values())}.items():
        [row] = rows_of(name)
        assert float(row[1]) == round(count / 1e9, 3)
    assert f"{ALL:.3e}".replace("e+", "e") in TEXT
    assert f"{sum(TOKEN.values()) * ROWS * LENGTH:.3e}".replace("e+", "e") in TEXT
    on_all = TOKEN["layers"] + TOKEN["attention"] + 6 * HEAD
    assert f"the sum {on_all / 1e9:.3f}" in TEXT
    assert f"saves\n{1 - sum(TOKEN.values()) / on_all:.0%}".replace("%", " %") in TEXT


@pytest.mark.parametrize("chip", ["v3", "v4", "v5e", "v5p"])
def test_days(chip):
    row = next(row for row in rows_of(chip) if len(row) == 7)
    a_second = 256 * float(row[1]) * 1e12
    for cell, share in zip(row[3:6], (0.3, 0.4, 0.5), strict=True):
        assert float(cell) == pytest.approx(ALL / (a_second * share * DAY), abs=0.006)
    assert float(row[6]) == pytest.approx(ALL / STEPS / (a_second * 0.4), abs=0.0006)


def test_masks_are_those_of_the_code(small_tokenizer):
    from rembert_tf.pretraining.masking import RowMasking

    assert RowMasking(small_tokenizer, 0.15, LENGTH).most == HIDDEN_PIECES


def test_options_and_files_exist():
    options = {option for p in rembert.get_command(click.Context(rembert), "pretrain").params for option in p.opts}
    code = re.findall(r"`([^`]+)`", TEXT)
    assert {word for text in code for word in text.split() if word.startswith("--")} <= options
    files = [word for text in code for word in text.split() if word.endswith(".py")]
    assert len(files) == 2 and all((GUIDES.parents[1] / name).is_file() for name in files)


def test_links_and_length():
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", TEXT) if "://" not in link]
    assert links and not [link for link in links if not (GUIDES / link).exists()]
    assert len(TEXT.splitlines()) < LONGEST_LINES
