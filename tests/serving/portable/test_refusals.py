"""What a portable file cannot hold is refused in a sentence, and nothing is left of it."""

import sys

import keras
import pytest

from rembert_tf import RemBertForSequenceClassification, RemBertModel
from rembert_tf.errors import InputError, MissingExtraError
from rembert_tf.layers import activations
from rembert_tf.serving.portable import formats, litert_file, onnx_file
from rembert_tf.serving.self_check import ExportError
from tests.serving.portable.runtimes import BOTH, EXPORTS


@pytest.fixture(scope="module")
def classifier(tiny_config):
    return RemBertForSequenceClassification(tiny_config)


@pytest.fixture
def refuses(classifier, tiny_tokenizer, tmp_path):
    """Asserts that an export raises an error with a message and leaves nothing."""

    def refuses(file_format, error, message, model=classifier, **settings):
        with pytest.raises(error, match=message):
            EXPORTS[file_format](model, tiny_tokenizer, tmp_path / "new" / "out", **settings)
        left = list((tmp_path / "new").iterdir()) if (tmp_path / "new").exists() else []
        assert left == []

    return refuses


@pytest.mark.parametrize("file_format", BOTH)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dtype": "bfloat16"}, "dtype must be one of float32, float16, int8 for this format, not 'bfloat16'"),
        ({"batch_size": 0}, "batch_size must be a positive integer, or None, not 0"),
        ({"max_length": 33}, "max_length must be a positive integer of at most 32, the model's positions, or None"),
        ({"hidden_states": True}, "outputs of a RemBertModel, not of a RemBertForSequenceClassification"),
        ({"attentions": True}, "with architecture RemBertModel"),
    ],
)
def test_impossible_settings(file_format, settings, message, refuses):
    refuses(file_format, InputError, message, **settings)


def test_a_folder_that_exists_is_left_alone(classifier, tiny_tokenizer, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("precious")
    for export in EXPORTS.values():
        with pytest.raises(InputError, match="exists already"):
            export(classifier, tiny_tokenizer, tmp_path / "out")
    assert [file.name for file in tmp_path.rglob("*")] == ["out", "mine.txt"]


def test_a_tokenizer_of_another_model(small_tokenizer, classifier, tmp_path):
    with pytest.raises(InputError, match="do not belong together"):
        EXPORTS["onnx"](classifier, small_tokenizer, tmp_path / "out")


def test_what_is_too_large_for_litert_is_known_beforehand(refuses, monkeypatch):
    monkeypatch.setattr(litert_file, "LARGEST_FILE", 150_000)
    refuses("litert", InputError, r"at most 2 GiB.* in float32: choose float16 or int8, or make the model smaller")
    monkeypatch.setattr(litert_file, "LARGEST_FILE", 1)
    refuses("litert", InputError, r"in int8: make the model smaller with `rembert trim-vocab`", dtype="int8")


@pytest.mark.parametrize("file_format", BOTH)
@pytest.mark.parametrize(
    ("dtype", "error", "message"),
    [
        (None, ExportError, "answers otherwise than the model: logits differs by"),
        ("int8", InputError, "does not hold in int8: logits differs by .* choose another dtype"),
    ],
)
def test_differences_are_found(file_format, dtype, error, message, refuses, monkeypatch):
    monkeypatch.setitem(formats.LIMITS, dtype or "float32", 1e-9)
    refuses(file_format, error, message, dtype=dtype)


@pytest.mark.parametrize(
    ("file_format", "module", "name"), [("onnx", onnx_file, "ONNX Runtime"), ("litert", litert_file, "LiteRT")]
)
def test_a_damaged_file_is_found(file_format, module, name, refuses, monkeypatch):
    whole = module.write

    def damaged(graph, dtype, directory):
        outputs = whole(graph, dtype, directory)
        (directory / module.FILE).write_bytes(b"not a model at all")
        return outputs

    monkeypatch.setattr(module, "write", damaged)
    refuses(file_format, ExportError, f"{name} does not load the file: .*nothing was kept")


def test_an_operation_that_onnx_has_not_is_found(tiny_config, refuses, monkeypatch):
    """Keras' own exact GELU becomes Erfc, which tf2onnx writes all the same."""
    for table in (activations.ACTIVATION_FUNCTIONS, activations.LEAN_ACTIVATION_FUNCTIONS):
        monkeypatch.setitem(table, "gelu", lambda x: keras.ops.gelu(x, approximate=False))
    refuses("onnx", ExportError, "ONNX Runtime does not load the file: .*Erfc", model=RemBertModel(tiny_config))


@pytest.mark.parametrize(
    ("file_format", "package"), [("onnx", "tf2onnx"), ("onnx", "onnxruntime"), ("litert", "ai_edge_litert")]
)
def test_a_missing_extra_is_named(file_format, package, refuses, monkeypatch):
    monkeypatch.delitem(sys.modules, f"rembert_tf.serving.portable.{file_format}_file", raising=False)
    monkeypatch.delitem(sys.modules, "rembert_tf.serving.portable.onnx_graph", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    refuses(file_format, MissingExtraError, rf"pip install 'rembert-tf\[{file_format}\]'")
