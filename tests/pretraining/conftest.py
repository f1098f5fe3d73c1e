"""What tests of pre-training share: a corpus of three languages, and a model that learns it in seconds."""

import pytest

from tests.pretraining.small_corpus import run, write_corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, small_vocabulary):
    """The folder of a prepared corpus."""
    return write_corpus(tmp_path_factory.mktemp("corpus"), small_vocabulary)


@pytest.fixture(scope="session")
def config(text_config):
    """A configuration with dropout, so that training draws random numbers everywhere."""
    return text_config.replace(hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1)


@pytest.fixture(scope="session")
def trained(corpus, config, tmp_path_factory):
    """The run folder of a pre-training that nothing interrupted, and its result."""
    output = tmp_path_factory.mktemp("pretraining") / "run"
    return output, run(corpus, output, config)
