"""Masked language modelling: its loss, its fixed scores, and what it fills in, against plain logits."""

import json

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForMaskedLM, RemBertTokenizer
from rembert_tf.errors import InputError
from rembert_tf.tasks.language_modeling import piece_scores
from rembert_tf.tasks.language_modeling.masked_lm_task import MaskedLmTask
from rembert_tf.tasks.language_modeling.texts import TextLines

TASK = MaskedLmTask()


@pytest.fixture(scope="module")
def model(text_config):
    keras.utils.set_random_seed(0)
    return RemBertForMaskedLM(text_config)


def log_shares(logits):
    logits = np.asarray(logits, "float64")
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def test_loss_is_that_of_all_logits(model, small_tokenizer, lines):
    """The reference's way: logits (batch, length, vocab_size), labels at the masked places alone."""
    inputs, labels = next(iter(TASK.batches(small_tokenizer, lines, 4, 32).training_dataset(1, 0)))
    shares = log_shares(model({name: inputs[name] for name in inputs if name != "masked_positions"}))
    rows, slots = np.nonzero(labels.numpy() != -100)
    assert len(rows) >= 4
    expected = -shares[rows, inputs["masked_positions"].numpy()[rows, slots], labels.numpy()[rows, slots]].mean()
    model.compile(optimizer="sgd", jit_compile=False)
    assert float(model.test_on_batch(inputs, labels)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("chunk", [1, 2**24])
def test_scores_are_those_of_all_logits(text_config, small_tokenizer, lines, chunk, monkeypatch):
    """Recomputed from what the compiled function is given; also with a chunk for each position."""
    monkeypatch.setattr(piece_scores, "CHUNK_LOGITS", chunk)
    keras.utils.set_random_seed(0)
    model = RemBertForMaskedLM(text_config)
    ids = np.array([[5, 900, 901, 902], [6, 7, 903, 0]], "int32")
    labels = np.array([[-100, 17, -100, 18], [-100, 19, 0, -100]], "int32")
    inputs = {"input_ids": ids, "token_type_ids": 0 * ids, "attention_mask": (ids > 0).astype("int32")}
    shares = log_shares(model(inputs))
    labels[0, 1] = shares[0, 1].argmax()  # one that is right
    likeliest, loss = piece_scores.piece_scores(model)(inputs, labels)
    assert likeliest.numpy().tolist() == [True, False, False, False]
    rows, places = np.nonzero(labels >= 0)
    np.testing.assert_allclose(loss, -shares[rows, places, labels[rows, places]], rtol=1e-5)


def test_rows_without_anything_to_guess(model):
    ids = np.array([[5, 6]], "int32")
    inputs = {"input_ids": ids, "token_type_ids": 0 * ids, "attention_mask": ids // ids}
    likeliest, loss = piece_scores.piece_scores(model)(inputs, np.full_like(ids, -100))
    assert likeliest.shape == loss.shape == (0,)


def test_scores_are_the_same_whatever_the_batch(model, small_tokenizer, lines):
    steps = []
    found = TASK.predict(model, small_tokenizer, lines, 3, 32, lambda done, total: steps.append((done, total)))
    again = TASK.predict(model, small_tokenizer, lines, 64, 32)
    assert [(one["pieces"], one["correct"]) for one in found] == [(one["pieces"], one["correct"]) for one in again]
    np.testing.assert_allclose([one["loss"] for one in found], [one["loss"] for one in again], rtol=1e-4)
    assert steps[-1] == (len(lines), len(lines))


def test_about_the_rate_of_the_pieces_is_scored(model, small_tokenizer, lines, pieces):
    found = TASK.predict(model, small_tokenizer, lines, 8, 64)
    sizes = [len(line) for document in pieces for line in document]
    documents = [sum(map(len, document)) for document in pieces]
    expected = sum(max(1, round(0.15 * min(62, size - start))) for size in documents for start in range(0, size, 62))
    assert sum(one["pieces"] for one in found) == expected
    assert all(one["pieces"] <= size for one, size in zip(found, sizes, strict=True))


def test_accuracy_and_perplexity():
    predictions = [{"pieces": 3, "correct": 1, "loss": 2.0}, {"pieces": 1, "correct": 1, "loss": 4.0}]
    assert TASK.score(None, predictions) == {"accuracy": 0.5, "perplexity": pytest.approx(np.exp(1.5))}
    assert list(TASK.score(None, predictions)) == ["accuracy", "perplexity"]
    with pytest.raises(InputError, match="answers have no score"):
        TASK.score(None, [{"fills": []}])


def examples_of(*texts):
    return TextLines(list(texts), np.arange(len(texts)), [""] * len(texts))


def test_fills_are_the_likeliest_pieces(model, small_tokenizer, small_vocabulary):
    texts = ["Der [MASK] läuft über [MASK] Straße.", "nichts", "[MASK]"]
    found = MaskedLmTask(top_k=4).predict(model, small_tokenizer, examples_of(*texts), 2, 64)
    assert [len(one["fills"]) for one in found] == [2, 0, 1]
    python = RemBertTokenizer.from_pretrained(small_vocabulary)
    for text, one in zip(texts, found, strict=True):
        row = {name: np.array([ids]) for name, ids in python(text, split_special_tokens="all_but_mask").items()}
        places = np.flatnonzero(row["input_ids"][0] == python.mask_token_id)
        for shares, fill in zip(np.exp(log_shares(model(row)))[0, places], one["fills"], strict=True):
            best = np.argsort(-shares)[:4]
            assert [piece["token"] for piece in fill] == python.convert_ids_to_tokens(best.tolist())
            np.testing.assert_allclose([piece["score"] for piece in fill], shares[best], atol=2e-6)


def test_masks_of_long_texts_are_filled_from_around_them(model, small_tokenizer):
    """A text of 200 pieces in rows of 20: as if only the pieces around the mask had been there."""
    before, after = "eins zwei drei " * 30, " vier fünf sechs" * 30
    ids = small_tokenizer.tokenize_to_ids([before + "[MASK]" + after], "all_but_mask").values.numpy()
    place = int(np.flatnonzero(ids == small_tokenizer.mask_token_id)[0])
    part = ids[place - 9 : place + 9]
    row = np.array([[small_tokenizer.cls_token_id, *part, small_tokenizer.sep_token_id]])
    shares = np.exp(log_shares(model({"input_ids": row})))[0, 10]
    (one,) = MaskedLmTask(top_k=1).predict(model, small_tokenizer, examples_of(before + "[MASK]" + after), 8, 20)
    assert one["fills"][0][0]["token"] == small_tokenizer.convert_ids_to_tokens([int(shares.argmax())])[0]
    assert one["fills"][0][0]["score"] == pytest.approx(shares.max(), abs=2e-6)


def test_written_answers(tmp_path):
    fills = [{"fills": [[{"token": "▁a", "score": 0.5}]]}]
    TASK.write_predictions(examples_of("[MASK] b"), fills, tmp_path / "fills.jsonl")
    assert json.loads((tmp_path / "fills.jsonl").read_text(encoding="utf-8")) == {"text": "[MASK] b", **fills[0]}
    with pytest.raises(InputError, match=r"must end in \.jsonl"):
        TASK.write_predictions(examples_of("[MASK] b"), fills, tmp_path / "fills.txt")


@pytest.mark.slow
def test_accuracy_rises_on_a_text_that_repeats(text_config, small_tokenizer, tmp_path):
    names = ["Anna", "Peter", "Maria", "Hans", "Julia", "Karl"]
    places = ["Berlin", "Paris", "London", "Rom", "Wien", "Madrid"]
    path = tmp_path / "train-de.txt"
    sentences = [f"{name} wohnt in {place} und arbeitet in {place}." for name, place in zip(names, places, strict=True)]
    path.write_text("\n".join(sentences * 10) + "\n", encoding="utf-8")
    task = MaskedLmTask(line_by_line=True)
    examples = task.read([path])
    keras.utils.set_random_seed(0)
    config = text_config.replace(
        hidden_size=64, num_attention_heads=4, intermediate_size=128, input_embedding_size=32, output_embedding_size=64
    )
    model = RemBertForMaskedLM(config.replace(initializer_range=0.05))
    batches = task.batches(small_tokenizer, examples, 12, 32)
    before = task.score(examples, task.predict(model, small_tokenizer, examples, 64, 32))
    model.compile(optimizer=keras.optimizers.Adam(1e-3), jit_compile=False)
    model.fit(batches.training_dataset(100, 0), steps_per_epoch=batches.steps_per_epoch, epochs=100, verbose=0)
    after = task.score(examples, task.predict(model, small_tokenizer, examples, 64, 32))
    assert before["accuracy"] < 0.05
    assert after["accuracy"] >= 0.9
    assert after["perplexity"] < 2 < before["perplexity"]
