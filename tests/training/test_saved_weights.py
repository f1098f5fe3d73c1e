"""Which weights are evaluated and saved: the last step's, their average, the chosen epoch's; all repeatable."""

import dataclasses

import numpy as np
import pytest

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.tasks.pairs.text_batches import text_batches
from rembert_tf.tasks.start import from_nothing, load_task_model
from rembert_tf.training.finetune import finetune
from rembert_tf.training.run_folder import RunFolder
from tests.training.small_runs import ANIMALS, COLOURS, SETTINGS, assert_same, saved, train, train_watched, weights

TWO_LABELS = {"id2label": {0: "animal", 1: "colour"}}


def test_masks_and_shared_spelling_are_repeatable_and_in_the_checkpoints(data, tmp_path, text_config, small_vocabulary):
    settings = dataclasses.replace(SETTINGS, epochs=3, mask_rate=0.2, spelling_ngrams=4)
    best = train(data, tmp_path / "one", text_config, small_vocabulary, settings)
    train(data, tmp_path / "other", text_config, small_vocabulary, settings)
    first, again = (
        RemBertForSequenceClassification.from_pretrained(tmp_path / run / "last") for run in ("one", "other")
    )
    for one, other in zip(first.variables, again.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    model, tokenizer = load_task_model(tmp_path / "one" / "best", CsvTask.architecture)
    task = CsvTask()
    held_out = task.read([data / "dev.csv"], ["animal", "colour"])
    assert task.score(held_out, task.predict(model, tokenizer, held_out, 64, 16))["accuracy"] == best["accuracy"]


def test_the_average_of_the_weights_is_evaluated_and_saved(data, tmp_path, text_config, small_vocabulary):
    settings = dataclasses.replace(SETTINGS, epochs=3, average_momentum=0.8, choose="last")
    stepped, evaluated, left = train_watched(data, tmp_path / "run", text_config, small_vocabulary, settings)
    average, by_hand = stepped[0], [stepped[0]]
    for step in stepped[1:]:
        average = {name: 0.8 * average[name] + 0.2 * value for name, value in step.items()}
        by_hand.append(average)
    per_epoch = len(stepped) // 3
    for epoch, found in enumerate(evaluated, start=1):
        assert_same(found, by_hand[epoch * per_epoch - 1], atol=1e-5)
    farthest = max(np.abs(average[name] - value).max() for name, value in stepped[-1].items())
    assert farthest > 1e-3  # the last step's weights would not have passed
    assert_same(saved(tmp_path / "run" / "last"), evaluated[-1])
    assert_same(saved(tmp_path / "run" / "best"), evaluated[-1])
    assert_same(left, evaluated[-1])


def test_averages_go_together_with_shared_spelling(data, tmp_path, text_config, small_vocabulary):
    settings = dataclasses.replace(SETTINGS, epochs=3, mask_rate=0.2, spelling_ngrams=4, average_momentum=0.8)
    stepped, evaluated, left = train_watched(data, tmp_path / "run", text_config, small_vocabulary, settings)
    vectors = next(name for name in stepped[0] if name.endswith("spelling_vectors"))
    average = stepped[0][vectors]
    for step in stepped[1:]:
        average = 0.8 * average + 0.2 * step[vectors]
    np.testing.assert_allclose(evaluated[-1][vectors], average, rtol=0, atol=1e-5)
    assert_same(saved(tmp_path / "run" / "last"), left, atol=1e-6)


def test_without_averages_the_last_steps_weights_are_evaluated_and_saved(data, tmp_path, text_config, small_vocabulary):
    settings = dataclasses.replace(SETTINGS, epochs=2)
    stepped, evaluated, left = train_watched(data, tmp_path / "run", text_config, small_vocabulary, settings)
    assert_same(evaluated[0], stepped[len(stepped) // 2 - 1])
    assert_same(evaluated[1], stepped[-1])
    assert_same(saved(tmp_path / "run" / "last"), stepped[-1])
    assert_same(left, stepped[-1])


@pytest.mark.parametrize(("choose", "epoch"), [("best", 2), ("last", 3)])
def test_the_chosen_epoch_is_saved_as_best(choose, epoch, tmp_path, text_config, small_vocabulary):
    model, tokenizer = from_nothing(text_config, small_vocabulary)(CsvTask.architecture, TWO_LABELS)
    labels = np.array([0] * len(ANIMALS) + [1] * len(COLOURS), "int32")
    batches = text_batches(tokenizer, TextExamples(ANIMALS + COLOURS, labels=labels), 32, 128, with_labels=True)
    settings = dataclasses.replace(SETTINGS, epochs=3, choose=choose)
    run, evaluated = RunFolder(tmp_path / "run"), []
    run.write_settings(dataclasses.asdict(settings))

    def evaluate():
        evaluated.append(weights(model))
        return {"accuracy": [0.5, 0.75, 0.625][len(evaluated) - 1]}

    chosen = finetune(model, tokenizer, batches, settings, run, evaluate)
    assert (chosen["epoch"], chosen["accuracy"]) == (epoch, [0.5, 0.75, 0.625][epoch - 1])
    assert_same(saved(tmp_path / "run" / "best"), evaluated[epoch - 1])
    assert_same(saved(tmp_path / "run" / "last"), evaluated[-1])
