"""From a RemBERT model to an answer over the wire: export, server and client together."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.cli.main import run
from rembert_tf.serving import export_saved_model
from rembert_tf.serving.client import Client
from rembert_tf.serving.server import ModelServer

TEXTS = ["Guten Tag", "", "नमस्ते दुनिया", "今日は", "a " * 100, "[CLS] spelled out [MASK]"]


@pytest.fixture(scope="module")
def classifier(text_config):
    return RemBertForSequenceClassification(text_config.replace(id2label={0: "news", 1: "sport", 2: "天気"}))


@pytest.fixture(scope="module")
def topic_server(classifier, small_tokenizer, tmp_path_factory):
    base_path = tmp_path_factory.mktemp("topic")
    export_saved_model(classifier, small_tokenizer, base_path, max_length=24, check=False)
    with ModelServer(base_path) as server:
        yield server


@pytest.mark.parametrize("transport", ["rest_url", "grpc_url"])
def test_probabilities_equal_the_python_models(topic_server, classifier, small_tokenizer, transport):
    encoded = small_tokenizer(TEXTS, padding=True, truncation=True, max_length=24, split_special_tokens=True)
    expected = tf.nn.softmax(classifier(encoded)).numpy()
    with Client(getattr(topic_server, transport)) as client:
        answers = client.classify(TEXTS)
    np.testing.assert_allclose([answer.probabilities for answer in answers], expected, atol=1e-6)
    np.testing.assert_allclose([answer.score for answer in answers], expected.max(axis=1), atol=1e-6)
    names = np.array(["news", "sport", "天気"])
    assert [answer.label for answer in answers] == names[expected.argmax(axis=1)].tolist()


@pytest.mark.parametrize("transport", ["rest_url", "grpc_url"])
def test_broken_text_is_answered(topic_server, transport):
    with Client(getattr(topic_server, transport)) as client:
        (answer,) = client.classify([b"\xff\xfe broken"])
        np.testing.assert_allclose(answer.probabilities.sum(), 1, atol=1e-6)
        assert client.predict({"text": []})["label"].shape == (0,)


def test_query_prints_its_labels(topic_server, capsys):
    assert run(["query", topic_server.rest_url, *TEXTS[:2]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    for line in lines:
        label, score = line.split("\t")
        assert label in ("news", "sport", "天気")
        assert 1 / 3 <= float(score) <= 1
