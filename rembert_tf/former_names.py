"""Names that scripts still import, those of transformers, and what they are told to import or write now."""

import difflib
import sys

from rembert_tf.former_members import PAGE

# class of transformers -> the one here that takes its place
FORMER_CLASSES = {
    "TFRemBertModel": "RemBertModel",
    "TFRemBertForMaskedLM": "RemBertForMaskedLM",
    "TFRemBertForCausalLM": "RemBertForCausalLM",
    "TFRemBertForSequenceClassification": "RemBertForSequenceClassification",
    "TFRemBertForTokenClassification": "RemBertForTokenClassification",
    "TFRemBertForQuestionAnswering": "RemBertForQuestionAnswering",
    "TFRemBertForMultipleChoice": "RemBertForMultipleChoice",
    "TFRemBertMainLayer": "RemBertModel",
    "TFRemBertPreTrainedModel": "RemBertModel",
    "TFRemBertLayer": "RemBertModel",
    "TFAutoModel": "RemBertModel",
    "TFAutoModelForMaskedLM": "RemBertForMaskedLM",
    "TFAutoModelForCausalLM": "RemBertForCausalLM",
    "TFAutoModelForSequenceClassification": "RemBertForSequenceClassification",
    "TFAutoModelForTokenClassification": "RemBertForTokenClassification",
    "TFAutoModelForQuestionAnswering": "RemBertForQuestionAnswering",
    "TFAutoModelForMultipleChoice": "RemBertForMultipleChoice",
    "AutoModel": "RemBertModel",
    "AutoModelForMaskedLM": "RemBertForMaskedLM",
    "AutoModelForCausalLM": "RemBertForCausalLM",
    "AutoModelForSequenceClassification": "RemBertForSequenceClassification",
    "AutoModelForTokenClassification": "RemBertForTokenClassification",
    "AutoModelForQuestionAnswering": "RemBertForQuestionAnswering",
    "AutoModelForMultipleChoice": "RemBertForMultipleChoice",
    "AutoConfig": "RemBertConfig",
    "AutoTokenizer": "RemBertTokenizerFast",
}

_BY_KERAS = "Keras trains: model.compile(optimizer=...), model.fit(inputs, labels)"
_TRAINING = f"{_BY_KERAS}; `rembert finetune` brings warm-up, decay and checkpoints"
_PADDED = "write padding=True in the tokenizer's call"
_CALLBACK = "the callbacks of Keras, or `rembert finetune`, which writes metrics and checkpoints"

# function or class of transformers without a successor of its kind -> what to do instead
FORMER_HELPERS = {
    "pipeline": "`rembert predict DIR --input FILE`, or `rembert export` and `rembert serve`",
    "Trainer": _TRAINING,
    "TFTrainer": _TRAINING,
    "TrainingArguments": _TRAINING,
    "TFTrainingArguments": _TRAINING,
    "create_optimizer": "a schedule of Keras, or `rembert finetune`",
    "AdamWeightDecay": "keras.optimizers.AdamW",
    "WarmUp": "keras.optimizers.schedules.CosineDecay, which warms up too",
    "DataCollatorWithPadding": _PADDED,
    "DefaultDataCollator": _PADDED,
    "DataCollatorForTokenClassification": "tokenizer.encode_words tells each piece's word",
    "DataCollatorForLanguageModeling": "`rembert finetune mlm`, `rembert finetune clm`",
    "PushToHubCallback": _CALLBACK,
    "KerasMetricCallback": _CALLBACK,
    "GenerationConfig": "arguments of RemBertForCausalLM.generate",
    "set_seed": "keras.utils.set_random_seed",
    "RemBertPreTrainedModel": "keras.Model, which every model here is",
    "TFPreTrainedModel": "keras.Model, which every model here is",
    "PreTrainedModel": "keras.Model, which every model here is",
    "PretrainedConfig": "RemBertConfig",
    "RemBertLayer": "RemBertModel(config).encoder.blocks[0], an internal layer",
    "load_tf_weights_in_rembert": "`rembert convert CHECKPOINT DIR`",
}


def class_advice(name):
    """Returns the sentence about a name of transformers, or a slip in one of ours; None where it is neither.

    Args:
        name: what was looked up in `rembert_tf`.
    """
    if name in FORMER_HELPERS:
        return f"rembert_tf has no {name}: {FORMER_HELPERS[name]} ({PAGE})"
    if name not in FORMER_CLASSES:
        return _meant(name)
    return f"{name} is {FORMER_CLASSES[name]} here: from rembert_tf import {FORMER_CLASSES[name]} ({PAGE})"


def refuse_class(name):
    """Raises the error for a name of transformers, or a slip in one of ours; returns for other names.

    Args:
        name: what was looked up in `rembert_tf`.

    Raises:
        ImportError: an import statement asked; Python would replace the sentence of an AttributeError by its own.
        AttributeError: anything else did.
    """
    sentence = class_advice(name)
    if sentence is not None:
        raise (ImportError if _an_import_statement_asks() else AttributeError)(sentence)


def _meant(name):
    """Returns a question about a name that is nearly one of ours, whatever its capitals; or None."""
    ours = {successor.lower(): successor for successor in (*FORMER_CLASSES.values(), "RemBertTokenizer")}
    near = difflib.get_close_matches(name.lower(), ours, n=1, cutoff=0.9)
    return f"rembert_tf has no {name}; did you mean {ours[near[0]]}?" if near else None


def _an_import_statement_asks():
    """Whether the lookup is that of `from rembert_tf import ...`, which asks first if the name is there."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("rembert_tf"):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "_handle_fromlist"
