"""Causal language modelling: loss and scores against plain logits, continuations against `generate`."""

import json

import keras
import numpy as np
import pytest
import sentencepiece

from rembert_tf import RemBertForCausalLM
from rembert_tf.errors import InputError
from rembert_tf.tasks.language_modeling.causal_lm_task import CausalLmTask
from rembert_tf.tasks.language_modeling.texts import TextLines

TASK = CausalLmTask()


@pytest.fixture(scope="module")
def model(text_config):
    keras.utils.set_random_seed(0)
    return RemBertForCausalLM(text_config.replace(**TASK.config_fields(None)))


def log_shares(logits):
    logits = np.asarray(logits, "float64")
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def test_the_model_is_a_decoder():
    assert TASK.config_fields(None) == {"is_decoder": True}


def test_loss_is_that_of_the_next_piece(model, small_tokenizer, lines):
    inputs, labels = next(iter(TASK.batches(small_tokenizer, lines, 4, 32).training_dataset(1, 0)))
    shares, ids = log_shares(model(inputs)), inputs["input_ids"].numpy()
    losses = []
    for row, length in enumerate(inputs["attention_mask"].numpy().sum(axis=1)):
        losses += [-shares[row, place - 1, ids[row, place]] for place in range(1, length)]
    model.compile(optimizer="sgd", jit_compile=False)
    assert float(model.test_on_batch(inputs, labels)) == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize("max_length", [64, 9])
def test_scores_are_those_of_each_window_alone(model, small_tokenizer, lines, pieces, max_length):
    """Recomputed line by line from the pieces of the sentencepiece package."""
    expected, number = np.zeros((len(lines), 3)), 0
    for document in pieces:
        ids = [small_tokenizer.cls_token_id, *(piece for line in document for piece in line)]
        owners = [number + index for index, line in enumerate(document) for _ in line]
        ids, owners = [*ids, small_tokenizer.sep_token_id], [None, *owners, owners[-1]]
        for start in range(0, len(ids) - 1, max_length - 1):
            row = np.array([ids[start : start + max_length]])
            shares = log_shares(model({"input_ids": row}))[0]
            for place in range(1, row.shape[1]):
                right = shares[place - 1].argmax() == row[0, place]
                expected[owners[start + place]] += [1, right, -shares[place - 1, row[0, place]]]
        number += len(document)
    found = TASK.predict(model, small_tokenizer, lines, 3, max_length)
    np.testing.assert_allclose([list(one.values()) for one in found], expected, rtol=1e-4)
    total = expected.sum(axis=0)
    scores = TASK.score(lines, found)
    assert scores["accuracy"] == pytest.approx(total[1] / total[0])
    assert scores["perplexity"] == pytest.approx(np.exp(total[2] / total[0]), rel=1e-4)


def examples_of(*texts):
    return TextLines(list(texts), np.arange(len(texts)), [""] * len(texts))


def test_continuations_are_those_of_each_text_alone(model, small_tokenizer, small_vocabulary):
    texts = ["Der Hund läuft", "今日は", "ein langer Text " * 40]
    task = CausalLmTask(max_new_tokens=6)
    found = task.predict(model, small_tokenizer, examples_of(*texts), 2, 40)
    processor = sentencepiece.SentencePieceProcessor(model_file=small_vocabulary)
    for text, one in zip(texts, found, strict=True):
        row = np.array([[small_tokenizer.cls_token_id, *processor.encode(text)[-33:]]], "int32")
        new = np.asarray(
            model.generate({"input_ids": row}, max_new_tokens=6, eos_token_id=small_tokenizer.sep_token_id)
        )
        new = [piece for piece in new[0, row.shape[1] :].tolist() if piece not in small_tokenizer.all_special_ids]
        assert one == {"continuation": processor.decode(new)}
        assert one["continuation"]


def test_options_of_generate_are_passed_on(model, small_tokenizer):
    drawn = [
        CausalLmTask(max_new_tokens=6, generation={"do_sample": True, "seed": seed}).predict(
            model, small_tokenizer, examples_of("Der Hund"), 2, 40
        )
        for seed in (0, 0, 1)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    with pytest.raises(InputError, match="generation takes .*, not return_scores"):
        CausalLmTask(generation={"return_scores": True})
    with pytest.raises(InputError, match="max_length is 8, which leaves no room"):
        CausalLmTask(max_new_tokens=7).predict(model, small_tokenizer, examples_of("a"), 2, 8)


def test_written_answers(tmp_path):
    TASK.write_predictions(examples_of("a"), [{"continuation": "b"}], tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text()) == {"text": "a", "continuation": "b"}


@pytest.mark.slow
def test_a_small_model_learns_a_text_by_heart(text_config, small_tokenizer, tmp_path):
    path = tmp_path / "train-de.txt"
    sentences = ["Anna wohnt in Berlin.", "Peter arbeitet in Paris.", "Maria fährt nach Rom.", "Hans liest ein Buch."]
    path.write_text("\n".join(sentences) + "\n", encoding="utf-8")
    task = CausalLmTask(line_by_line=True)
    examples = task.read([path])
    keras.utils.set_random_seed(0)
    config = text_config.replace(
        hidden_size=64, num_attention_heads=4, intermediate_size=128, input_embedding_size=32, output_embedding_size=64
    )
    model = RemBertForCausalLM(config.replace(initializer_range=0.05, **task.config_fields(examples)))
    batches = task.batches(small_tokenizer, examples, 4, 32)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), jit_compile=False)
    model.fit(batches.training_dataset(150, 0), steps_per_epoch=batches.steps_per_epoch, epochs=150, verbose=0)
    # The first piece after [CLS] may be any of four.
    assert task.score(examples, task.predict(model, small_tokenizer, examples, 64, 32))["accuracy"] >= 0.85
    told = CausalLmTask(max_new_tokens=16).predict(
        model, small_tokenizer, examples_of("Anna", "Peter", "Maria", "Hans"), 4, 32
    )
    assert [one["continuation"].strip() for one in told] == [sentence.split(" ", 1)[1] for sentence in sentences]
