"""RemBERT for TensorFlow and Keras 3.

Names are imported when they are first used: `import rembert_tf` itself loads neither TensorFlow nor Keras.
"""

from rembert_tf.former_names import refuse_class
from rembert_tf.lazy_imports import lazy_names
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
    "layout_map": "rembert_tf.models.layout_map",
}

__all__ = [*_PUBLIC, "__version__"]
__getattr__, __dir__ = lazy_names(__name__, _PUBLIC, refuse_class)
