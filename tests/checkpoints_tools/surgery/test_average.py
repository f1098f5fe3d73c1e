"""The mean of models, against NumPy on what the safetensors library reads."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from rembert_tf import RemBertConfig, RemBertModel
from rembert_tf.checkpoints_tools.surgery.average import average
from rembert_tf.cli import main
from rembert_tf.errors import InputError
from tests.checkpoints_tools.surgery.directories import digests


def stored(directory):
    return load_file(directory / "model.safetensors")


@pytest.fixture
def three(make_directory):
    return [make_directory("RemBertForSequenceClassification", pieces=None, name=name) for name in "abc"]


@pytest.mark.parametrize("weights", [None, [0.2, 0.5, 0.3], [1, 3, 0]])
def test_the_mean_is_numpys(three, tmp_path, weights):
    before = digests(tmp_path)
    found = average(three, tmp_path / "out", weights)
    result, arrays = stored(tmp_path / "out"), [stored(directory) for directory in three]
    assert result.keys() == arrays[0].keys()
    for name, array in result.items():
        expected = np.average([each[name].astype("float64") for each in arrays], axis=0, weights=weights)
        np.testing.assert_allclose(
            array, expected.astype("float32"), rtol=1.2e-7, atol=0
        )  # half a unit in the last place
    assert found.weights == pytest.approx(np.divide(weights or [1] * 3, sum(weights or [1] * 3)))
    assert sum(found.weights) == pytest.approx(1)
    after = digests(tmp_path)
    assert {name: after[name] for name in before} == before


def test_a_model_averaged_with_itself_is_itself(three, tmp_path):
    average([three[0], three[0]], tmp_path / "out")
    for name, array in stored(three[0]).items():
        np.testing.assert_array_equal(stored(tmp_path / "out")[name], array)


def test_the_first_gives_configuration_and_vocabulary(make_directory, tmp_path):
    first, second = (make_directory(pieces="bpe", name=name) for name in "ab")
    config = RemBertConfig.from_pretrained(first)
    config.replace(hidden_dropout_prob=0.3, extra={**config.extra, "note": "b"}).save_pretrained(second)
    average([first, second], tmp_path / "out")
    for name in ("config.json", "sentencepiece.model", "tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "out" / name).read_bytes() == (first / name).read_bytes()


def test_shards_and_names_with_and_without_prefix(make_directory, tmp_path):
    """A bare encoder's names have no prefix; some files of encoders have one all the same."""
    first, second = (make_directory("RemBertModel", name=name, pieces=None) for name in "ab")
    arrays = stored(second)
    save_file({f"rembert.{name}": array for name, array in arrays.items()}, second / "model.safetensors")
    RemBertModel.from_pretrained(first).save_pretrained(tmp_path / "sharded", max_shard_size=3000)
    average([tmp_path / "sharded", second], tmp_path / "out")
    for name, array in stored(tmp_path / "out").items():
        np.testing.assert_allclose(array, (stored(first)[name] / 2 + arrays[name] / 2), rtol=3e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"intermediate_size": 24}, "intermediate_size is 20 and 24; .*has shapes"),
        ({"hidden_act": "gelu_new"}, "hidden_act is 'gelu' and 'gelu_new'"),
        ({"num_hidden_layers": 1}, r"num_hidden_layers is 2 and 1; only the first has encoder\.layer\.1"),
        ({"id2label": {0: "x", 1: "y", 2: "z"}}, "id2label is"),
        ({"model": "RemBertForTokenClassification"}, "only the first has pooler"),
    ],
)
def test_models_that_differ(make_directory, tmp_path, change, message):
    first = make_directory("RemBertForSequenceClassification", pieces=None)
    second = make_directory(**{"model": "RemBertForSequenceClassification", "pieces": None, "name": "other", **change})
    with pytest.raises(InputError, match=f"'{first}' and '{second}' cannot be averaged: .*{message}"):
        average([first, second], tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "other"]


def test_vocabularies_that_differ(make_directory, tmp_path):
    first = make_directory(pieces="oss_1k")
    second = make_directory(pieces="bpe", name="other", vocab_size=RemBertConfig.from_pretrained(first).vocab_size)
    with pytest.raises(InputError, match=f"the vocabularies of '{first}' and '{second}' differ"):
        average([first, second], tmp_path / "out")
    (second / "sentencepiece.model").unlink()
    assert average([first, second], tmp_path / "out").without_vocabulary == [str(second)]


@pytest.mark.parametrize(
    ("count", "weights", "message"),
    [
        (1, None, "two directories at least, not 1"),
        (0, None, "two directories at least, not 0"),
        (2, [1], "1 weights for 2 directories"),
        (2, [0, 0], "not all 0"),
        (2, [-1, 2], "numbers from 0 on"),
        (2, [float("nan"), 1], "numbers from 0 on"),
    ],
)
def test_arguments_that_are_impossible(tmp_path, count, weights, message):
    with pytest.raises(InputError, match=message):
        average(["a", "b"][:count], tmp_path / "out", weights)
    assert not (tmp_path / "out").exists()


def test_output_inside_one_of_them(three):
    with pytest.raises(InputError, match="lies inside"):
        average(three, three[2] / "out")


def test_the_command(three, tmp_path, capsys):
    line = ["average", *map(str, three[:2]), "--output"]
    assert main.run([*line, str(tmp_path / "out"), "--weights", "1,3"]) == 0
    printed = capsys.readouterr().out
    assert f"0.25 of {three[0]}\n0.75 of {three[1]}\n" in printed
    assert main.run([*line, str(tmp_path / "json"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["weights"] == [0.5, 0.5]
    assert main.run([*line, str(tmp_path / "out")]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main.run([*line, str(tmp_path / "bad"), "--weights", "a"]) == 2
    assert "expected numbers" in capsys.readouterr().err
