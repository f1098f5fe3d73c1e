"""Out of our format and back: every model of the reference, bit for bit."""

import json

import pytest

from rembert_tf import RemBertConfig
from rembert_tf.checkpoints_tools import convert
from tests.checkpoints_tools.folders import assert_same_arrays
from tests.golden import fixture

MODELS = sorted(path.name for path in fixture("hf/models").iterdir())
VOCABULARY = "tokenizer/models/udef_bytes_8k/sentencepiece.model"


def settings_of(directory):
    """Returns a configuration as it counts, and the class that the directory names."""
    config = RemBertConfig.from_pretrained(directory)
    architectures = json.loads((directory / "config.json").read_text())["architectures"]
    return config.replace(extra={}), architectures


@pytest.mark.parametrize("model", MODELS)
def test_to_google_and_back(model, tmp_path):
    original = fixture(f"hf/models/{model}")
    out = convert(original, tmp_path / "google", target="google")
    assert out.left_out == [] and out.skipped == []
    back = convert(tmp_path / "google", tmp_path / "back", source="google")
    assert_same_arrays(original, tmp_path / "back")
    assert settings_of(tmp_path / "back") == settings_of(original)
    assert back.skipped == []


@pytest.mark.parametrize("model", ["masked_lm", "multiple_choice"])
def test_into_shards_and_back(model, tmp_path):
    original = fixture(f"hf/models/{model}")
    convert(original, tmp_path / "shards", max_shard_size="50KB")
    assert len(list((tmp_path / "shards").glob("*.safetensors"))) > 2
    convert(tmp_path / "shards", tmp_path / "back")
    assert_same_arrays(original, tmp_path / "back")
    assert [path.name for path in (tmp_path / "back").glob("*.safetensors")] == ["model.safetensors"]


@pytest.mark.parametrize(
    ("legacy", "model"), [("pt_bin", "masked_lm"), ("pt_bin_base_noprefix", "base_model"), ("tf_h5", "masked_lm")]
)
def test_older_flavours(legacy, model, tmp_path):
    directory = fixture(f"hf_legacy/{legacy}")
    if directory is None:
        pytest.skip(f"shared/fixtures/hf_legacy/{legacy} is not beside this checkout")
    report = convert(directory, tmp_path / "ours")
    assert_same_arrays(fixture(f"hf/models/{model}"), tmp_path / "ours")
    assert {item.reason for item in report.skipped} <= {"a buffer of older releases: 0, 1, 2, ..."}


@pytest.mark.parametrize("target", ["google", "hf"])
def test_the_vocabulary_goes_along(target, tmp_path):
    vocabulary = fixture(VOCABULARY)
    original = fixture("hf/models/seqcls_single")
    larger = tmp_path / "larger"
    config = RemBertConfig.from_pretrained(original)
    if config.vocab_size < 8000:
        from rembert_tf import RemBertForSequenceClassification

        model = RemBertForSequenceClassification.from_pretrained(original)
        model.resize_token_embeddings(8000)
        model.save_pretrained(larger)
    report = convert(larger, tmp_path / "out", target=target, sentencepiece=vocabulary)
    assert report.vocabulary == 8000 and report.warnings == []
    assert (tmp_path / "out/sentencepiece.model").read_bytes() == vocabulary.read_bytes()
    convert(tmp_path / "out", tmp_path / "back")
    assert (tmp_path / "back/sentencepiece.model").read_bytes() == vocabulary.read_bytes()
    assert (tmp_path / "back/tokenizer.json").is_file()
    assert_same_arrays(larger, tmp_path / "back")
