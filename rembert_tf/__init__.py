"""RemBERT for TensorFlow and Keras 3.

Names are imported when they are first used: `import rembert_tf` itself loads neither TensorFlow nor Keras.
"""

import importlib

from rembert_tf.version import __version__ as __version__

# public name -> module that defines it
_PUBLIC = {
    "RemBertConfig": "rembert_tf.config",
    "RemBertTokenizer": "rembert_tf.tokenization.tokenizer",
    "RemBertTokenizerFast": "rembert_tf.tokenization.fast_tokenizer",
    "RemBertModel": "rembert_tf.models.rembert_model",
    "RemBertForMaskedLM": "rembert_tf.models.masked_lm",
    "RemBertForCausalLM": "rembert_tf.models.causal_lm",
    "RemBertForSequenceClassification": "rembert_tf.models.sequence_classification",
    "RemBertForTokenClassification": "rembert_tf.models.token_classification",
    "RemBertForQuestionAnswering": "rembert_tf.models.question_answering",
    "RemBertForMultipleChoice": "rembert_tf.models.multiple_choice",
}

__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'rembert_tf' has no attribute {name!r}")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(__all__)
