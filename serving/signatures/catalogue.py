"""Which signatures belong to which model class; a head's module is imported when it is asked for."""

import importlib

from rembert_tf.errors import InputError

ENCODER = "RemBertModel"
_ROOM = "rembert_tf.serving.signatures"
_SIGNATURES = {
    ENCODER: ("embedding", "EmbeddingSignatures"),
    "RemBertForSequenceClassification": ("sequence_classification", "SequenceClassificationSignatures"),
    "RemBertForTokenClassification": ("token_classification", "TokenClassificationSignatures"),
    "RemBertForQuestionAnswering": ("question_answering", "QuestionAnsweringSignatures"),
    "RemBertForMultipleChoice": ("multiple_choice", "MultipleChoiceSignatures"),
    "RemBertForMaskedLM": ("masked_lm", "MaskedLMSignatures"),
    "RemBertForCausalLM": ("causal_lm", "CausalLMSignatures"),
}
ARCHITECTURES = tuple(_SIGNATURES)


def signatures_class(architecture):
    """Returns the HeadSignatures class of a model class.

    Args:
        architecture: name of the model class.

    Raises:
        InputError: there are none for it.
    """
    if architecture not in _SIGNATURES:
        raise InputError(f"{architecture} cannot be exported: expected one of {', '.join(ARCHITECTURES)}.")
    module, name = _SIGNATURES[architecture]
    return getattr(importlib.import_module(f"{_ROOM}.{module}"), name)
