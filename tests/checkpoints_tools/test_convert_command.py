"""`rembert convert` and `rembert inspect` as a user meets them."""

import json

import pytest

from rembert_tf.cli import main
from rembert_tf.verification import published_rows
from tests.checkpoints_tools import google_checkpoint


@pytest.fixture
def rembert(capsys):
    """Runs `rembert ...`; returns what it printed."""

    def rembert(*arguments, code=0):
        assert main.run([str(argument) for argument in arguments]) == code
        return capsys.readouterr()

    return rembert


@pytest.fixture
def theirs(tmp_path):
    variables = google_checkpoint.with_slots(google_checkpoint.variables_of("encoder_only"))
    return google_checkpoint.write(tmp_path / "theirs", variables, google_checkpoint.json_of("encoder_only"))


def test_a_dry_run_prints_the_whole_plan_and_writes_nothing(rembert, theirs, tmp_path):
    printed = rembert("convert", theirs, tmp_path / "ours", "--dry-run").out
    for name in google_checkpoint.variables_of("encoder_only"):
        assert f" {name} " in printed
        assert name == "global_step" or f"skipped: {name}/adam_m " in printed
    assert "would write RemBertModel: 57 weights, 86,064 parameters, float32" in printed
    assert "decided: hidden_act is gelu_new (tanh)" in printed
    assert not (tmp_path / "ours").exists()


def test_a_conversion_says_what_it_did(rembert, theirs, tmp_path):
    printed = rembert("convert", theirs, tmp_path / "ours", "--verify").out
    assert "wrote RemBertModel: 57 weights" in printed
    assert "skipped: 114 variables, bert/embeddings/LayerNorm/beta/adam_m for one: optimizer slot" in printed
    assert "verified: 57 of 57 weights read back bit for bit" in printed
    assert "consistent" in printed
    assert "exists already" in rembert("convert", theirs, tmp_path / "ours", code=2).err


def test_a_report_for_programs(rembert, theirs, tmp_path):
    found = json.loads(rembert("convert", theirs, tmp_path / "ours", "--json", "--hidden-act", "gelu").out)
    assert found["architecture"] == "RemBertModel" and found["parameters"] == 86064
    assert found["config"]["hidden_act"] == "gelu" and found["config"]["input_embedding_size"] == 24
    assert {"source": "bert/pooler/dense/kernel", "destination": "pooler.dense.weight", "shape": [48, 48]} in found[
        "converted"
    ]


def test_a_graph_beside_the_weights_decides_about_gelu(rembert, theirs, tmp_path):
    import tensorflow as tf

    for form in ("erf", "tanh"):
        graph = tf.Graph()
        with graph.as_default():
            x = tf.compat.v1.placeholder(tf.float32, [None])
            _ = tf.math.erf(x) if form == "erf" else tf.tanh(0.8 * (x + 0.045 * tf.pow(x, 3.0)))
            tf.compat.v1.train.export_meta_graph(str(theirs / "model.ckpt-5.meta"))
        printed = rembert("convert", theirs, tmp_path / form).out
        assert f"({form}): model.ckpt-5.meta has" in printed
        saved = json.loads((tmp_path / form / "config.json").read_text())
        assert saved["hidden_act"] == {"erf": "gelu", "tanh": "gelu_new"}[form]


def test_a_checkpoint_of_the_released_shape_is_held_against_the_published_rows(rembert, theirs, tmp_path, monkeypatch):
    fields = {"num_hidden_layers": 3, "hidden_size": 48}
    inputs = {"input_ids": [[1, 2, 3, 4, 5]], "token_type_ids": [[0, 0, 0, 1, 1]]}
    released = published_rows.GOOGLE_REMBERT
    stand_in = type(released)(released.name, fields, inputs, released.rows)
    monkeypatch.setattr(published_rows, "PUBLISHED", (stand_in,))
    printed = rembert("convert", theirs, tmp_path / "ours").out
    for combination in ("erf, float32", "erf, bfloat16", "tanh, float32", "tanh, bfloat16"):
        assert combination in printed
    assert "the weights are not the released ones" in printed


def test_inspect_shows_sizes_parts_and_leftovers(rembert, theirs):
    printed = rembert("inspect", theirs).out
    assert "RemBertModel (google), 86,064 parameters" in printed
    assert "input_embedding_size     24" in printed
    assert "not of the model: 114" in printed and "optimizer slot" in printed
    assert "bert/pooler/dense/kernel [48, 48] = pooler.dense.weight" in rembert("inspect", theirs, "--tensors").out
    assert json.loads(rembert("inspect", theirs, "--json").out)["parts"]["blocks"] == [48, 56880]


def test_inspect_reads_a_model_directory_with_its_vocabulary(rembert, text_config, small_tokenizer, tmp_path):
    from rembert_tf import RemBertModel

    RemBertModel(text_config).save_pretrained(tmp_path / "model")
    small_tokenizer.save_pretrained(tmp_path / "model")
    printed = rembert("inspect", tmp_path / "model").out
    assert "vocabulary: 8,000 tokens; [CLS] 312, [SEP] 313" in printed


@pytest.mark.parametrize("command", ["convert", "inspect"])
def test_mistakes_are_one_sentence(command, rembert, tmp_path):
    destination = [tmp_path / "ours"] if command == "convert" else []
    printed = rembert(command, tmp_path / "none", *destination, code=2)
    assert printed.err.startswith("rembert: there is no checkpoint at ") and printed.err.count("\n") == 1
    (tmp_path / "empty").mkdir()
    assert "holds nothing" in rembert(command, tmp_path / "empty", *destination, code=2).err
