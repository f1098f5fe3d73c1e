"""What all tests share: a quiet TensorFlow, a small configuration, and the summary of differences."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["HF_HUB_OFFLINE"] = "1"  # no test depends on the network

import keras
import pytest

from rembert_tf import RemBertConfig
from tests.golden import NOTES, WORST, fixture

# References are not in TF32, in which GPUs multiply by default: not here, nor in programs that tests start.
os.environ["NVIDIA_TF32_OVERRIDE"] = "0"
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    tf.config.experimental.enable_tensor_float_32_execution(False)  # XLA's own kernels heed this alone


@pytest.fixture(scope="session")
def small_config():
    """An architecture that builds at once, with every width different."""
    return RemBertConfig(
        vocab_size=50,
        hidden_size=12,
        num_hidden_layers=2,
        num_attention_heads=3,
        input_embedding_size=8,
        output_embedding_size=10,
        intermediate_size=20,
        max_position_embeddings=16,
        initializer_range=0.2,
        classifier_dropout_prob=0.0,
        num_labels=3,
    )


@pytest.fixture(scope="session")
def small_vocabulary():
    """Path of an 8,000-piece SentencePiece model that spells any text, in bytes if need be."""
    return str(fixture("tokenizer/models/udef_bytes_8k/sentencepiece.model"))


@pytest.fixture(scope="session")
def small_tokenizer(small_vocabulary):
    """The in-graph tokenizer of `small_vocabulary`."""
    from rembert_tf import RemBertTokenizerFast

    return RemBertTokenizerFast.from_pretrained(small_vocabulary)


@pytest.fixture(scope="session")
def text_config(small_config, small_tokenizer):
    """`small_config` with a table for the pieces of `small_tokenizer` and room for a sentence."""
    return small_config.replace(vocab_size=len(small_tokenizer), max_position_embeddings=64)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Starts every test, and fixtures that it is the first to ask for, from the same seeds: order changes nothing."""
    keras.utils.set_random_seed(0)


def pytest_sessionfinish(session):
    """Hands what this process compared to the one that prints, where several run the tests."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["compared"] = (dict(WORST), dict(NOTES))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    """Takes over what a process that ran tests compared."""
    worst, notes = getattr(node, "workeroutput", {}).get("compared", ({}, {}))
    NOTES.update(notes)
    for label, found in worst.items():
        WORST[label] = max(WORST.get(label, (0.0, found[1])), tuple(found))


def pytest_terminal_summary(terminalreporter):
    """Prints how far every compared case is from the reference."""
    if WORST:
        terminalreporter.section("worst differences from the reference")
        width = max(map(len, WORST))
        for label, (worst, limit) in sorted(WORST.items()):
            terminalreporter.write_line(f"{label:<{width}}  {worst:.1e}  (limit {limit:.0e})")
    if NOTES:
        terminalreporter.section("differences that are allowed, each proven")
        for label, sentence in sorted(NOTES.items()):
            terminalreporter.write_line(f"{label}: {sentence}")
