"""What tests of ONNX and LiteRT files share."""

import pytest

from rembert_tf import RemBertTokenizer
from tests.golden import fixture


@pytest.fixture(scope="session", autouse=True)
def extras():
    """Without the extras there is nothing to test but the sentence that names them."""
    for package in ("tf2onnx", "onnxruntime", "ai_edge_litert"):
        pytest.importorskip(package, reason=f"{package} of the extras onnx and litert is not installed")


@pytest.fixture(scope="session")
def tiny_tokenizer():
    """A tokenizer of some thousand pieces: the smallest there is."""
    return RemBertTokenizer.from_pretrained(str(fixture("tokenizer/models/oss_1k/sentencepiece.model")))


@pytest.fixture(scope="session")
def tiny_config(small_config, tiny_tokenizer):
    """One block, whose matrices are large enough to be stored in fewer bits."""
    return small_config.replace(
        vocab_size=len(tiny_tokenizer),
        hidden_size=48,
        intermediate_size=96,
        input_embedding_size=32,
        num_hidden_layers=1,
        max_position_embeddings=32,
    )
