"""Files in ONNX Runtime and LiteRT compute the reference's numbers, for every head."""

import pytest

import rembert_tf
from tests.golden import LOGITS, STATES, assert_close, cases, fixture, model_directory
from tests.serving.portable.runtimes import BOTH, EXPORTS, LOADED, whole_inputs

# model -> (class, outputs of the reference that the file has)
MODELS = {
    "base_model": ("RemBertModel", ("last_hidden_state", "pooler_output")),
    "base_gelu_new": ("RemBertModel", ("last_hidden_state", "pooler_output")),
    "masked_lm": ("RemBertForMaskedLM", ("logits",)),
    "causal_lm": ("RemBertForCausalLM", ("logits",)),
    "causal_lm_cross": ("RemBertForCausalLM", ("logits",)),
    "multiple_choice": ("RemBertForMultipleChoice", ("logits",)),
    "question_answering": ("RemBertForQuestionAnswering", ("start_logits", "end_logits")),
    "token_cls": ("RemBertForTokenClassification", ("logits",)),
    "seqcls_single": ("RemBertForSequenceClassification", ("logits",)),
    "seqcls_multilabel": ("RemBertForSequenceClassification", ("logits",)),
    "seqcls_regression1": ("RemBertForSequenceClassification", ("logits",)),
    "seqcls_regression_multi": ("RemBertForSequenceClassification", ("logits",)),
}
# The rest differs from these in numbers alone, or in one matrix.
QUICK = {
    ("base_model", "litert"),
    ("causal_lm_cross", "onnx"),
    ("question_answering", "onnx"),
    ("multiple_choice", "litert"),
}
INPUTS = {"input_ids", "attention_mask", "token_type_ids", "encoder_hidden_states", "encoder_attention_mask"}
PARAMETERS = [
    pytest.param(model, each, marks=[] if (model, each) in QUICK else pytest.mark.slow)
    for model in MODELS
    for each in BOTH
    if fixture(f"hf/models/{model}")
]


@pytest.mark.parametrize(("name", "file_format"), PARAMETERS)
def test_reference_outputs(name, file_format, tiny_tokenizer, tmp_path):
    architecture, outputs = MODELS[name]
    model = getattr(rembert_tf, architecture).from_pretrained(model_directory(name))
    rows = model.config.vocab_size
    model.resize_token_embeddings(max(rows, len(tiny_tokenizer)))
    EXPORTS[file_format](model, tiny_tokenizer, tmp_path / "out", hidden_states=architecture == "RemBertModel")
    loaded, compared = LOADED[file_format](tmp_path / "out"), 0
    for case in cases(architecture, outputs[0]):
        needs_all = {"encoder_hidden_states"} if model.config.add_cross_attention else set()
        if case.model != name or not needs_all <= case.inputs.keys() <= INPUTS or "f64" in case.name:
            continue
        answers = loaded(whole_inputs(file_format, case.inputs))
        for output in outputs:
            mine = answers[output][..., :rows] if architecture.endswith("LM") else answers[output]
            limit = LOGITS if "logits" in output else STATES
            assert_close(f"{file_format} {name}", mine, case.expected[output], limit)
        for layer in range(model.config.num_hidden_layers + 1):
            key = f"hidden_states.{layer}"
            if key in case.expected and architecture == "RemBertModel":
                assert_close(f"{file_format} {name}", answers[key], case.expected[key], STATES)
        compared += 1
    assert compared
