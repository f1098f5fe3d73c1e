"""What scripts for the TensorFlow classes of transformers still ask for, and what they are told to write now."""

import sys

from rembert_tf.errors import InputError

PAGE = "docs/migration.md"

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

_FORMAT = "leave it out: from_pretrained finds out the format of the weights"
_HUB = "download the model with `hf download` and give its directory"
_PLACED = "leave it out: TensorFlow uses the GPU that it finds, and otherwise the processor"
_LABELS = "labels are the y of fit and evaluate"
_ALWAYS = "leave it out: it is always returned"
_LAYERS = "only the call of RemBertModel takes it, and `model.rembert` of every head is one"

# argument of a call -> what to do instead
FORMER_ARGUMENTS = {
    "from_pt": _FORMAT,
    "from_tf": _FORMAT,
    "use_safetensors": _FORMAT,
    "cache_dir": _HUB,
    "subfolder": _HUB,
    "proxies": _HUB,
    "resume_download": _HUB,
    "force_download": _HUB,
    "local_files_only": _HUB,
    "revision": _HUB,
    "token": _HUB,
    "use_auth_token": _HUB,
    "config": "write the fields that differ from the directory's, such as num_labels=3",
    "trust_remote_code": "leave it out: no code of a model directory is run",
    "device_map": _PLACED,
    "low_cpu_mem_usage": "leave it out",
    "attn_implementation": "leave it out: attention is computed in one way",
    "output_loading_info": "leave it out: a warning or an error names the weights that do not fit",
    "ignore_mismatched_sizes": "save the encoder with `model.rembert.save_pretrained` and load the new head from there",
    "torch_dtype": 'write dtype="bfloat16" or another dtype policy of Keras',
    "saved_model": "rembert_tf.serving.export_saved_model writes a SavedModel, which takes strings",
    "safe_serialization": "leave it out: weights are always written as safetensors",
    "push_to_hub": "save the directory, then `hf upload` it",
    "return_dict": "leave it out: a head returns logits, RemBertModel a dictionary",
    "output_attentions": _LAYERS,
    "output_hidden_states": _LAYERS,
    "use_cache": _LAYERS,
    "head_mask": "leave it out: attention heads cannot be masked",
    "labels": _LABELS,
    "start_positions": _LABELS,
    "end_positions": _LABELS,
    "return_tensors": "RemBertTokenizerFast always returns tensors, RemBertTokenizer lists",
    "return_token_type_ids": _ALWAYS,
    "return_attention_mask": _ALWAYS,
    "return_length": "count the attention_mask",
    "is_split_into_words": "encode_words takes texts that are cut into words",
    "use_fast": "RemBertTokenizerFast is the one, RemBertTokenizer the other",
    "pad_to_max_length": 'write padding="max_length"',
    "verbose": "leave it out",
}


def class_advice(name):
    """Returns the sentence about a class of transformers, or None where the name is none.

    Args:
        name: what was looked up in `rembert_tf`.
    """
    if name not in FORMER_CLASSES:
        return None
    return f"{name} is {FORMER_CLASSES[name]} here: from rembert_tf import {FORMER_CLASSES[name]} ({PAGE})"


def argument_advice(names):
    """Returns what to do instead of giving some arguments, or "" where none is known.

    Args:
        names: of arguments.
    """
    return "; ".join(f"{name}: {FORMER_ARGUMENTS[name]}" for name in sorted(names) if name in FORMER_ARGUMENTS)


def refuse_arguments(taker, names):
    """Raises the error for arguments that a function does not take.

    Args:
        taker: name of the function, as messages begin.
        names: of the arguments, one at least.

    Raises:
        InputError: transformers took one of them; the message says what to do instead.
        TypeError: nobody did.
    """
    listed, advice = ", ".join(sorted(names)), argument_advice(names)
    if not advice:
        raise TypeError(f"{taker} does not take {listed}.")
    raise InputError(f"{taker} does not take {listed} ({advice}).")


def refuse_class(name):
    """Raises the error for a class of transformers that was looked up in `rembert_tf`; returns for other names.

    Args:
        name: what was looked up.

    Raises:
        ImportError: an import statement asked; Python would replace the sentence of an AttributeError by its own.
        AttributeError: anything else did.
    """
    sentence = class_advice(name)
    if sentence is not None:
        raise (ImportError if _an_import_statement_asks() else AttributeError)(sentence)


def _an_import_statement_asks():
    """Whether the lookup is that of `from rembert_tf import ...`, which asks first if the name is there."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("rembert_tf"):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "_handle_fromlist"
