"""Which file explains which model class; it is imported when it is asked for."""

import importlib

_ROOM = "rembert_tf.serving.playground.explained"
_FILES = {
    "RemBertModel": "similarity",
    "RemBertForSequenceClassification": "classification",
    "RemBertForTokenClassification": "tags",
    "RemBertForQuestionAnswering": "answers",
    "RemBertForMultipleChoice": "choices",
    "RemBertForMaskedLM": "fills",
    "RemBertForCausalLM": "continuation",
}


def row_maker(architecture):
    """Returns the function that makes the ExplainedRow of a request.

    Args:
        architecture: name of a model class that can be exported.
    """
    return importlib.import_module(f"{_ROOM}.{_FILES[architecture]}").explained_row
