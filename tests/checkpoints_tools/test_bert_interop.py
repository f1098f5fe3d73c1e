"""Models and tokenizers that transformers itself makes, in both of its lines, become ours and give the same."""

import json
from pathlib import Path

import numpy as np
import pytest

from rembert_tf import RemBertConfig, RemBertForMaskedLM, RemBertModel, RemBertTokenizer
from rembert_tf.checkpoints_tools.conversion import convert
from rembert_tf.weights.model_directory import load_weights
from tests.checkpoints_tools.bert_peer import CONFIG, ROBERTA, random_weights, write_directory
from tests.checkpoints_tools.test_bert import MASK, inputs_of, real
from tests.checkpoints_tools.test_shifted_vocabulary import LINES, ODD, plain_model, tokenizer_json  # noqa: F401
from tests.golden import LOGITS, STATES, assert_close
from tests.interop.environments import UnavailableError, python_of, run_in

pytestmark = [pytest.mark.slow, pytest.mark.interop]

PEER = Path(__file__).parent / "bert_torch_peer.py"
MODELS = {
    "BertModel": CONFIG,
    "BertForMaskedLM": CONFIG,
    "BertForPreTraining": CONFIG,
    "BertForSequenceClassification": CONFIG,
    "ElectraModel": {**CONFIG, "embedding_size": CONFIG["hidden_size"]},
    "RobertaModel": {**ROBERTA, "type_vocab_size": 2},
    "RobertaForMaskedLM": ROBERTA,
    "XLMRobertaModel": ROBERTA,
    "XLMRobertaForMaskedLM": ROBERTA,
    "XLMRobertaForTokenClassification": ROBERTA,
    "CamembertModel": ROBERTA,
}
HEADS = ("BertForMaskedLM", "BertForPreTraining", "RobertaForMaskedLM", "XLMRobertaForMaskedLM")


@pytest.fixture(params=["transformers-4", "transformers-5"])
def line(request):
    try:
        python_of(request.param)
    except UnavailableError as problem:
        pytest.skip(f"the environment {request.param} cannot be made here: {problem}")
    return request.param


def ask(line, folder, **job):
    """Lets the peer do a job; returns what it printed."""
    folder.mkdir(exist_ok=True)
    (folder / "job.json").write_text(json.dumps({"folder": str(folder), **job}))
    return json.loads(run_in(line, str(PEER), folder / "job.json").splitlines()[-1])


def test_models(line, tmp_path):
    inputs = inputs_of(CONFIG)
    np.savez(tmp_path / "inputs.npz", **inputs)
    models = {
        name: (name, {key: value for key, value in config.items() if key != "model_type"})
        for name, config in MODELS.items()
    }
    ask(line, tmp_path, models=models, inputs=str(tmp_path / "inputs.npz"))
    for name, config in MODELS.items():
        report = convert(tmp_path / name, tmp_path / f"{name}-ours")
        assert report.architecture == ("RemBertForMaskedLM" if name in HEADS else "RemBertModel"), name
        expected = np.load(tmp_path / f"{name}.npz")
        ours = {**inputs, "input_ids": np.where(MASK, inputs["input_ids"], config["pad_token_id"])}
        if name in HEADS:
            logits = RemBertForMaskedLM.from_pretrained(tmp_path / f"{name}-ours")(ours)
            theirs = expected["prediction_logits" if "prediction_logits" in expected else "logits"]
            assert_close(f"{line} {name}: logits", real(logits), real(theirs), LOGITS)
        config = RemBertConfig.from_pretrained(tmp_path / f"{name}-ours")
        model = RemBertModel(config, add_pooling_layer="pooler_output" in expected)
        load_weights(model, tmp_path / f"{name}-ours")
        outputs = model(ours)
        states = real(outputs["last_hidden_state"])
        assert_close(f"{line} {name}", states, real(expected["last_hidden_state"]), STATES)
        if "pooler_output" in expected:
            assert_close(f"{line} {name}: pooler", outputs["pooler_output"], expected["pooler_output"], STATES)


def compare_ids(line, folder, texts, theirs):
    """Converts a directory with a tokenizer of the peer's, and compares ids: ours, and what the peer reads in ours."""
    config = {**ROBERTA, "vocab_size": 400}
    write_directory(folder, config, random_weights(config))
    convert(folder, folder.parent / "ours")
    ours = RemBertTokenizer.from_pretrained(folder.parent / "ours")
    for text, expected in zip(texts, theirs, strict=True):
        assert ours(text)["input_ids"] == expected, text
    job = {"again": ("AutoTokenizer", str(folder.parent / "ours"), texts)}
    assert ask(line, folder.parent / "back", tokenizers=job)["again"] == theirs


@pytest.mark.parametrize("tokenizer_class", ["XLMRobertaTokenizer", "CamembertTokenizer"])
@pytest.mark.parametrize("line", ["transformers-4"], indirect=True)  # 5.x has none that run SentencePiece
def test_slow_tokenizers(line, tokenizer_class, plain_model, tmp_path):  # noqa: F811
    (tmp_path / "plain.model").write_bytes(plain_model)
    texts = [*LINES, *ODD]
    job = {"theirs": (tokenizer_class, str(tmp_path / "plain.model"), texts)}
    compare_ids(line, tmp_path / "theirs", texts, ask(line, tmp_path, tokenizers=job)["theirs"])


def test_tokenizers_that_have_a_json_alone(line, plain_model, tmp_path):  # noqa: F811
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "tokenizer.json").write_text(json.dumps(tokenizer_json(plain_model)))
    tokenizer_class = "XLMRobertaTokenizer" if line == "transformers-5" else "XLMRobertaTokenizerFast"
    # The tokenizers library applies the rules over several characters otherwise than SentencePiece, and keeps
    # a space at the end of a text.
    texts = [*LINES, "no<s>special</s>", "a <mask> in it", "unknown 🦆 ܫܠܡܐ characters", "  two  spaces"]
    theirs = ask(line, tmp_path, tokenizers={"theirs": (tokenizer_class, str(tmp_path / "json"), texts)})["theirs"]
    assert not list((tmp_path / "theirs").glob("*.model"))
    compare_ids(line, tmp_path / "theirs", texts, theirs)
