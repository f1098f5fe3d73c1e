"""Optimized exports answer as plain ones do: the same in float32, nearly the same in bfloat16."""

import dataclasses
import json
import lzma
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForSequenceClassification, RemBertModel
from rembert_tf.cli.main import run
from rembert_tf.errors import InputError
from rembert_tf.serving import export_saved_model
from rembert_tf.serving.optimized import encoder_check
from rembert_tf.serving.optimized.cpu_model import cpu_model
from rembert_tf.serving.optimized.encoder_check import check_encoder
from rembert_tf.serving.options import EmbeddingOptions
from rembert_tf.serving.self_check import ExportError
from tests.serving.exports import HEADS, TinyExport, requests

ARTICLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "text" / "udhr_articles.jsonl.xz"
LAYER = TinyExport(
    "hidden state of another layer", "RemBertModel", {"num_hidden_layers": 3}, {"options": EmbeddingOptions(layer=1)}
)
EXPORTS = [
    export if export.name == "embedding" else pytest.param(export, marks=pytest.mark.slow) for export in [*HEADS, LAYER]
]
CPU = {"optimize": "cpu", "dtype": "float32"}


def signatures(path):
    return tf.saved_model.load(str(path)).signatures


@pytest.mark.parametrize("export", EXPORTS, ids=str)
def test_float32_answers_are_those_of_the_plain_export(export, text_config, small_tokenizer, tmp_path):
    optimized = dataclasses.replace(export, name="optimized", arguments={**export.arguments, **CPU})
    plain, fast = (
        signatures(each.write(text_config, small_tokenizer, tmp_path / each.name)) for each in (export, optimized)
    )
    assert plain.keys() == fast.keys()
    for name, function in plain.items():
        for inputs in requests(function.structured_input_signature[1]):
            tensors = {key: tf.constant(values, tf.string) for key, values in inputs.items()}
            expected, found = function(**tensors), fast[name](**tensors)
            for key, value in expected.items():
                if value.dtype == tf.float32:
                    np.testing.assert_allclose(found[key], value, rtol=1e-4, atol=1e-4, err_msg=f"{name}: {key}")
                else:
                    np.testing.assert_array_equal(found[key], value, err_msg=f"{name}: {key}")


@pytest.fixture(scope="module")
def classifier(text_config):
    keras.utils.set_random_seed(0)
    return RemBertForSequenceClassification(text_config.replace(num_labels=3))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_command_writes_what_proves_itself(dtype, classifier, small_tokenizer, tmp_path, capsys):
    classifier.save_pretrained(tmp_path / "model")
    small_tokenizer.save_pretrained(tmp_path / "model")
    base_path = tmp_path / "served"
    options = ["--optimize", "cpu", "--dtype", dtype, "--max-length", "24", "--no-warmup"]
    assert run(["export", str(tmp_path / "model"), str(base_path), *options]) == 0
    assert capsys.readouterr().out.strip() == str(base_path / "1")
    card = (base_path / "1" / "assets.extra" / "model_card.md").read_text(encoding="utf-8")
    assert "needs a TensorFlow with oneDNN" in card and f"number type: {dtype}" in card


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"optimize": "cpu", "dtype": "int8"}, "dtype must be float32 or bfloat16 with optimize='cpu', or None"),
        ({"optimize": "gpu"}, "optimize must be 'cpu' or 'cpu-lean' or None, not 'gpu'"),
    ],
)
def test_what_is_impossible_is_refused(arguments, message, classifier, small_tokenizer, tmp_path):
    with pytest.raises(InputError, match=message):
        export_saved_model(classifier, small_tokenizer, tmp_path, max_length=24, **arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_an_encoder_that_computes_something_else_is_found(dtype, classifier, small_tokenizer, monkeypatch):
    twin = cpu_model(classifier, dtype)
    check_encoder(twin, small_tokenizer, 24)
    compute = encoder_check._states
    offset = twin.rembert.encoder.blocks[-1].feed_forward.layer_norm.beta

    def wrong_where_optimized(encoder, inputs):
        before = offset.numpy()
        if encoder.encoder_substitute is not None:
            offset.assign(before + 0.1 * np.arange(offset.shape[0]))
        states = compute(encoder, inputs)
        offset.assign(before)
        return states

    monkeypatch.setattr(encoder_check, "_states", wrong_where_optimized)
    with pytest.raises(ExportError, match="the optimized encoder's layer 2 computes other states"):
        check_encoder(twin, small_tokenizer, 24)


@pytest.mark.slow
@pytest.mark.skipif(not ARTICLES.is_file(), reason=f"{ARTICLES} is not there")
class TestBfloat16OnRealText:
    """Against the plain float32 export, on articles in every language of the declaration."""

    @pytest.fixture
    def texts(self):
        with lzma.open(ARTICLES, "rt", encoding="utf-8") as lines:
            rows = [json.loads(next(lines)) for _ in range(3)]
        return tf.constant([text for row in rows for name, text in sorted(row.items()) if name != "article"])

    def answers(self, model_class, config, tokenizer, texts, folder):
        keras.utils.set_random_seed(0)
        model = model_class(config)
        found = []
        for name, arguments in (("plain", {}), ("fast", {"optimize": "cpu", "dtype": "bfloat16"})):
            path = export_saved_model(
                model, tokenizer, folder / name, max_length=64, warmup=False, check=False, **arguments
            )
            found.append({key: value.numpy() for key, value in signatures(path)["serving_default"](text=texts).items()})
        return found

    @pytest.fixture
    def config(self, text_config):
        return text_config.replace(
            hidden_size=96, num_attention_heads=4, intermediate_size=192, num_hidden_layers=4, num_labels=3
        )

    def test_embeddings(self, config, small_tokenizer, texts, tmp_path):
        plain, fast = self.answers(RemBertModel, config, small_tokenizer, texts, tmp_path)
        for mine, theirs in zip(fast["embedding"], plain["embedding"], strict=True):
            assert mine @ theirs >= 0.9995 * np.linalg.norm(mine) * np.linalg.norm(theirs)

    def test_labels(self, config, small_tokenizer, texts, tmp_path):
        plain, fast = self.answers(RemBertForSequenceClassification, config, small_tokenizer, texts, tmp_path)
        assert len(set(plain["label"])) > 1
        first, second = np.sort(plain["probabilities"], axis=1)[:, :-3:-1].T
        clear = first - second > 0.02  # nearer ones are a matter of rounding
        assert clear.mean() > 0.9
        np.testing.assert_array_equal(fast["label"][clear], plain["label"][clear])
