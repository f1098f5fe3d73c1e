"""The tasks xnli and pawsx from features to submission."""

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForSequenceClassification, RemBertTokenizer, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.tasks.pairs.task import PawsxTask, XnliTask
from tests.golden import fixture

NAMES = ["contradiction", "entailment", "neutral"]


def made_examples(count=21, names=NAMES, seed=0):
    random = np.random.default_rng(seed)
    return TextExamples(
        texts=[f"{number} " + "wort " * random.integers(0, 30) for number in range(count)],
        pairs=["und " * random.integers(0, 30) for _ in range(count)],
        labels=random.integers(0, len(names), count).astype("int32"),
        names=list(names),
        languages=["de"] * count,
    )


def test_batches_hold_the_ids_of_the_other_engine(small_tokenizer, small_vocabulary):
    """Each row alone, as the sentencepiece package cuts it: whatever is in its batch, and wherever it is padded."""
    examples, python = made_examples(), RemBertTokenizer.from_pretrained(small_vocabulary)
    expected = {}
    for text, pair, label in zip(examples.texts, examples.pairs, examples.labels, strict=True):
        row = python(text, pair, truncation=True, max_length=30, split_special_tokens=True)
        expected[tuple(row["input_ids"])] = (row["token_type_ids"], label)
    batches = XnliTask().batches(small_tokenizer, examples, 4, 30)
    seen = []
    for inputs, labels in batches.training_dataset(1, seed=0):
        inputs = {name: tensor.numpy() for name, tensor in inputs.items()}
        width = inputs["input_ids"].shape[1]
        longest = inputs["attention_mask"].sum(axis=1).max()
        assert width == min(-(-longest // 8) * 8, batches.lengths.max()) <= 30
        for row, label in enumerate(labels.numpy()):
            length = inputs["attention_mask"][row].sum()
            ids = tuple(inputs["input_ids"][row, :length])
            assert inputs["attention_mask"][row].tolist() == [1] * length + [0] * (width - length)
            assert set(inputs["input_ids"][row, length:]) <= {small_tokenizer.pad_token_id}
            assert expected[ids] == (inputs["token_type_ids"][row, :length].tolist(), label)
            seen.append(ids)
    assert sorted(seen) == sorted(expected)


def test_special_tokens_in_sentences_are_text():
    """With control pieces as special tokens: user-defined ones are found by SentencePiece itself."""
    tokenizer = RemBertTokenizerFast.from_pretrained(str(fixture("tokenizer/models/ctrl_16k")))
    examples = TextExamples(["[SEP] a"], ["b"], np.zeros(1, "int32"), NAMES, [""])
    inputs, _ = next(iter(XnliTask().batches(tokenizer, examples, 1, 60).training_dataset(1, 0)))
    assert (inputs["input_ids"].numpy() == tokenizer.sep_token_id).sum() == 2


def test_predictions_are_the_models_in_the_examples_order(small_tokenizer, text_config):
    task, examples = XnliTask(), made_examples()
    model = RemBertForSequenceClassification(text_config.replace(**task.config_fields(examples)))
    steps = []
    found = task.predict(model, small_tokenizer, examples, 4, 30, lambda done, total: steps.append((done, total)))
    for text, pair, prediction in zip(examples.texts, examples.pairs, found, strict=True):
        row = small_tokenizer([text], [pair], truncation=True, max_length=30, padding=True, split_special_tokens=True)
        expected = keras.ops.softmax(model(row))[0].numpy()
        np.testing.assert_allclose([prediction["probabilities"][name] for name in NAMES], expected, atol=2e-6)
        assert prediction["label"] == NAMES[expected.argmax()]
        assert prediction["score"] == max(prediction["probabilities"].values())
    assert steps[-1] == (21, 21)
    assert len(steps) == 6


def test_accuracy_and_confusion_are_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    examples, random = made_examples(200), np.random.default_rng(1)
    predicted = random.integers(0, 3, 200)
    predictions = [{"label": NAMES[number], "score": 0.5 + number / 10} for number in predicted]
    task = XnliTask()
    assert task.score(examples, predictions) == {"accuracy": metrics.accuracy_score(examples.labels, predicted)}
    wrong, confusion = task.mistakes(examples, predictions)
    table = metrics.confusion_matrix(examples.labels, predicted)
    assert confusion == {(NAMES[i], NAMES[j]): table[i, j] for i in range(3) for j in range(3)}
    assert len(wrong) == (examples.labels != predicted).sum()
    first = int(np.flatnonzero(examples.labels != predicted)[0])
    assert wrong[0].text == f"{examples.texts[first]} | {examples.pairs[first]}"
    assert (wrong[0].expected, wrong[0].predicted) == (NAMES[examples.labels[first]], NAMES[predicted[first]])
    assert wrong[0].badness == predictions[first]["score"]


def test_submission_is_a_label_a_line(tmp_path):
    examples = made_examples(3, names=["0", "1"])
    path = tmp_path / "pawsx" / "test-de.tsv"
    PawsxTask().write_predictions(examples, [{"label": "0"}, {"label": "1"}, {"label": "1"}], path)
    assert path.read_text() == "0\n1\n1\n"
    with pytest.raises(InputError, match="2 predictions for 3 examples"):
        PawsxTask().write_predictions(examples, [{"label": "0"}] * 2, path)


def test_recipes_are_the_papers():
    """Table 15 of arXiv 2010.12821."""
    assert (XnliTask.recipe.learning_rate, XnliTask.recipe.batch_size, XnliTask.recipe.epochs) == (1e-5, 128, 3)
    assert (PawsxTask.recipe.learning_rate, PawsxTask.recipe.batch_size, PawsxTask.recipe.epochs) == (8e-6, 128, 3)


def test_files_without_labels_cannot_be_scored_or_trained_on(small_tokenizer):
    examples = TextExamples(["a"], ["b"], None, NAMES, [""])
    with pytest.raises(InputError, match="have no labels"):
        XnliTask().batches(small_tokenizer, examples, 1, 30)
    with pytest.raises(InputError, match="have no labels"):
        XnliTask().score(examples, [{"label": "neutral"}])


@pytest.mark.slow
def test_a_small_model_learns_which_pairs_are_the_same(small_tokenizer, text_config):
    """A rule that only both sentences together tell."""
    random = np.random.default_rng(0)
    words = ["Hund", "Katze", "Haus", "Baum", "Auto", "Stadt"]
    first, second = random.integers(0, 6, 200), random.integers(0, 6, 200)
    second = np.where(random.random(200) < 0.5, first, second)
    examples = TextExamples(
        [words[i] for i in first], [words[i] for i in second], (first == second).astype("int32"), ["0", "1"], [""] * 200
    )
    keras.utils.set_random_seed(0)
    task = PawsxTask()
    config = text_config.replace(
        hidden_size=64, num_attention_heads=4, intermediate_size=128, input_embedding_size=32, initializer_range=0.05
    )
    model = RemBertForSequenceClassification(config.replace(**task.config_fields(examples)))
    batches = task.batches(small_tokenizer, examples, 20, 16)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), jit_compile=False)
    model.fit(batches.training_dataset(40, 0), steps_per_epoch=batches.steps_per_epoch, epochs=40, verbose=0)
    assert task.score(examples, task.predict(model, small_tokenizer, examples, 64, 16))["accuracy"] >= 0.95
