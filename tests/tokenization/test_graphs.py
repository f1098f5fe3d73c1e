"""The same object in `tf.data`, in a graph and in an exported model: the same ids as eagerly."""

import pytest
import tensorflow as tf

from rembert_tf import RemBertTokenizerFast


def lists(encoded):
    return {
        name: (value.to_list() if isinstance(value, tf.RaggedTensor) else value.numpy().tolist())
        for name, value in encoded.items()
    }


PADDED = {"padding": "max_length", "truncation": True, "max_length": 24}


class Exported(tf.Module):
    """What a served model holds: a tokenizer behind a signature."""

    def __init__(self, tokenizer):
        super().__init__()
        self.tokenizer = tokenizer

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def ragged(self, texts):
        return self.tokenizer(texts)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.string)])
    def pairs(self, texts, text_pairs):
        return self.tokenizer(texts, text_pairs, split_special_tokens=True, **PADDED)


def test_a_graph_and_a_saved_model_equal_eager_calls(vocabulary, texts, tmp_path):
    module = Exported(RemBertTokenizerFast(vocabulary.model))
    turned = texts[1:] + texts[:1]
    expected = lists(vocabulary.tokenizer(texts))
    expected_pairs = lists(vocabulary.tokenizer(texts, turned, split_special_tokens=True, **PADDED))
    assert lists(module.ragged(tf.constant(texts))) == expected
    tf.saved_model.save(module, str(tmp_path))
    del module
    loaded = tf.saved_model.load(str(tmp_path))
    assert lists(loaded.ragged(tf.constant(texts))) == expected
    assert lists(loaded.pairs(tf.constant(texts), tf.constant(turned))) == expected_pairs
    assert lists(loaded.ragged(tf.constant([], tf.string)))["input_ids"] == []
    assert loaded.pairs(tf.constant([], tf.string), tf.constant([], tf.string))["input_ids"].shape == (0, 24)


def test_tf_data(oss, texts):
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(64)
    ids = [
        row
        for batch in dataset.map(lambda batch: oss.tokenizer(batch)["input_ids"], num_parallel_calls=2)
        for row in batch.to_list()
    ]
    assert ids == oss.tokenizer(texts)["input_ids"].to_list()
    padded = dataset.map(lambda batch: oss.tokenizer(batch, batch, **PADDED))
    assert padded.element_spec["input_ids"].shape.as_list() == [None, 24]
    assert [row for batch in padded for row in batch["input_ids"].numpy().tolist()] == (
        lists(oss.tokenizer(texts, texts, **PADDED))["input_ids"]
    )
    single = tf.data.Dataset.from_tensor_slices(texts[40:50]).map(lambda text: oss.tokenizer(text)["input_ids"])
    assert [row.numpy().tolist() for row in single] == oss.tokenizer(texts[40:50])["input_ids"].to_list()


def test_a_pair_that_cannot_be_trimmed_fails_in_a_graph_too(oss):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.string)])
    def call(first, second):
        return oss.tokenizer(first, second, truncation="only_first", max_length=9)["input_ids"]

    fitting = call(tf.constant(["a long text of many pieces"]), tf.constant(["short"]))
    eager = oss.tokenizer(["a long text of many pieces"], ["short"], truncation="only_first", max_length=9)
    assert fitting.to_list() == eager["input_ids"].to_list()
    with pytest.raises(tf.errors.InvalidArgumentError, match="only_first.* keeps the second text whole"):
        call(tf.constant(["short"]), tf.constant(["a long text of many pieces"]))


def test_the_padded_width_of_a_graph_follows_the_batch(oss):
    call = tf.function(
        lambda texts: oss.tokenizer(texts, add_special_tokens=False, padding=True)["input_ids"],
        input_signature=[tf.TensorSpec([None], tf.string)],
        autograph=False,
    )
    for texts in (["a"], ["a", "some longer text"], []):
        eager = oss.tokenizer(texts, add_special_tokens=False, padding=True)["input_ids"]
        assert call(tf.constant(texts, tf.string)).numpy().tolist() == eager.numpy().tolist()
