"""A run that was killed at any step and went on ends with the weights of one that was not, bit for bit."""

import dataclasses
import json
import random

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.errors import InputError
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.tasks.pairs.text_batches import text_batches
from rembert_tf.tasks.piece_masking import mask_in_training
from rembert_tf.training import state
from rembert_tf.training.finetune import FinetuneSettings, finetune
from rembert_tf.training.run_folder import RunFolder

TEXTS = [f"{word} number {count}" for count in range(6) for word in ("cat", "dog", "red", "blue")]
LABELS = [0, 0, 1, 1] * 6
SETTINGS = FinetuneSettings(epochs=3, batch_size=5, learning_rate=1e-2, max_length=16, save_every=2)  # 15 steps
VARIANTS = {
    "plain": {},
    "averages": {"average_momentum": 0.8},
    "spelling": {"spelling_ngrams": 3, "mask_rate": 0.2},
    "parts": {"accumulate_steps": 2, "layer_decay": 0.8, "label_smoothing": 0.1},
    "adapters": {"lora_rank": 2, "freeze": ("embeddings",)},
}


class Killed(Exception):
    """Stands for the moment a process is killed: nothing after it is written."""


@pytest.fixture(scope="module")
def with_dropout(text_config):
    """A configuration whose training draws random numbers everywhere."""
    return text_config.replace(
        num_labels=2, hidden_dropout_prob=0.2, attention_probs_dropout_prob=0.2, classifier_dropout_prob=0.2
    )


def train(output, config, tokenizer, settings, resume=False, kill_at=None):
    """Trains a small classifier; returns the chosen metrics."""
    keras.utils.set_random_seed(settings.seed)
    model = RemBertForSequenceClassification(config)
    examples = TextExamples(TEXTS, labels=np.array(LABELS, "int32"))
    batches = text_batches(tokenizer, examples, settings.batch_size, 16, with_labels=True)
    if settings.mask_rate:
        mask_in_training(batches, settings.mask_rate, tokenizer)
    run = RunFolder(output, resume)
    run.write_settings(dataclasses.asdict(settings))
    ids = {name: np.asarray(value) for name, value in tokenizer(TEXTS, padding=True).items()}

    def evaluate():
        return {"accuracy": float(np.mean(model.predict_on_batch(ids).argmax(axis=1) == LABELS))}

    def report(step, total, note):
        if step == kill_at and note.startswith("loss"):
            raise Killed

    return finetune(model, tokenizer, batches, settings, run, evaluate, report)


def weights(directory):
    return [variable.numpy() for variable in RemBertForSequenceClassification.from_pretrained(directory).weights]


def rows(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_killed_run_ends_as_if_it_had_not_been(variant, with_dropout, small_tokenizer, tmp_path):
    settings = dataclasses.replace(SETTINGS, **VARIANTS[variant])
    whole = train(tmp_path / "whole", with_dropout, small_tokenizer, settings)
    somewhere = random.Random(variant).randrange(6, 15)
    # Before the first state is there, at an epoch's end before it is evaluated, and somewhere.
    for kill_at in (2, 10, somewhere) if variant == "plain" else (somewhere,):
        folder = tmp_path / f"killed-{kill_at}"
        with pytest.raises(Killed):
            train(folder, with_dropout, small_tokenizer, settings, kill_at=kill_at)
        resumed = train(folder, with_dropout, small_tokenizer, settings, resume=True)
        assert resumed == whole
        assert rows(folder) == rows(tmp_path / "whole")
        for checkpoint in ("best", "last"):
            for ours, theirs in zip(
                weights(folder / checkpoint), weights(tmp_path / "whole" / checkpoint), strict=True
            ):
                np.testing.assert_array_equal(ours, theirs)


def test_a_run_may_be_killed_again_and_again(with_dropout, small_tokenizer, tmp_path):
    whole = train(tmp_path / "whole", with_dropout, small_tokenizer, SETTINGS)
    for kill_at in (4, 7, 11, 14):
        with pytest.raises(Killed):
            train(tmp_path / "killed", with_dropout, small_tokenizer, SETTINGS, resume=True, kill_at=kill_at)
    assert train(tmp_path / "killed", with_dropout, small_tokenizer, SETTINGS, resume=True) == whole
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")


def test_only_the_newest_state_is_kept(with_dropout, small_tokenizer, tmp_path):
    with pytest.raises(Killed):
        train(tmp_path / "run", with_dropout, small_tokenizer, SETTINGS, kill_at=9)
    assert [path.name for path in state.states(tmp_path / "run")] == ["state-000000008"]


def test_a_state_that_was_never_completed_is_not_seen(with_dropout, small_tokenizer, tmp_path):
    with pytest.raises(Killed):
        train(tmp_path / "run", with_dropout, small_tokenizer, SETTINGS, kill_at=9)
    (tmp_path / "run/.state-000000010-x.partial").mkdir()
    assert state.read_position(tmp_path / "run")["step"] == 8


def test_another_run_is_not_resumed(with_dropout, small_tokenizer, tmp_path):
    with pytest.raises(Killed):
        train(tmp_path / "run", with_dropout, small_tokenizer, SETTINGS, kill_at=9)
    other = dataclasses.replace(SETTINGS, learning_rate=1e-3, seed=4)
    with pytest.raises(InputError, match="another run: learning_rate was 0.01 and is 0.001; seed was 0 and is 4"):
        train(tmp_path / "run", with_dropout, small_tokenizer, other, resume=True)
    with pytest.raises(InputError, match="not empty: .* --resume its run"):
        train(tmp_path / "run", with_dropout, small_tokenizer, SETTINGS)


def test_a_folder_without_a_run_is_not_resumed(tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="cannot resume: .* holds no run"):
        RunFolder(tmp_path, resume=True)


def test_a_damaged_state_is_named(with_dropout, small_tokenizer, tmp_path):
    with pytest.raises(Killed):
        train(tmp_path / "run", with_dropout, small_tokenizer, SETTINGS, kill_at=9)
    file = state.states(tmp_path / "run")[-1] / state.ARRAYS
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match="variables.npz' is damaged"):
        train(tmp_path / "run", with_dropout, small_tokenizer, SETTINGS, resume=True)


def test_a_full_disk_keeps_the_state_before(with_dropout, small_tokenizer, tmp_path, monkeypatch):
    def fail(file, array, allow_pickle):
        raise OSError(28, "No space left on device")

    with pytest.raises(Killed):
        train(tmp_path / "run", with_dropout, small_tokenizer, SETTINGS, kill_at=9)
    monkeypatch.setattr(np.lib.format, "write_array", fail)
    with pytest.raises(InputError, match="cannot save the run's state .*: No space left on device"):
        train(tmp_path / "run", with_dropout, small_tokenizer, SETTINGS, resume=True)
    assert [path.name for path in state.states(tmp_path / "run")] == ["state-000000008"]
    monkeypatch.undo()
    train(tmp_path / "run", with_dropout, small_tokenizer, SETTINGS, resume=True)
