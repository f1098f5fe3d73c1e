"""Batches: every row once an epoch, the same order for the same seed, the tokenizer's own ids."""

import numpy as np
import pytest

from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.tasks.pairs.text_batches import text_batches

TEXTS = [f"{'word ' * (number % 7)}text {number}" for number in range(53)]


@pytest.fixture(scope="module")
def batches(small_tokenizer):
    examples = TextExamples(TEXTS, labels=np.arange(53, dtype="int32"))
    return text_batches(small_tokenizer, examples, batch_size=8, max_length=12, with_labels=True)


def labels_of(dataset):
    return [labels.numpy().tolist() for _, labels in dataset]


def test_every_row_occurs_once_in_every_epoch(batches):
    seen = labels_of(batches.training_dataset(epochs=2, seed=3))
    assert len(seen) == 2 * batches.steps_per_epoch == 14
    for epoch in (seen[:7], seen[7:]):
        assert sorted(label for batch in epoch for label in batch) == list(range(53))
    assert seen[:7] != seen[7:]


def test_order_follows_the_seed_alone(batches):
    first = labels_of(batches.training_dataset(1, seed=3))
    assert first == labels_of(batches.training_dataset(1, seed=3))
    assert first != labels_of(batches.training_dataset(1, seed=4))


def test_skipping_steps_continues_where_a_run_stopped(batches):
    whole = labels_of(batches.training_dataset(2, seed=3))
    assert labels_of(batches.training_dataset(2, seed=3, skip_steps=9)) == whole[9:]


def test_batches_hold_the_tokenizers_ids_padded_to_their_longest(batches, small_tokenizer):
    for inputs, labels in batches.training_dataset(1, seed=0):
        texts = [TEXTS[label] for label in labels.numpy()]
        expected = small_tokenizer(texts, padding="longest", truncation=True, max_length=12)
        width = expected["input_ids"].shape[1]
        assert inputs["input_ids"].shape[1] == min(-(-width // 8) * 8, 12)  # few widths, which a compiler likes
        for name in ("input_ids", "token_type_ids", "attention_mask"):
            np.testing.assert_array_equal(inputs[name][:, :width], expected[name])
        assert not inputs["attention_mask"].numpy()[:, width:].any()


def test_lengths_are_those_after_truncation(batches, small_tokenizer):
    expected = [len(small_tokenizer(text, truncation=True, max_length=12)["input_ids"]) for text in TEXTS]
    assert batches.lengths.tolist() == expected


def test_ordered_dataset_says_which_rows_it_yields(batches):
    dataset, order = batches.ordered_dataset()
    assert [label for batch in labels_of(dataset) for label in batch] == order.tolist()
    assert sorted(order.tolist()) == list(range(53))


def test_pairs_share_the_length(small_tokenizer):
    pair = TextExamples(["a " * 30], ["b " * 30])
    pairs = text_batches(small_tokenizer, pair, batch_size=1, max_length=11, with_labels=False)
    inputs = next(iter(pairs.ordered_dataset()[0]))
    assert inputs["input_ids"].shape == (1, 11)
    assert inputs["token_type_ids"].numpy().tolist() == [[0] * 6 + [1] * 5]
