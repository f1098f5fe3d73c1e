"""The csv task with a model: its loss, its answers, its files, and that it learns real text."""

import csv
import json

import keras
import numpy as np
import pytest

from rembert_tf import RemBertConfig, RemBertForSequenceClassification, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.training.optimizer import make_optimizer
from tests.golden import ROOTS

KINDS = ["single_label_classification", "multi_label_classification", "regression"]
TEXTS = ["eins", "zwei drei", 'vier "fünf"\tsechs', "sieben\nacht"]
LABELS = {
    KINDS[0]: (np.array([0, 1, 2, 1], "int32"), ["a", "b", "c"]),
    KINDS[1]: (np.array([[0, 1, 1], [0, 0, 0], [1, 1, 1], [1, 0, 0]], "float32"), ["a", "b", "c"]),
    KINDS[2]: (np.array([0.5, -1, 2, 4], "float32"), ["label"]),
}


@pytest.fixture(params=KINDS)
def case(request, text_config):
    """A task, its examples, and a model for them."""
    labels, names = LABELS[request.param]
    task, examples = CsvTask(request.param), TextExamples(TEXTS, None, labels, names, ["de"] * 4)
    keras.utils.set_random_seed(0)
    return task, examples, RemBertForSequenceClassification(text_config.replace(**task.config_fields(examples)))


def logits_of(model, tokenizer):
    rows = [tokenizer([text], padding=True, split_special_tokens=True) for text in TEXTS]
    return np.stack([model(row)[0] for row in rows]).astype("float64")


def test_loss_of_a_batch(case, small_tokenizer):
    """Worked out from the logits of each text alone."""
    task, examples, model = case
    (inputs, labels), *_ = task.batches(small_tokenizer, examples, 4, 30).training_dataset(1, 0)
    logits, y = logits_of(model, small_tokenizer), examples.labels
    if task.problem_type == KINDS[0]:
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        expected = -np.log(shares[np.arange(4), y]).mean()
    elif task.problem_type == KINDS[1]:
        shares = 1 / (1 + np.exp(-logits))
        expected = -(y * np.log(shares) + (1 - y) * np.log(1 - shares)).mean()
    else:
        expected = ((logits[:, 0] - y) ** 2).mean()
    model.compile(optimizer="sgd", jit_compile=False)
    assert float(model.test_on_batch(inputs, labels)) == pytest.approx(expected, rel=1e-5)


def test_answers(case, small_tokenizer):
    task, examples, model = case
    found, logits = task.predict(model, small_tokenizer, examples, 3, 30), logits_of(model, small_tokenizer)
    for prediction, row in zip(found, logits, strict=True):
        if task.problem_type == KINDS[0]:
            assert prediction["label"] == "abc"[row.argmax()]
        elif task.problem_type == KINDS[1]:
            assert prediction["labels"] == [name for name, logit in zip("abc", row, strict=True) if logit >= 0]
        else:
            assert prediction["score"] == pytest.approx(row[0], abs=1e-5)
    json.dumps(found)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".tsv"])
def test_written_answers_can_be_read_again(case, suffix, tmp_path):
    task, examples, _ = case
    answers = {
        KINDS[0]: [{"label": name, "score": 0.5} for name in "abca"],
        KINDS[1]: [{"labels": labels} for labels in (["a"], [], ["a", "c"], ["b"])],
        KINDS[2]: [{"score": score} for score in (0.5, -1.25, 3.0, 1e-3)],
    }[task.problem_type]
    path = tmp_path / f"answers{suffix}"
    task.write_predictions(examples, answers, path)
    if suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert rows == [{"text": text, **answer} for text, answer in zip(TEXTS, answers, strict=True)]
        return
    texts = TEXTS if suffix == ".csv" else ["eins", "zwei drei", 'vier "fünf" sechs', "sieben acht"]
    labels, names = LABELS[task.problem_type]
    again = task.read([path], None if task.problem_type == KINDS[2] else names)
    assert again.texts == texts
    expected = {KINDS[0]: [0, 1, 2, 0], KINDS[1]: [[1, 0, 0], [0, 0, 0], [1, 0, 1], [0, 1, 0]]}
    expected = np.array(expected.get(task.problem_type, [0.5, -1.25, 3.0, 1e-3]), labels.dtype)
    np.testing.assert_array_equal(again.labels, expected)


def test_other_endings_are_refused(case, tmp_path):
    task, examples, _ = case
    with pytest.raises(InputError, match=r"must end in \.jsonl, \.csv or \.tsv"):
        task.write_predictions(examples, [{}] * 4, tmp_path / "answers.txt")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_small_model_learns_200_descriptions_by_heart(tmp_path):
    text = ROOTS[-1].parent / "data" / "text"
    if not text.is_dir():
        pytest.skip("needs the data for experiments, shared/data/text")
    with open(text / "ddtp_topic" / "train-de.tsv", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[:200]
    path = tmp_path / "train-de.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *rows])
    tokenizer = RemBertTokenizerFast.from_pretrained(str(text / "sp16k_demo.model"))
    task = CsvTask()
    examples = task.read([path])
    assert (len(examples), len(examples.names)) == (200, len({label for _, label in rows}))
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
        initializer_range=0.1,  # about 1 / sqrt(hidden_size): the usual 0.02 takes this width twice the epochs
        **task.config_fields(examples),
    )
    model = RemBertForSequenceClassification(config)
    batches = task.batches(tokenizer, examples, 16, 96)
    model.compile(optimizer=make_optimizer(2e-3, 20 * batches.steps_per_epoch), jit_compile=False)
    model.fit(batches.training_dataset(20, 0), steps_per_epoch=batches.steps_per_epoch, epochs=20, verbose=0)
    assert task.score(examples, task.predict(model, tokenizer, examples, 64, 96))["accuracy"] >= 0.95
