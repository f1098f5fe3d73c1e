"""Accuracy and perplexity by language, against a count in NumPy over all logits."""

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForMaskedLM
from rembert_tf.errors import InputError
from rembert_tf.pretraining import held_out as module
from rembert_tf.pretraining.corpus_data import open_corpus
from rembert_tf.pretraining.held_out import evaluate_languages, held_out_parts
from rembert_tf.pretraining.masking import RowMasking
from rembert_tf.pretraining.row_index import ids_of, row_index
from tests.pretraining.small_corpus import MAX_LENGTH, write_shard


@pytest.fixture(scope="module")
def held_out(corpus, small_tokenizer):
    masking = RowMasking(small_tokenizer, 0.3, MAX_LENGTH)
    indexes = open_corpus(corpus).held_out
    return held_out_parts(indexes, 4, masking, MAX_LENGTH, small_tokenizer.pad_token_id)


def test_scores_are_those_of_a_plain_count(held_out, config, monkeypatch):
    monkeypatch.setattr(module, "BATCH_ROWS", 3)
    keras.utils.set_random_seed(2)
    # Few classes that matter, so that some guesses are right.
    model = RemBertForMaskedLM(config)
    favourite = int(next(label for label in held_out["de"].labels.ravel() if label >= 0))
    bias = model.lm_head.decoder.bias
    bias.assign(np.where(np.arange(config.vocab_size) == favourite, 9.0, 0.0))
    found, accuracies, losses = evaluate_languages(model, held_out), [], []
    for code, part in held_out.items():
        logits = np.asarray(model(part.inputs), np.float64)
        rows, places = np.nonzero(part.labels >= 0)
        labels, scores = part.labels[rows, places], logits[rows, places]
        accuracy = np.mean(scores.argmax(axis=1) == labels)
        loss = np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels])
        assert found[f"accuracy/{code}"] == pytest.approx(accuracy)
        assert found[f"perplexity/{code}"] == pytest.approx(np.exp(loss), rel=1e-4)
        accuracies.append(accuracy)
        losses.append(loss)
    assert max(accuracies) > 0
    assert found["accuracy"] == pytest.approx(np.mean(accuracies))
    assert found["perplexity"] == pytest.approx(np.exp(np.mean(losses)), rel=1e-4)
    assert found["log_likelihood"] == pytest.approx(-np.mean(losses), rel=1e-4)
    assert next(iter(found)) == "log_likelihood"  # it decides which evaluation is best


def test_masks_are_the_same_ones_each_time_and_rows_are_bounded(held_out, corpus, small_tokenizer):
    assert {code: len(part.labels) for code, part in held_out.items()} == {"de": 4, "en": 4, "sw": 3}
    index = open_corpus(corpus).held_out["de"]
    again = held_out_parts({"de": index}, 4, RowMasking(small_tokenizer, 0.3, MAX_LENGTH), MAX_LENGTH, 0)["de"]
    np.testing.assert_array_equal(again.labels, held_out["de"].labels)
    for name, values in again.inputs.items():
        np.testing.assert_array_equal(values, held_out["de"].inputs[name])


def test_labels_stand_where_the_rows_had_them(held_out, corpus):
    index = open_corpus(corpus).held_out["de"]
    for row, ids, labels, mask in zip(
        (0, 1, 3, 4),  # spread over six
        *(held_out["de"].inputs["input_ids"], held_out["de"].labels, held_out["de"].inputs["attention_mask"]),
        strict=True,
    ):
        original = ids_of(np.array([index.read(row)], object)).to_list()[0]
        assert list(np.where(labels >= 0, labels, ids)[mask == 1][: len(original)]) == [
            label if label >= 0 else piece for label, piece in zip(labels, original, strict=False)
        ]
        assert all(labels[place] == original[place] for place in np.flatnonzero(labels >= 0))


def test_a_language_without_anything_to_guess_is_left_out(tmp_path, corpus, small_tokenizer):
    write_shard(tmp_path / "xx.tfrecord", [[312, 2, 2, 313], [312, 313]])  # unknown pieces alone
    masking = RowMasking(small_tokenizer, 0.3, MAX_LENGTH)
    empty = row_index(tmp_path, "xx", [tmp_path / "xx.tfrecord"], len(small_tokenizer), MAX_LENGTH)
    indexes = {**open_corpus(corpus).held_out, "xx": empty}
    assert list(held_out_parts(indexes, 4, masking, MAX_LENGTH, 0)) == ["de", "en", "sw"]
    with pytest.raises(InputError, match="the held-out rows have nothing to guess"):
        held_out_parts({"xx": empty}, 4, masking, MAX_LENGTH, 0)
