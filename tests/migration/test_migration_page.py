"""docs/migration.md: both scripts, and what every cell says is to be written now."""

import ast
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import rembert_tf
from rembert_tf.cli.main import run
from rembert_tf.former_names import FORMER_CLASSES
from tests.migration.migration_page import COMMANDS, NEW, OLD, python_of, rows, spans

TEXTS = ["The match ended in a draw.", "The bank cut its rate."]
HEADS = {
    "encoder": "RemBertModel",
    "masked_lm": "RemBertForMaskedLM",
    "decoder": "RemBertForCausalLM",
    "model": "RemBertForSequenceClassification",
    "tagger": "RemBertForTokenClassification",
    "reader": "RemBertForQuestionAnswering",
    "chooser": "RemBertForMultipleChoice",
}
# Starts a process that loads the export and compares its answers.
SLOW = "export_saved_model"


@pytest.fixture(scope="module")
def hub(tmp_path_factory, text_config, small_tokenizer):
    """A folder with a small model where the page names google/rembert, and with a BLEURT's directory."""
    folder = tmp_path_factory.mktemp("migration")
    config = text_config.replace(num_labels=2)
    rembert_tf.RemBertForMaskedLM(config).save_pretrained(folder / "google" / "rembert")
    small_tokenizer.save_pretrained(folder / "google" / "rembert")
    scorer = config.replace(num_labels=1, problem_type="regression")
    rembert_tf.RemBertForSequenceClassification(scorer).save_pretrained(folder / "bleurt")
    vocabulary = folder / "google" / "rembert"
    rembert_tf.RemBertTokenizerFast.from_pretrained(vocabulary, model_max_length=64).save_pretrained(folder / "bleurt")
    return folder


@pytest.fixture
def eager():
    """Steps of training that run as they are: what the cells need is done in less time than tracing takes."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def folder(hub, tmp_path, monkeypatch):
    """A copy of it, where a test works."""
    shutil.copytree(hub, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names_of_the_tables(config, directory):
    """Returns what the page says that the tables' names stand for."""
    given = {"rembert_tf": rembert_tf, "keras": keras, "np": np, "tf": tf, "texts": TEXTS}
    given |= {name: getattr(rembert_tf, name) for name in rembert_tf.__all__}
    for name, kind in HEADS.items():
        given[name] = given[kind](config.replace(is_decoder=name == "decoder"))
    given["model"].compile("adam")
    given["tokenizer"] = given["RemBertTokenizerFast"].from_pretrained(directory)
    given["inputs"] = given["tokenizer"](TEXTS, padding=True)
    given |= {"ids": given["inputs"]["input_ids"], "mask": given["inputs"]["attention_mask"]}
    return given | {"classes": np.array([0, 1])}


def sections():
    return list(dict.fromkeys(section for section, _, _ in rows()))


@pytest.mark.filterwarnings("ignore:.*they start new and must be trained:UserWarning")
@pytest.mark.parametrize("section", sections())
def test_every_new_form_runs(section, folder, text_config, eager):
    names = names_of_the_tables(text_config.replace(num_labels=2), "google/rembert")
    for _, before, now in [row for row in rows() if row[0] == section]:
        for code in python_of(now):
            if SLOW not in code:
                try:
                    exec(code, names)
                except Exception as problem:
                    pytest.fail(f"{before} -> {code}: {type(problem).__name__}: {problem}")


def test_old_forms_are_python():
    """But for those that are one argument, or a piece of a call."""
    whole = [code for _, before, _ in rows() for code in spans(before) if code.endswith(")") and "…" not in code]
    assert len(whole) > 60
    for code in whole:
        ast.parse(f"{code} pass" if code.startswith("with ") else code)
    ast.parse(OLD)


@pytest.mark.filterwarnings("ignore:.*they start new and must be trained:UserWarning")
def test_the_new_script_runs(folder, capsys):
    names = {}
    exec(compile(NEW, "docs/migration.md", "exec"), names)
    assert capsys.readouterr().out.split()[-1] in ("sports", "economy")
    again = rembert_tf.RemBertForSequenceClassification.from_pretrained("topic")
    assert again.config.id2label == {0: "sports", 1: "economy"}
    tokens = rembert_tf.RemBertTokenizerFast.from_pretrained("topic")(names["texts"], padding=True)
    np.testing.assert_allclose(again(tokens), names["model"](names["encode"](names["texts"])), atol=1e-5)


def test_scripts_differ_in_what_the_page_says():
    assert "TFRemBert" in OLD and "TF" not in NEW.replace("TensorFlow", "")
    assert 'return_tensors="tf"' in OLD and "return_tensors" not in NEW


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*they start new and must be trained:UserWarning")
def test_both_exports(folder, text_config):
    exec(compile(NEW, "docs/migration.md", "exec"), {})
    [export] = [line for line in COMMANDS.splitlines() if line.startswith("rembert export ")]
    assert run(export.split()[1:]) == 0
    names = names_of_the_tables(text_config.replace(num_labels=2), "google/rembert")
    [code] = [code for _, _, now in rows() for code in python_of(now) if SLOW in code]

    exec(code, names)
    answers = [
        tf.saved_model.load(str(folder / "models" / "topic" / version)).signatures["serving_default"](
            text=tf.constant(TEXTS)
        )
        for version in ("1", "2")
    ]
    assert {label.decode() for label in answers[0]["label"].numpy()} <= {"sports", "economy"}
    assert answers[1]["probabilities"].shape == (2, 2)


def test_every_former_class_has_a_row():
    told = {code: now for _, before, now in rows() for code in spans(before)}
    for former, successor in FORMER_CLASSES.items():
        assert former in told, former
        if former.startswith(("TFRemBertFor", "TFRemBertModel", "TFAuto", "Auto")):
            assert spans(told[former])[0] == successor


def test_every_argument_of_the_old_calls_is_there():
    """Those of the classes' signatures in transformers 4.57."""
    told = " ".join(before for _, before, _ in rows())
    for argument in (
        *("input_ids", "attention_mask", "token_type_ids", "position_ids", "head_mask", "inputs_embeds", "training"),
        *("encoder_hidden_states", "encoder_attention_mask", "past_key_values", "use_cache", "labels"),
        *("output_attentions", "output_hidden_states", "return_dict", "start_positions", "end_positions"),
    ):
        assert argument in told, argument
