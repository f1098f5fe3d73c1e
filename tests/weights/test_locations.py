"""Where a model may come from: a disk, tf.io.gfile, the hub. Nothing here needs the network."""

import functools
import shutil
import sys
import tempfile
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertConfig, RemBertForSequenceClassification, RemBertModel, RemBertTokenizerFast
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights.model_directory import holds_head, read_config
from tests.golden import fixture, model_directory

HUB_ID = "some-user/some.model_2"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Keeps temporary files apart, to see what is left of them, and the network away."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: pytest.fail("the hub was asked"))
    return place


@pytest.fixture
def remote(request):
    """A directory in TensorFlow's memory file system, which stands for gs:// and the like."""
    place = f"ram://{request.node.name}"

    def upload(*sources):
        tf.io.gfile.makedirs(place)
        for source in map(Path, sources):
            tf.io.gfile.copy(str(source), f"{place}/{source.name}", overwrite=True)
        return place

    yield upload
    if tf.io.gfile.exists(place):
        tf.io.gfile.rmtree(place)


def weights(model):
    return [weight.numpy() for weight in model.weights]


def assert_same(ours, theirs):
    assert ours.config == theirs.config
    for first, second in zip(weights(ours), weights(theirs), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("max_shard_size", [None, 3000])
def test_a_directory_that_gfile_reaches(small_config, tmp_path, temporary, remote, max_shard_size, end):
    model = RemBertForSequenceClassification(small_config)
    model.save_pretrained(tmp_path / "model", max_shard_size=max_shard_size)
    (tmp_path / "model" / "pytorch_model.bin").write_text("is not needed, and would be refused")
    place = remote(*(tmp_path / "model").iterdir()) + end
    assert_same(RemBertForSequenceClassification.from_pretrained(place), model.from_pretrained(tmp_path / "model"))
    assert RemBertConfig.from_pretrained(place) == read_config(place) == read_config(tmp_path / "model")
    assert RemBertConfig.from_pretrained(f"{place.rstrip('/')}/config.json") == read_config(place)
    assert holds_head(place, model)
    assert list(temporary.iterdir()) == []


def test_only_what_is_needed_is_copied(tmp_path, remote, monkeypatch):
    place = remote(*Path(model_directory("base_model")).iterdir())
    copy, copied = tf.io.gfile.copy, []
    monkeypatch.setattr(tf.io.gfile, "copy", lambda source, *rest: (copied.append(source), copy(source, *rest)))
    RemBertConfig.from_pretrained(place)
    assert copied == [f"{place}/config.json"]
    for name in ("model.safetensors.index.json", "pytorch_model.bin", "tf_model.h5"):
        with tf.io.gfile.GFile(f"{place}/{name}", "w") as file:
            file.write("another flavour")
    RemBertModel.from_pretrained(place)
    assert copied[1:] == [f"{place}/config.json", f"{place}/model.safetensors"]


def test_a_tokenizer_that_gfile_reaches(small_vocabulary, tmp_path, temporary, remote):
    local = RemBertTokenizerFast.from_pretrained(small_vocabulary, do_lower_case=True)
    local.save_pretrained(tmp_path / "tokenizer")
    place = remote(*(tmp_path / "tokenizer").iterdir())
    for source, expected in ((place, True), (f"{place}/sentencepiece.model", False)):
        tokenizer = RemBertTokenizerFast.from_pretrained(source)
        assert tokenizer.get_vocab() == local.get_vocab()
        assert tokenizer.do_lower_case is expected
    assert list(temporary.iterdir()) == []


def test_errors_name_the_remote_place(small_config, tmp_path, temporary, remote):
    RemBertModel(small_config).save_pretrained(tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").write_text("text")
    place = remote(*(tmp_path / "model").iterdir())
    with pytest.raises(InputError, match=f"^'{place}/model.safetensors' is not a whole"):
        RemBertModel.from_pretrained(place)
    tf.io.gfile.remove(f"{place}/model.safetensors")
    with pytest.raises(MissingFileError, match=f"^'{place}' has no weights"):
        RemBertModel.from_pretrained(place)
    with tf.io.gfile.GFile(f"{place}/config.json", "w") as file:
        file.write("{")
    for read in (RemBertConfig.from_pretrained, read_config):
        with pytest.raises(InputError, match=f"^'{place}/config.json' is not valid JSON"):
            read(place)
    head = functools.partial(holds_head, model=None)  # the place is looked at first
    for read in (RemBertConfig.from_pretrained, read_config, head, RemBertTokenizerFast.from_pretrained):
        with pytest.raises(MissingFileError, match="there is nothing at 'ram://nowhere/model'"):
            read("ram://nowhere/model")
        with pytest.raises(InputError, match="cannot read 'nosuch://bucket/model'.*nosuch"):
            read("nosuch://bucket/model")
    assert list(temporary.iterdir()) == []


def test_a_remote_place_needs_tensorflow(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(InputError, match="'gs://bucket/model' needs TensorFlow.*pip install tensorflow"):
        RemBertConfig.from_pretrained("gs://bucket/model")


class Hub:
    """Stands for the hub: one model, whose files are downloaded into a cache."""

    def __init__(self, source, cache):
        self.source, self.cache, self.asked = Path(source), cache, []

    def snapshot_download(self, repo_id, allow_patterns):
        assert repo_id == HUB_ID
        self.asked.append(allow_patterns)
        self.cache.mkdir(exist_ok=True)
        for pattern in allow_patterns:
            for path in self.source.glob(pattern):
                shutil.copy(path, self.cache)
        return str(self.cache)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    def serve(source):
        served = Hub(source, tmp_path / "cache")
        monkeypatch.setattr(huggingface_hub, "snapshot_download", served.snapshot_download)
        return served

    return serve


def downloaded(hub):
    return sorted(path.name for path in hub.cache.iterdir())


def test_a_model_of_the_hub(hub, tmp_path):
    source = shutil.copytree(model_directory("base_model"), tmp_path / "source")
    (source / "tf_model.h5").write_text("is not needed")
    served = hub(source)
    assert_same(RemBertModel.from_pretrained(HUB_ID), RemBertModel.from_pretrained(source))
    assert downloaded(served) == ["config.json", "model.safetensors"]
    assert read_config(HUB_ID) == RemBertConfig.from_pretrained(HUB_ID) == read_config(source)
    assert not holds_head(HUB_ID, RemBertForSequenceClassification(read_config(HUB_ID)))


def test_a_model_of_the_hub_without_safetensors(hub):
    """The released google/rembert is one: the flavours are asked for in the order of preference."""
    source = fixture("hf_legacy/pt_bin_base_noprefix")
    served = hub(source)
    assert_same(RemBertModel.from_pretrained(HUB_ID), RemBertModel.from_pretrained(source))
    assert downloaded(served) == ["config.json", "pytorch_model.bin"]


def test_a_model_of_the_hub_in_shards(hub, small_config, tmp_path):
    RemBertModel(small_config).save_pretrained(tmp_path / "source", max_shard_size=3000)
    hub(tmp_path / "source")
    assert_same(RemBertModel.from_pretrained(HUB_ID), RemBertModel.from_pretrained(tmp_path / "source"))


def test_a_tokenizer_of_the_hub(hub, small_vocabulary, tmp_path):
    local = RemBertTokenizerFast.from_pretrained(small_vocabulary, do_lower_case=True)
    local.save_pretrained(tmp_path / "source")
    hub(tmp_path / "source")
    tokenizer = RemBertTokenizerFast.from_pretrained(HUB_ID)
    assert (tokenizer.get_vocab(), tokenizer.do_lower_case) == (local.get_vocab(), True)


def test_a_model_of_the_hub_without_weights(hub, tmp_path):
    (tmp_path / "source").mkdir()
    shutil.copy(f"{model_directory('base_model')}/config.json", tmp_path / "source")
    hub(tmp_path / "source")
    with pytest.raises(MissingFileError, match="has no weights"):
        RemBertModel.from_pretrained(HUB_ID)


@pytest.mark.parametrize("read", [RemBertModel.from_pretrained, RemBertConfig.from_pretrained])
def test_a_download_that_fails(monkeypatch, read):
    def fail(*_, **__):
        raise RuntimeError("404 Client Error.\nRepository not found.")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    said = r"no model directory at 'some-user/nothing'.*\(404 Client Error\).*hf download some-user/nothing --local-dir"
    with pytest.raises(MissingFileError, match=said):
        read("some-user/nothing")


def test_without_the_hubs_library_the_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for read in (RemBertModel.from_pretrained, RemBertConfig.from_pretrained, RemBertTokenizerFast.from_pretrained):
        with pytest.raises(MissingFileError, match="`hf download google/rembert --local-dir rembert`"):
            read("google/rembert")


def test_a_local_path_is_never_looked_up(tmp_path, monkeypatch):
    """The network is refused by the fixture: what exists, or looks like a path, is local."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(model_directory("base_model"), "user/model")
    assert_same(RemBertModel.from_pretrained("user/model"), RemBertModel.from_pretrained(model_directory("base_model")))
    for path in ("user/modle", "./user/nothing", "nothing", "a/b/c", "/a/b", "../a", str(tmp_path / "nothing")):
        with pytest.raises(MissingFileError, match=f"no model directory at '{path}'"):
            RemBertModel.from_pretrained(path)
