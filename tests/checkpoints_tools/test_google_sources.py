"""Where an original checkpoint and its JSON lie, and what is no such checkpoint."""

import numpy as np
import pytest

from rembert_tf.checkpoints_tools import convert
from rembert_tf.errors import InputError, MissingFileError
from tests.checkpoints_tools import google_checkpoint


@pytest.fixture(scope="module")
def variables():
    return google_checkpoint.variables_of("full_b")


@pytest.fixture(scope="module")
def content():
    return google_checkpoint.json_of("full_b")


def test_the_json_may_lie_elsewhere_and_must_lie_somewhere(variables, content, tmp_path):
    folder = google_checkpoint.write(tmp_path / "theirs", variables, None)
    with pytest.raises(MissingFileError, match="no JSON file that describes the model.*--config"):
        convert(folder, tmp_path / "ours")
    other = google_checkpoint.write(tmp_path / "other", {"x": np.zeros(1, "float32")}, content) / "bert_config.json"
    assert convert(folder, tmp_path / "ours", config=other).architecture == "RemBertForMaskedLM"


@pytest.mark.parametrize("said", ["", ".index", ".data-00000-of-00001"])
def test_a_source_may_be_a_prefix_or_one_of_its_files(said, variables, content, tmp_path):
    folder = google_checkpoint.write(tmp_path / "theirs", variables, content)
    google_checkpoint.write(folder, variables, None, prefix="model.ckpt-6")
    with pytest.raises(InputError, match="several checkpoints .model.ckpt-5, model.ckpt-6.: name one"):
        convert(folder, tmp_path / "ours")
    assert convert(f"{folder}/model.ckpt-5{said}", tmp_path / "ours").source_format == "google"


def test_the_file_checkpoint_says_which_one_is_latest(variables, content, tmp_path):
    folder = google_checkpoint.write(tmp_path / "theirs", variables, content)
    google_checkpoint.write(folder, {**variables, "global_step": np.int64(6)}, None, prefix="model.ckpt-6")
    (folder / "checkpoint").write_text('model_checkpoint_path: "/gone/elsewhere/model.ckpt-6"\n')
    report = convert(folder, tmp_path / "ours")
    assert report.source_format == "google" and len(report.converted) == 63


ALBERT = (
    "bert/embeddings/word_embeddings",
    "bert/encoder/transformer/group_0/inner_group_0/attention_1/self/key/kernel",
)
BERT = ("bert/embeddings/word_embeddings", "bert/encoder/layer_0/attention/self/key/kernel")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (ALBERT, "no RemBERT; it looks like an ALBERT"),
        (BERT, "no RemBERT; it looks like a BERT .*--from bert"),
        (("electra/embeddings/word_embeddings",), "it looks like an ELECTRA"),
        (("conv1/kernel", "conv2/kernel"), "nothing known: .*conv1/kernel, conv2/kernel"),
    ],
)
def test_a_checkpoint_that_is_no_rembert_is_told_what_it_looks_like(names, message, content, tmp_path):
    folder = google_checkpoint.write(tmp_path / "theirs", dict.fromkeys(names, np.zeros((4, 4), "float32")), content)
    with pytest.raises(InputError, match=message):
        convert(folder, tmp_path / "ours", source="google")
