"""Predictions: the model's most probable tag for every word, whatever its sentence was split into."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.tasks.tagging.udpos import UdPos

TASK = UdPos()
SENTENCES = [["The", "extraordinarily", "old", "dog", "barks", "."], ["New York"], ["a"] * 30, ["日本語", "", "x"]]


@pytest.fixture
def data(write):
    return TASK.read([write("\n\n".join("\n".join(word or "\u200b" for word in words) for words in SENTENCES))])


def by_hand(model, tokenizer, words):
    """(tags, probabilities) from one call for one sentence, without any batch or padding."""
    encoded = tokenizer.encode_words(words)
    inputs = {name: encoded[name][tf.newaxis] for name in ("input_ids", "token_type_ids", "attention_mask")}
    probabilities = np.asarray(tf.nn.softmax(model(inputs))[0])
    numbers = encoded["word_ids"].numpy().tolist()
    rows = [probabilities[numbers.index(word)] for word in range(len(words))]
    return [model.config.id2label[int(row.argmax())] for row in rows], [float(row.max()) for row in rows]


@pytest.mark.parametrize("batch_size", [1, 3])
def test_tags_and_scores_are_those_of_single_calls(tagger, small_tokenizer, data, batch_size):
    predictions = TASK.predict(tagger, small_tokenizer, data, batch_size, 64)
    assert len({tag for prediction in predictions for tag in prediction["tags"]}) > 2
    for words, prediction in zip(data.words, predictions, strict=True):
        tags, probabilities = by_hand(tagger, small_tokenizer, words)
        assert prediction["tags"] == tags
        assert prediction["scores"] == pytest.approx(probabilities, abs=1e-5)


@pytest.mark.parametrize("max_length", [3, 8, 16])
def test_split_sentences_come_back_whole(tagger, small_tokenizer, data, max_length):
    predictions = TASK.predict(tagger, small_tokenizer, data, 4, max_length)
    assert [len(prediction["tags"]) for prediction in predictions] == [len(words) for words in data.words]
    # "a" is one piece: windows of the third sentence hold max_length - 2 words each.
    step = max_length - 2
    sizes = [min(step, 30 - start) for start in range(0, 30, step)]
    expected = {size: by_hand(tagger, small_tokenizer, ["a"] * size)[0] for size in set(sizes)}
    assert predictions[2]["tags"] == [tag for size in sizes for tag in expected[size]]


@pytest.mark.parametrize("max_length", [5, 64])
def test_progress_counts_sentences_and_reaches_their_number(tagger, small_tokenizer, data, max_length):
    calls = []
    TASK.predict(tagger, small_tokenizer, data, 3, max_length, report=lambda *call: calls.append(call))
    assert len(calls) > 1
    assert sorted(calls) == calls
    assert {total for _, total in calls} == {len(data)}
    assert calls[-1] == (len(data), len(data))


def test_predictions_are_json(tagger, small_tokenizer, data):
    import json

    predictions = TASK.predict(tagger, small_tokenizer, data, 4, 64)
    assert json.loads(json.dumps(predictions)) == predictions
