"""Exported models: the same numbers as in Python, each weight once, nothing half-written."""

import dataclasses
import functools

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertConfig, RemBertForSequenceClassification
from rembert_tf.errors import InputError
from rembert_tf.serving import export_saved_model

TEXTS = ["Guten Tag", "", "   ", "नमस्ते दुनिया", "今日は", "a " * 100, "[CLS] spelled out [MASK]", b"\xff\xfe broken"]


# A fresh process takes seconds; the check of an export has tests of its own.
export = functools.partial(export_saved_model, check=False)


def build(text_config, **changes):
    return RemBertForSequenceClassification(text_config.replace(**changes))


@pytest.fixture(scope="module")
def classifier(text_config):
    return build(text_config, id2label={0: "news", 1: "sport", 2: "天気"})


@pytest.fixture(scope="module")
def exported(classifier, small_tokenizer, tmp_path_factory):
    return export(classifier, small_tokenizer, tmp_path_factory.mktemp("models") / "topic", max_length=24)


@pytest.fixture(scope="module")
def signatures(exported):
    return tf.saved_model.load(str(exported)).signatures


def in_python(model, tokenizer, *texts):
    encoded = tokenizer(*texts, padding=True, truncation=True, max_length=24, split_special_tokens=True)
    return model(encoded).numpy()


def test_probabilities_equal_the_python_models(signatures, classifier, small_tokenizer):
    answer = signatures["serving_default"](text=tf.constant(TEXTS))
    expected = tf.nn.softmax(in_python(classifier, small_tokenizer, TEXTS)).numpy()
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)
    np.testing.assert_allclose(answer["score"], expected.max(axis=1), atol=1e-6)
    names = np.array(["news", "sport", "天気"])
    assert [label.decode() for label in answer["label"].numpy()] == names[expected.argmax(axis=1)].tolist()


def test_rows_do_not_depend_on_their_batch(signatures):
    together = signatures["serving_default"](text=tf.constant(TEXTS))["probabilities"].numpy()
    alone = [signatures["serving_default"](text=tf.constant([text]))["probabilities"].numpy()[0] for text in TEXTS]
    np.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.mark.parametrize("signature", ["serving_default", "tokenize"])
def test_an_empty_batch_is_answered(signatures, signature):
    answer = signatures[signature](text=tf.constant([], tf.string))
    assert all(value.shape[0] == 0 for value in answer.values())


def test_tokenize_gives_the_tokenizers_ids(signatures, small_tokenizer):
    answer = signatures["tokenize"](text=tf.constant(TEXTS))
    expected = small_tokenizer(TEXTS, padding=True, truncation=True, max_length=24, split_special_tokens=True)
    np.testing.assert_array_equal(answer["input_ids"], expected["input_ids"])
    np.testing.assert_array_equal(answer["attention_mask"], expected["attention_mask"])


def example(**features):
    values = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()])) for name, text in features.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=values)).SerializeToString()


def test_classify_takes_examples(signatures):
    texts = ["Guten Tag", "今日は"]
    answer = signatures["classify"](inputs=tf.constant([example(text=text) for text in texts]))
    expected = signatures["serving_default"](text=tf.constant(texts))["probabilities"]
    np.testing.assert_allclose(answer["scores"], expected, atol=1e-6)
    assert [[name.decode() for name in row] for row in answer["classes"].numpy()] == [["news", "sport", "天気"]] * 2


def test_signatures_are_dense_float32_and_batched(exported, signatures):
    for function in signatures.values():
        for spec in function.structured_outputs.values():
            assert spec.shape.rank >= 1
            assert spec.dtype in (tf.float32, tf.int32, tf.string)


def test_each_weight_is_stored_once(exported, classifier):
    stored = dict(tf.train.list_variables(str(exported / "variables" / "variables")))
    sizes = [np.prod(shape) for name, shape in stored.items() if name.startswith("stored/weights/")]
    assert sum(sizes) == classifier.count_params()
    data = sum(file.stat().st_size for file in (exported / "variables").glob("*.data-*"))
    assert data < 4 * classifier.count_params() * 1.05


def operations(exported):
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel.FromString((exported / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    nodes = list(graph.node) + [node for function in graph.library.function for node in function.node_def]
    return {node.op for node in nodes}


def test_graph_has_only_operations_that_serving_links(exported):
    found = operations(exported)
    assert "SentencepieceTokenizeOp" in found
    foreign = {op for op in found if op.startswith("TFText") or "PyFunc" in op or "RoundRobin" in op or "Xla" in op}
    assert not foreign


def test_exporting_a_compiled_model_leaves_no_xla_in_the_graph(text_config, small_tokenizer, tmp_path):
    from tensorflow.core.protobuf import saved_model_pb2

    model = build(text_config)
    model.compile(optimizer="sgd", jit_compile=True)
    path = export(model, small_tokenizer, tmp_path, max_length=16)
    library = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes()).meta_graphs[0].graph_def
    assert not any(function.attr["_XlaMustCompile"].b for function in library.library.function)


def test_pairs(text_config, small_tokenizer, tmp_path):
    model = build(text_config, num_labels=2)
    path = export(model, small_tokenizer, tmp_path, max_length=24, pair=True)
    loaded = tf.saved_model.load(str(path)).signatures
    first, second = ["ein Text", "zwei"], ["ein anderer", ""]
    answer = loaded["serving_default"](text=tf.constant(first), text_pair=tf.constant(second))
    expected = tf.nn.softmax(in_python(model, small_tokenizer, first, second))
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)
    examples = [example(text=a, text_pair=b) for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(loaded["classify"](inputs=tf.constant(examples))["scores"], expected, atol=1e-6)


def test_regression_answers_with_a_score(text_config, small_tokenizer, tmp_path):
    model = build(text_config, num_labels=1)
    loaded = tf.saved_model.load(str(export(model, small_tokenizer, tmp_path, max_length=24))).signatures
    assert set(loaded) == {"serving_default", "tokenize", "regress"}
    expected = in_python(model, small_tokenizer, TEXTS[:3])[:, 0]
    np.testing.assert_allclose(loaded["serving_default"](text=tf.constant(TEXTS[:3]))["score"], expected, atol=1e-6)
    outputs = loaded["regress"](inputs=tf.constant([example(text=text) for text in TEXTS[:3]]))["outputs"]
    np.testing.assert_allclose(outputs, expected, atol=1e-6)


def test_several_labels_answer_with_independent_probabilities(text_config, small_tokenizer, tmp_path):
    model = build(text_config, num_labels=3, problem_type="multi_label_classification")
    loaded = tf.saved_model.load(str(export(model, small_tokenizer, tmp_path, max_length=24))).signatures
    answer = loaded["serving_default"](text=tf.constant(TEXTS[:3]))
    assert set(answer) == {"probabilities"}
    np.testing.assert_allclose(
        answer["probabilities"], tf.sigmoid(in_python(model, small_tokenizer, TEXTS[:3])), atol=1e-6
    )


def test_warmup_covers_every_signature_and_can_be_replayed(exported, signatures):
    protos = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    file = exported / "assets.extra" / "tf_serving_warmup_requests"
    called = set()
    for record in tf.data.TFRecordDataset(str(file)):
        request = protos.PredictionLog.FromString(record.numpy()).predict_log.request
        called.add(request.model_spec.signature_name)
        signatures[request.model_spec.signature_name](
            **{name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
        )
    assert called == {"serving_default", "tokenize", "classify"}


def test_versions_count_up_and_are_never_replaced(classifier, small_tokenizer, tmp_path):
    base = tmp_path / "models"
    assert export(classifier, small_tokenizer, base, max_length=16, warmup=False).name == "1"
    assert export(classifier, small_tokenizer, base, version=7, max_length=16, warmup=False).name == "7"
    assert export(classifier, small_tokenizer, base, max_length=16, warmup=False).name == "8"
    with pytest.raises(InputError, match="7' exists already"):
        export(classifier, small_tokenizer, base, version=7, max_length=16, warmup=False)
    assert sorted(path.name for path in base.iterdir()) == ["1", "7", "8"]


def test_a_failed_export_leaves_nothing(classifier, small_tokenizer, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(tf.saved_model, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        export(classifier, small_tokenizer, tmp_path, max_length=16)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"version": 0}, "version must be a positive integer, not 0"),
        ({"max_length": 2}, "max_length must be at least 3, not 2"),
        ({"max_length": 10**6}, "max_length is 1000000, but the model has"),
        ({"labels": ["a"]}, "1 labels were given, but the model has 3 outputs"),
    ],
)
def test_impossible_arguments(classifier, small_tokenizer, tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        export(classifier, small_tokenizer, tmp_path / "models", **arguments)
    assert not (tmp_path / "models").exists()


def test_a_tokenizer_that_is_too_large_for_the_model(small_tokenizer, text_config, tmp_path):
    model = build(text_config, vocab_size=len(small_tokenizer) - 1)
    with pytest.raises(InputError, match="they do not belong together"):
        export(model, small_tokenizer, tmp_path)


def test_only_classifiers_are_accepted(small_tokenizer, tmp_path):
    with pytest.raises(InputError, match="cannot be exported"):
        export(dataclasses.replace(RemBertConfig()), small_tokenizer, tmp_path)
