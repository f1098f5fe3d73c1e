"""A small model learns from real text in many languages, which lies beside the project."""

import json
import math
from pathlib import Path

import pytest

from rembert_tf.cli import main

TEXT = Path(__file__).parents[3] / "shared/data/text"
RAW, VOCABULARY = TEXT / "raw_text_packages.tsv.xz", TEXT / "sp16k_demo.model"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not RAW.is_file(), reason="../shared/data/text is absent")]


def test_loss_falls_on_real_text(tmp_path, capsys):
    pytest.importorskip("apache_beam", reason="the beam extra is absent")
    line = (
        f"pretrain --data {RAW} --languages-from-column 1 --held-out 0.02 --sentencepiece {VOCABULARY} --max-length 64 "
        f"--size tiny --max-steps 250 --evaluate-every 125 --learning-rate 2e-3 --output {tmp_path / 'run'} --json"
    )
    assert main.run(line.split()) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["languages"]) > 30
    uniform = math.log(16_000)
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    first, last = (row["dev_log_likelihood"] for row in rows if "dev_log_likelihood" in row)
    assert -uniform + 1.0 < last == found["log_likelihood"] and last > first + 0.1
    losses = [row["loss"] for row in rows if "loss" in row]
    assert losses[-1] < losses[0] - 1.0
    manifest = json.loads((tmp_path / "run/corpus/corpus.json").read_text())
    rows = {code: counts["rows"] for code, counts in manifest["languages"].items() if counts["rows"]}
    total = sum(math.sqrt(count) for count in rows.values())
    for code, count in rows.items():
        assert found["languages"][code]["share"] == pytest.approx(math.sqrt(count) / total)
