"""Two virtual devices that share each batch pre-train as one does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rembert_tf import RemBertForMaskedLM

pytestmark = pytest.mark.slow

# A process of its own, since devices are divided before TensorFlow begins. Rows of 6 are cut into two parts.
PROGRAM = """
import dataclasses, pathlib, sys
import tensorflow as tf
[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from rembert_tf import RemBertConfig
from tests.pretraining.small_corpus import SETTINGS, run
corpus, config, output, strategy = sys.argv[1:]
settings = dataclasses.replace(SETTINGS, strategy=strategy, learning_rate=2e-3)
run(pathlib.Path(corpus), output, RemBertConfig.from_pretrained(config), settings)
"""


def test_two_devices_equal_one(corpus, text_config, tmp_path):
    text_config.save_pretrained(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for strategy in ("auto", "mirrored"):
        arguments = [corpus, tmp_path / "config.json", tmp_path / strategy, strategy]
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, timeout=400, env=environment
        )
        assert ended.returncode == 0, ended.stderr
    one, two = (RemBertForMaskedLM.from_pretrained(tmp_path / name / "last").weights for name in ("auto", "mirrored"))
    for first, second in zip(one, two, strict=True):
        np.testing.assert_allclose(first.numpy(), second.numpy(), rtol=0, atol=2e-6, err_msg=first.path)
    results = [json.loads((tmp_path / name / "result.json").read_text()) for name in ("auto", "mirrored")]
    assert results[0]["step"] == results[1]["step"]
    assert results[0]["perplexity"] == pytest.approx(results[1]["perplexity"], rel=1e-4)
