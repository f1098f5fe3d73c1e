"""`rembert finetune` as a process of its own, killed by the system at any moment, ends as if it had not been."""

import random
import sys

import pytest

from tests.training.killed_runs import assert_same_run, kill_when, newest_state, run_whole

WORDS = {"animal": ["cat", "dog", "cow", "fox", "bear"], "colour": ["red", "blue", "green", "white", "pink"]}
EPOCHS, STEPS = 3, 50  # of an epoch

pytestmark = pytest.mark.slow


@pytest.fixture
def command(tmp_path, text_config, small_vocabulary):
    """The arguments of a training with dropout, without its output folder."""
    rows = [f"a {word} {count},{label}" for count in range(20) for label, words in WORDS.items() for word in words]
    for name, chosen in (("train.csv", rows), ("dev-en.csv", rows[::7]), ("dev-de.csv", rows[::11])):
        (tmp_path / name).write_text("\n".join(["text,label", *chosen]) + "\n")
    config = text_config.replace(hidden_dropout_prob=0.2, attention_probs_dropout_prob=0.2)
    config.save_pretrained(tmp_path)
    return [
        *(sys.executable, "-m", "rembert_tf.cli.main", "finetune", "csv"),
        *("--config", str(tmp_path / "config.json"), "--sentencepiece", small_vocabulary),
        *("--train", str(tmp_path / "train.csv")),
        *("--dev", str(tmp_path / "dev-en.csv"), str(tmp_path / "dev-de.csv")),
        *("--epochs", str(EPOCHS), "--batch-size", "4", "--max-length", "16", "--learning-rate", "0.003"),
        *("--save-every", "7", "--json", "--output"),
    ]


def test_killed_at_any_moment_it_ends_with_the_same_files(command, tmp_path):
    run, whole = tmp_path / "run", tmp_path / "whole"
    finished = run_whole([*command, whole])

    draw = random.Random()
    moments = sorted(draw.sample(range(1, EPOCHS * STEPS - 30), 3))
    moments.insert(0, "begun")  # before the first state
    print("killed at", moments)
    for number, moment in enumerate(moments):
        begun = moment == "begun"
        resume = [] if begun else ["--resume"]
        reached = (run / "run.json").is_file if begun else lambda moment=moment: newest_state(run) >= moment
        kill_when([*command, run, *resume], tmp_path / f"log-{number}", reached)
        assert not (run / "result.json").exists()

    assert run_whole([*command, run, "--resume"]) == finished
    assert_same_run(run, whole, ("best", "last", "dev"), f"killed at {moments}")
