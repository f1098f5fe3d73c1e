"""Multiple choice from batches to files: no batch mixes numbers of choices, and each row is the tokenizer's."""

import json

import keras
import numpy as np
import pytest

from rembert_tf import RemBertConfig, RemBertForMultipleChoice, RemBertTokenizer, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tasks.choices.examples import ChoiceExamples
from rembert_tf.tasks.choices.task import MultipleChoiceTask
from rembert_tf.training.optimizer import make_optimizer
from tests.golden import ROOTS

TASK = MultipleChoiceTask()


def made_examples(counts=(2, 3), count=23, seed=0):
    random = np.random.default_rng(seed)
    numbers = random.choice(counts, count)
    return ChoiceExamples(
        prompts=[f"Frage {row} " + "wort " * random.integers(0, 20) for row in range(count)],
        choices=[[f"{choice} von {row}" for choice in range(number)] for row, number in enumerate(numbers)],
        labels=np.array([random.integers(number) for number in numbers], "int32"),
        languages=["it"] * count,
    )


@pytest.fixture(scope="module")
def examples():
    return made_examples()


@pytest.fixture(scope="module")
def batches(small_tokenizer, examples):
    return TASK.batches(small_tokenizer, examples, 4, 20)


def test_batches_hold_the_ids_of_the_other_engine(batches, examples, small_vocabulary):
    python = RemBertTokenizer.from_pretrained(small_vocabulary)
    expected = {}
    for prompt, choices, label in zip(examples.prompts, examples.choices, examples.labels, strict=True):
        rows = python([prompt] * len(choices), choices, truncation=True, max_length=20, split_special_tokens=True)
        expected[str(rows["input_ids"])] = (rows["token_type_ids"], label)
    seen = []
    for inputs, labels in batches.training_dataset(1, seed=0):
        inputs = {name: tensor.numpy() for name, tensor in inputs.items()}
        for row, label in enumerate(labels.numpy()):
            masks = inputs["attention_mask"][row].astype(bool)
            ids, kinds = (
                [part[mask].tolist() for part, mask in zip(inputs[name][row], masks, strict=True)]
                for name in ("input_ids", "token_type_ids")
            )
            assert expected[str(ids)] == (kinds, label)
            seen.append(str(ids))
    assert sorted(seen) == sorted(expected)


def sequence(dataset):
    return [(inputs["input_ids"].numpy().tolist(), labels.numpy().tolist()) for inputs, labels in dataset]


def test_order_follows_the_seed_and_can_be_entered_anywhere(batches):
    whole = sequence(batches.training_dataset(2, seed=1))
    assert len(whole) == 2 * batches.steps_per_epoch
    assert whole == sequence(batches.training_dataset(2, seed=1))
    assert whole[5:] == sequence(batches.training_dataset(2, seed=1, skip_steps=5))
    assert whole != sequence(batches.training_dataset(2, seed=2))
    first, second = whole[: batches.steps_per_epoch], whole[batches.steps_per_epoch :]
    assert first != second


def test_numbers_of_choices_are_mixed_within_an_epoch_and_not_within_a_batch(batches):
    counts = [inputs["input_ids"].shape[1] for inputs, _ in batches.training_dataset(3, seed=0)]
    assert set(counts) == {2, 3}
    assert counts != sorted(counts)


def test_predictions_are_the_models_for_each_question_alone(small_tokenizer, text_config, examples):
    keras.utils.set_random_seed(0)
    model = RemBertForMultipleChoice(text_config.replace(**TASK.config_fields(examples)))
    steps = []
    found = TASK.predict(model, small_tokenizer, examples, 4, 20, lambda done, total: steps.append((done, total)))
    for prompt, choices, prediction in zip(examples.prompts, examples.choices, found, strict=True):
        rows = small_tokenizer([prompt] * len(choices), choices, truncation=True, max_length=20, padding=True)
        expected = keras.ops.softmax(model({name: tensor[None] for name, tensor in rows.items()}))[0].numpy()
        np.testing.assert_allclose(prediction["probabilities"], expected, atol=2e-6)
        assert prediction["choice"] == expected.argmax()
    assert steps[-1] == (23, 23)


def test_fit_takes_batches_of_different_numbers_of_choices(small_tokenizer, text_config, examples, batches):
    keras.utils.set_random_seed(0)
    model = RemBertForMultipleChoice(text_config)
    model.compile(optimizer=keras.optimizers.SGD(0.0), jit_compile=False)
    steps = batches.steps_per_epoch
    losses = [float(model.test_on_batch(*batch)) for batch in batches.training_dataset(1, 0).take(3)]
    for (inputs, labels), loss in zip(batches.training_dataset(1, 0).take(3), losses, strict=True):
        logits = model(inputs).numpy().astype("float64")
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        expected = -np.log(shares[np.arange(len(labels)), labels.numpy()]).mean()
        assert loss == pytest.approx(expected, rel=1e-5)
    history = model.fit(batches.training_dataset(1, 0), steps_per_epoch=steps, verbose=0)
    assert np.isfinite(history.history["loss"][0])


def test_accuracy_confusion_and_mistakes():
    examples = ChoiceExamples(["p", "q", "r"], [["a", "b"], ["c", "d"], ["e", "f", "g"]], np.array([0, 1, 2]), [""] * 3)
    predictions = [
        {"choice": 0, "probabilities": [0.9, 0.1]},
        {"choice": 0, "probabilities": [0.7, 0.3]},
        {"choice": 2, "probabilities": [0.1, 0.2, 0.7]},
    ]
    assert TASK.score(examples, predictions) == {"accuracy": pytest.approx(2 / 3)}
    wrong, confusion = TASK.mistakes(examples, predictions)
    assert [(mistake.text, mistake.expected, mistake.predicted, mistake.badness) for mistake in wrong] == [
        ("q", "d", "c", 0.7)
    ]
    assert confusion == {("choice 1",) * 2: 1, ("choice 2", "choice 1"): 1, ("choice 3",) * 2: 1}


def test_written_answers(tmp_path):
    examples = ChoiceExamples(["p", "q"], [["a", "b"], ["c", "d", "e"]], None, ["", ""])
    predictions = [{"choice": 1, "probabilities": [0.25, 0.75]}, {"choice": 0, "probabilities": [1.0, 0.0, 0.0]}]
    TASK.write_predictions(examples, predictions, tmp_path / "test-it.tsv")
    assert (tmp_path / "test-it.tsv").read_text() == "1\n0\n"
    TASK.write_predictions(examples, predictions, tmp_path / "answers.jsonl")
    lines = (tmp_path / "answers.jsonl").read_text().splitlines()
    assert json.loads(lines[0]) == {"prompt": "p", "choices": ["a", "b"], **predictions[0]}
    with pytest.raises(InputError, match=r"must end in \.jsonl or \.tsv"):
        TASK.write_predictions(examples, predictions, tmp_path / "answers.csv")
    with pytest.raises(InputError, match="have no labels"):
        TASK.score(examples, predictions)


@pytest.mark.slow
def test_a_small_model_learns_200_items_of_xcopa_by_heart(tmp_path):
    data = ROOTS[-1].parent / "data"
    if not data.is_dir():
        pytest.skip("needs the data for experiments, shared/data")
    lines = (data / "xtreme_like/xcopa/test-it.jsonl").read_text(encoding="utf-8").splitlines()[:200]
    path = tmp_path / "train-it.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    examples = TASK.read([path])
    assert len(examples) == 200
    tokenizer = RemBertTokenizerFast.from_pretrained(str(data / "text/sp16k_demo.model"))
    keras.utils.set_random_seed(0)
    config = RemBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        input_embedding_size=32,
        output_embedding_size=32,
        intermediate_size=128,
        max_position_embeddings=96,
        classifier_dropout_prob=0.0,
    )
    model = RemBertForMultipleChoice(config)
    batches = TASK.batches(tokenizer, examples, 16, 96)
    model.compile(optimizer=make_optimizer(2e-3, 10 * batches.steps_per_epoch), jit_compile=False)
    model.fit(batches.training_dataset(10, 0), steps_per_epoch=batches.steps_per_epoch, epochs=10, verbose=0)
    assert TASK.score(examples, TASK.predict(model, tokenizer, examples, 64, 96))["accuracy"] >= 0.95
