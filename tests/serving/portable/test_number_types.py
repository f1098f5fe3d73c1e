"""Files in fewer bits, and files whose weights lie beside them."""

import numpy as np
import pytest

from rembert_tf import RemBertForMaskedLM, RemBertForSequenceClassification
from tests.serving.portable.runtimes import BOTH, EXPORTS, FILES, LOADED, whole_inputs
from tests.serving.portable.test_shapes_and_outputs import batch


@pytest.fixture(scope="module")
def classifier(tiny_config):
    return RemBertForSequenceClassification(tiny_config)


@pytest.fixture(scope="module")
def written(classifier, tiny_tokenizer, tmp_path_factory):
    """Returns the folder of a number type's file, and what the export returned; each is written once."""
    known = {}

    def folder(file_format, dtype):
        if (file_format, dtype) not in known:
            path = tmp_path_factory.mktemp("files") / "out"
            known[file_format, dtype] = path, EXPORTS[file_format](classifier, tiny_tokenizer, path, dtype=dtype)
        return known[file_format, dtype]

    return folder


@pytest.mark.parametrize("file_format", BOTH)
@pytest.mark.parametrize(("dtype", "limit"), [("float16", 0.004), ("int8", 0.1)])
def test_answers_stay_close_and_what_was_seen_is_on_the_card(file_format, dtype, limit, classifier, written):
    folder, seen = written(file_format, dtype)
    inputs = batch(classifier.config, (4, 12))
    answers = LOADED[file_format](folder)(whole_inputs(file_format, inputs))["logits"]
    difference = np.abs(answers - classifier(inputs).numpy()).max()
    assert 1e-6 < difference < limit
    assert 1e-6 < seen["logits"].largest < limit * max(1, seen["logits"].scale)
    card = (folder / "model_card.md").read_text()
    assert f"number type of the weights: {dtype}" in card
    assert f"| {seen['logits'].largest:.1e} | {seen['logits'].scale:.1f} |" in card


@pytest.mark.parametrize(
    ("file_format", "dtype", "size"), [("onnx", "float16", 2), ("litert", "float16", 2), ("litert", "int8", 1)]
)
def test_files_are_smaller(file_format, dtype, size, classifier, written):
    smaller, whole = [
        (written(file_format, each)[0] / FILES[file_format]).stat().st_size for each in (dtype, "float32")
    ]
    numbers = sum(int(np.prod(weight.shape)) for weight in classifier.weights if np.prod(weight.shape) >= 1024)
    assert whole - smaller > 0.9 * numbers * (4 - size)


def test_every_matrix_but_the_tables_is_in_8_bits(classifier, written):
    import onnx

    graph = onnx.load(written("onnx", "int8")[0] / "model.onnx").graph
    large = {tensor.name: tensor for tensor in graph.initializer if np.prod(tensor.dims) >= 1024}
    looked_up = {node.input[0] for node in graph.node if node.op_type == "Gather"}
    floats = {name for name, tensor in large.items() if tensor.data_type == onnx.TensorProto.FLOAT}
    assert floats == looked_up & large.keys()
    matrices = [weight for weight in classifier.weights if len(weight.shape) > 1 and "embeddings" not in weight.path]
    products = [node for node in graph.node if node.op_type == "MatMulInteger"]
    assert len(products) == sum(int(np.prod(weight.shape)) >= 1024 for weight in matrices)


def test_weights_that_do_not_fit_lie_beside_the_file(tiny_config, tiny_tokenizer, tmp_path, monkeypatch):
    from rembert_tf.serving.portable import onnx_file

    monkeypatch.setattr(onnx_file, "LARGEST_FILE", 100_000)
    model = RemBertForMaskedLM(tiny_config)
    EXPORTS["onnx"](model, tiny_tokenizer, tmp_path / "out")
    weights = sum(4 * int(np.prod(weight.shape)) for weight in model.weights)
    assert (tmp_path / "out/model.onnx").stat().st_size < 100_000
    assert (tmp_path / "out/model.onnx.data").stat().st_size > 0.9 * weights
    inputs = batch(tiny_config, (2, 9))
    (tmp_path / "out").rename(tmp_path / "elsewhere")  # the file names its weights by a relative path
    answers = LOADED["onnx"](tmp_path / "elsewhere")(whole_inputs("onnx", inputs))
    np.testing.assert_allclose(answers["logits"], model(inputs).numpy(), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_fewer_bits_beside_the_file(dtype, classifier, tiny_tokenizer, tmp_path, monkeypatch):
    from rembert_tf.serving.portable import onnx_file

    monkeypatch.setattr(onnx_file, "LARGEST_FILE", 10_000)
    EXPORTS["onnx"](classifier, tiny_tokenizer, tmp_path / "out", dtype=dtype)
    assert (tmp_path / "out/model.onnx.data").exists()
