"""The same object in `tf.data`, in a graph and in an exported model: the same rows as eagerly."""

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from rembert_tf import RemBertTokenizerFast
from tests.tokenization.rows import lists

PADDED = {"padding": "max_length", "truncation": True, "max_length": 24}
EVERYTHING = {"return_offsets_mapping": True, "return_special_tokens_mask": True}
STRINGS = tf.TensorSpec([None], tf.string)

# What a call may be made of: SentencePiece's operations are linked into TensorFlow Serving 2.19, other
# ones of tensorflow-text are not all, and Python functions are none.
SENTENCEPIECE = {
    "SentencepieceOp",
    "SentencepieceTokenizeOp",
    "SentencepieceTokenizeWithOffsetsOp",
    "SentencepieceDetokenizeOp",
}


class Exported(tf.Module):
    """What a served model holds: a tokenizer behind a signature."""

    def __init__(self, tokenizer):
        super().__init__()
        self.tokenizer = tokenizer

    @tf.function(input_signature=[STRINGS, STRINGS])
    def pairs(self, texts, text_pairs):
        return self.tokenizer(texts, text_pairs, split_special_tokens=True, **PADDED)


class Everything(tf.Module):
    """Every call that signatures are made of."""

    def __init__(self, tokenizer):
        super().__init__()
        self.tokenizer = tokenizer

    @tf.function(input_signature=[STRINGS, STRINGS])
    def windows(self, questions, contexts):
        return self.tokenizer.encode_question_windows(
            questions, contexts, max_length=48, stride=10, max_question_length=12, split_special_tokens=False
        )

    @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.string, ragged_rank=1)])
    def words(self, words):
        return self.tokenizer.encode_words(words, padding=True, truncation=True, max_length=20)

    @tf.function(input_signature=[STRINGS])
    def masked(self, texts):
        return self.tokenizer(texts, split_special_tokens="all_but_mask", padding=True, padding_side="left")

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def decode(self, ids):
        return self.tokenizer.batch_decode(ids, skip_special_tokens=True)


def check(module, given, directory):
    """Asserts that a module's functions give the same eagerly, in a graph and loaded again; returns it loaded."""
    given = {
        name: [item if tf.is_tensor(item) else tf.constant(item) for item in value] for name, value in given.items()
    }
    eager = {name: lists(getattr(type(module), name).python_function(module, *value)) for name, value in given.items()}
    for name, value in given.items():
        assert lists(getattr(module, name)(*value)) == eager[name], name
    tf.saved_model.save(module, str(directory))
    loaded = tf.saved_model.load(str(directory))
    for name, value in given.items():
        assert lists(getattr(loaded, name)(*value)) == eager[name], name
    return loaded


def test_a_graph_and_a_saved_model_equal_eager_calls(vocabulary, texts, tmp_path):
    turned = texts[1:] + texts[:1]
    loaded = check(Exported(RemBertTokenizerFast(vocabulary.model)), {"pairs": [texts, turned]}, tmp_path)
    nothing = tf.constant([], tf.string)
    assert loaded.pairs(nothing, nothing)["input_ids"].shape == (0, 24)


def test_every_call_with_lower_casing(udef, texts, tmp_path):
    tokenizer = RemBertTokenizerFast(udef.model, do_lower_case=True, additional_special_tokens=["<a>"])
    texts = [*texts[::3], "X <a> Y [MASK] İ", ""]
    turned = texts[1:] + texts[:1]
    rows = tokenizer(texts, padding=True)["input_ids"]
    given = {"windows": [texts, turned], "words": [tf.strings.split(texts)], "masked": [texts]}
    loaded = check(Everything(tokenizer), {**given, "decode": [rows]}, tmp_path)
    nothing = tf.constant([], tf.string)
    assert set(map(len, lists(loaded.windows(nothing, nothing)).values())) == {0}
    model = saved_model_pb2.SavedModel.FromString((tmp_path / "saved_model.pb").read_bytes())
    check_operations(model.meta_graphs[0].graph_def)


def check_operations(definition):
    """TensorFlow Serving links all of them."""
    nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
    operations = {node.op for node in nodes}
    assert {name for name in operations if "entencepiece" in name} == SENTENCEPIECE
    assert not {name for name in operations if "PyFunc" in name or "NumpyFunction" in name or ">" in name}
    # No table of pieces beside the model itself.
    assert max(node.ByteSize() for node in nodes if node.op != "SentencepieceOp") < 10_000


def test_tf_data(oss, texts):
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(64)
    ids = [
        row
        for batch in dataset.map(lambda batch: oss.tokenizer(batch)["input_ids"], num_parallel_calls=2)
        for row in batch.to_list()
    ]
    assert ids == oss.tokenizer(texts)["input_ids"].to_list()
    padded = dataset.map(lambda batch: oss.tokenizer(batch, batch, **PADDED, **EVERYTHING))
    assert padded.element_spec["input_ids"].shape.as_list() == [None, 24]
    assert padded.element_spec["offset_mapping"].shape.as_list() == [None, 24, 2]
    eager = lists(oss.tokenizer(texts, texts, **PADDED, **EVERYTHING))
    piped = [lists(batch) for batch in padded]
    for name in eager:
        assert [row for batch in piped for row in batch[name]] == eager[name]
    single = tf.data.Dataset.from_tensor_slices(texts[40:50]).map(lambda text: oss.tokenizer(text)["input_ids"])
    assert [row.numpy().tolist() for row in single] == oss.tokenizer(texts[40:50])["input_ids"].to_list()


def test_windows_in_tf_data(oss, texts):
    """A row for each window: the batch is taken apart again, as training on questions does."""
    texts = texts[::4]
    pairs = tf.data.Dataset.from_tensor_slices((texts, texts[1:] + texts[:1])).batch(32)
    windows = pairs.map(
        lambda *batch: oss.tokenizer.encode_question_windows(*batch, max_length=64, stride=8, padding="max_length",
                                                             max_question_length=20)
    ).unbatch()  # fmt: skip
    eager = lists(
        oss.tokenizer.encode_question_windows(
            texts, texts[1:] + texts[:1], max_length=64, stride=8, max_question_length=20, padding="max_length"
        )
    )
    assert [lists(row["input_ids"]) for row in windows] == eager["input_ids"]


def test_what_does_not_fit_fails_in_a_graph_too(oss):
    @tf.function(input_signature=[STRINGS, STRINGS])
    def call(first, second):
        return oss.tokenizer(first, second, truncation="only_first", max_length=9)["input_ids"]

    fitting = call(tf.constant(["a long text of many pieces"]), tf.constant(["short"]))
    eager = oss.tokenizer(["a long text of many pieces"], ["short"], truncation="only_first", max_length=9)
    assert fitting.to_list() == eager["input_ids"].to_list()
    with pytest.raises(tf.errors.InvalidArgumentError, match="only_first.* keeps the second text whole"):
        call(tf.constant(["short"]), tf.constant(["a long text of many pieces"]))


def test_windows_that_never_advance_fail_in_a_graph_too(oss):
    call = {"truncation": "only_second", "max_length": 12, "stride": 5, "return_overflowing_tokens": True}
    encode = tf.function(lambda a, b: oss.tokenizer(a, b, **call)["input_ids"], input_signature=[STRINGS, STRINGS])
    assert len(lists(encode(tf.constant(["a b c d e"]), tf.constant(["x"])))) == 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="stride=5 must be less than the window"):
        encode(tf.constant(["a b c d e"]), tf.constant(["a long text of many pieces"]))


def test_the_padded_width_of_a_graph_follows_the_batch(oss):
    call = tf.function(
        lambda texts: oss.tokenizer(texts, add_special_tokens=False, padding=True)["input_ids"],
        input_signature=[STRINGS],
        autograph=False,
    )
    for texts in (["a"], ["a", "some longer text"], []):
        eager = oss.tokenizer(texts, add_special_tokens=False, padding=True)["input_ids"]
        assert call(tf.constant(texts, tf.string)).numpy().tolist() == eager.numpy().tolist()
