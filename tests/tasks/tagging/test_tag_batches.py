"""Training batches: a word's class on its first piece, nothing to learn elsewhere."""

import keras
import numpy as np
import pytest
import sentencepiece

from rembert_tf.tasks.tagging.udpos import UdPos
from tests.tasks.tagging.conftest import UDPOS

TASK = UdPos()
LONG = "".join(f"extraordinary{number}\t{tag}\n" for number, tag in enumerate(TASK.labels))


@pytest.fixture
def data(write):
    return TASK.read([write(UDPOS + LONG)])


def row_of(words, tags, processor, tokenizer):
    """(ids, labels) of a sentence that fits, made word by word with the sentencepiece package."""
    ids, labels = [tokenizer.cls_token_id], [-100]
    for word, tag in zip(words, tags, strict=True):
        pieces = processor.encode(word)
        ids += pieces
        labels += [TASK.labels.index(tag)] + [-100] * (len(pieces) - 1)
    return ids + [tokenizer.sep_token_id], labels + [-100]


def arrays(dataset):
    return [({name: part.numpy() for name, part in x.items()}, y.numpy()) for x, y in dataset]


def test_rows_are_those_made_by_hand(data, small_tokenizer, small_vocabulary):
    processor = sentencepiece.SentencePieceProcessor(model_file=small_vocabulary)
    rows = [row_of(*pair, processor, small_tokenizer) for pair in zip(data.words, data.tags, strict=True)]
    batches = TASK.batches(small_tokenizer, data, batch_size=3, max_length=512)
    [(inputs, labels)] = arrays(batches.training_dataset(1, seed=0))
    assert {array.dtype.name for array in [labels, *inputs.values()]} == {"int32"}
    found = []
    for ids, mask, types, row in zip(
        inputs["input_ids"], inputs["attention_mask"], inputs["token_type_ids"], labels, strict=True
    ):
        length = mask.sum()
        assert mask[:length].all()
        assert not types.any()
        assert (ids[length:] == small_tokenizer.pad_token_id).all()
        assert (row[length:] == -100).all()
        found.append((ids[:length].tolist(), row[:length].tolist()))
    assert sorted(found) == sorted(rows)


@pytest.mark.parametrize("max_length", [4, 9, 20])
def test_every_word_is_learned_once_an_epoch_however_it_is_split(data, small_tokenizer, max_length):
    batches = TASK.batches(small_tokenizer, data, batch_size=2, max_length=max_length)
    expected = sorted(TASK.labels.index(tag) for tags in data.tags for tag in tags)
    seen = [labels for _, labels in arrays(batches.training_dataset(2, seed=1))]
    assert len(seen) == 2 * batches.steps_per_epoch
    assert max(labels.shape[1] for labels in seen) <= max_length
    for epoch in (seen[: batches.steps_per_epoch], seen[batches.steps_per_epoch :]):
        assert sorted(label for labels in epoch for label in labels.ravel() if label != -100) == expected


def test_order_follows_the_seed_and_can_be_entered_anywhere(data, small_tokenizer):
    batches = TASK.batches(small_tokenizer, data, batch_size=2, max_length=8)

    def ids(**arguments):
        return [inputs["input_ids"].tolist() for inputs, _ in arrays(batches.training_dataset(2, **arguments))]

    assert ids(seed=3) == ids(seed=3) != ids(seed=4)
    assert ids(seed=3, skip_steps=5) == ids(seed=3)[5:]


def test_the_loss_is_the_mean_over_words(data, small_tokenizer, tagger):
    [(inputs, labels)] = arrays(TASK.batches(small_tokenizer, data, 9, 64).training_dataset(1, seed=0))
    logits = np.asarray(tagger(inputs), "float64")
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    at = np.argwhere(labels != -100)
    expected = -np.mean([log_probabilities[row, place, labels[row, place]] for row, place in at])
    assert len(at) == sum(map(len, data.words))
    assert float(tagger.task_loss(labels, tagger(inputs))) == pytest.approx(expected, abs=1e-5)


def test_fit_takes_the_batches(data, small_tokenizer, tagger):
    keras.utils.set_random_seed(1)
    model = type(tagger)(tagger.config)
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    batches = TASK.batches(small_tokenizer, data, batch_size=2, max_length=16)
    history = model.fit(
        batches.training_dataset(40, seed=0), epochs=40, steps_per_epoch=batches.steps_per_epoch, verbose=0
    ).history["loss"]
    assert history[-1] < 0.5 * history[0]
