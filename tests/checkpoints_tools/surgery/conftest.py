"""Model directories to operate on, and texts to trim them by."""

import pytest

import rembert_tf
from tests.checkpoints_tools.surgery.directories import vocabulary


@pytest.fixture
def make_directory(tmp_path, small_config):
    """Returns a function that writes a random model with a vocabulary and returns its directory."""

    def make(model="RemBertForMaskedLM", pieces="oss_1k", name="model", shards=None, **changes):
        tokenizer = rembert_tf.RemBertTokenizer(vocabulary(pieces)) if pieces else None
        rows = {"vocab_size": len(tokenizer)} if tokenizer else {}
        config = small_config.replace(**{"max_position_embeddings": 64, **rows, **changes})
        directory = tmp_path / name
        getattr(rembert_tf, model)(config).save_pretrained(directory, max_shard_size=shards)
        if tokenizer:
            tokenizer.save_pretrained(directory)
        return directory

    return make


@pytest.fixture
def corpus(tmp_path):
    """Returns a function that writes texts, a line each, and returns the file's path."""

    def write(texts, name="corpus.txt", opener=open):
        with opener(tmp_path / name, "wt", encoding="utf-8") as file:
            file.write("\n".join(texts))
        return tmp_path / name

    return write
