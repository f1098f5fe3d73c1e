"""What each head computes from the encoder's states, in plain NumPy."""

# class -> the weight whose presence means that a directory holds this class's head
HEAD_WEIGHTS = {
    "RemBertModel": None,
    "RemBertForMaskedLM": "cls.predictions.decoder.weight",
    "RemBertForCausalLM": "cls.predictions.decoder.weight",
    "RemBertForSequenceClassification": "classifier.weight",
    "RemBertForTokenClassification": "classifier.weight",
    "RemBertForMultipleChoice": "classifier.weight",
    "RemBertForQuestionAnswering": "qa_outputs.weight",
}


def head_outputs(architecture, encoder, last_hidden_state, input_shape):
    """Returns {output's name: array}, empty where the class or the directory has no head.

    Args:
        architecture: a class name of HEAD_WEIGHTS.
        encoder: a PlainEncoder.
        last_hidden_state: (batch, length, hidden_size); multiple choice: (batch * choices, length, hidden_size).
        input_shape: of `input_ids`: (batch, length), or (batch, choices, length).
    """
    weight = HEAD_WEIGHTS[architecture]
    if weight is None or weight not in encoder.tensors:
        return {}
    if weight.startswith("cls."):
        return {"logits": lm_logits(encoder, last_hidden_state)}
    if architecture == "RemBertForQuestionAnswering":
        logits = encoder.linear("qa_outputs", last_hidden_state, 2)
        return {"start_logits": logits[..., 0], "end_logits": logits[..., 1]}
    if architecture == "RemBertForTokenClassification":
        return {"logits": encoder.linear("classifier", last_hidden_state, encoder.config.num_labels)}
    pooled = encoder.pooler(last_hidden_state)
    if architecture == "RemBertForMultipleChoice":
        return {"logits": encoder.linear("classifier", pooled, 1).reshape(input_shape[:-1])}
    return {"logits": encoder.linear("classifier", pooled, encoder.config.num_labels)}


def lm_logits(encoder, hidden):
    """Returns (batch, length, vocab_size): H -> O, activation, LayerNorm, O -> V with its own bias."""
    config = encoder.config
    hidden = encoder.activation(encoder.linear("cls.predictions.dense", hidden, config.output_embedding_size))
    hidden = encoder.layer_norm("cls.predictions.LayerNorm", hidden)
    return encoder.linear("cls.predictions.decoder", hidden, config.vocab_size)
