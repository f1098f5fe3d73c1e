"""Arguments that calls of transformers took, and what is to be written instead of each."""

import difflib

from rembert_tf.errors import InputError

_FORMAT = "leave it out: from_pretrained finds out the format of the weights"
_HUB = "download the model with `hf download` and give its directory"
_PLACED = "leave it out: TensorFlow uses the GPU that it finds, and otherwise the processor"
_LABELS = "labels are the y of fit and evaluate"
_ALWAYS = "leave it out: it is always returned"
_LAYERS = "only the call of RemBertModel takes it, and `model.rembert` of every head is one"
_POLICY = 'write dtype="bfloat16" or another dtype policy of Keras'
_QUANTIZED = "leave it out: weights are float32, or bfloat16 with dtype; `rembert export --dtype` makes smaller ones"
_TARGETS = 'labels are the ids of a second call: tokenizer(targets)["input_ids"]'
_VOCABULARY = "leave it out: the vocabulary is the file sentencepiece.model alone"
_IN_ONE_PROCESS = "leave it out: the process that calls it writes the directory"
_DECODED = "leave it out: texts are joined as SentencePiece joins them"

# argument of a call -> what to do instead
FORMER_ARGUMENTS = {
    "from_pt": _FORMAT,
    "from_tf": _FORMAT,
    "from_flax": _FORMAT,
    "use_safetensors": _FORMAT,
    "variant": _FORMAT,
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
    "state_dict": "save the weights in a model directory and load that",
    "trust_remote_code": "leave it out: no code of a model directory is run",
    "device_map": _PLACED,
    "max_memory": _PLACED,
    "offload_folder": _PLACED,
    "low_cpu_mem_usage": "leave it out",
    "attn_implementation": "leave it out: attention is computed in one way",
    "output_loading_info": "leave it out: a warning or an error names the weights that do not fit",
    "ignore_mismatched_sizes": "save the encoder with `model.rembert.save_pretrained` and load the new head from there",
    "torch_dtype": _POLICY,
    "load_in_8bit": _QUANTIZED,
    "load_in_4bit": _QUANTIZED,
    "quantization_config": _QUANTIZED,
    "saved_model": "rembert_tf.serving.export_saved_model writes a SavedModel, which takes strings",
    "safe_serialization": "leave it out: weights are always written as safetensors",
    "is_main_process": _IN_ONE_PROCESS,
    "save_function": _IN_ONE_PROCESS,
    "push_to_hub": "save the directory, then `hf upload` it",
    "return_dict": "leave it out: a head returns logits, RemBertModel a dictionary",
    "use_return_dict": "leave it out: a head returns logits, RemBertModel a dictionary",
    "output_attentions": _LAYERS,
    "output_hidden_states": _LAYERS,
    "use_cache": _LAYERS,
    "head_mask": "leave it out: attention heads cannot be masked",
    "labels": _LABELS,
    "start_positions": _LABELS,
    "end_positions": _LABELS,
    "return_tensors": "RemBertTokenizerFast always returns tensors, RemBertTokenizer lists; np.array takes either",
    "return_token_type_ids": _ALWAYS,
    "return_attention_mask": _ALWAYS,
    "return_length": "count the attention_mask",
    "is_split_into_words": "encode_words takes texts that are cut into words",
    "add_special_tokens": "a call of the tokenizer takes it",
    "text_target": _TARGETS,
    "text_pair_target": _TARGETS,
    "pair": "give the second text to a call of its own",
    "use_fast": "RemBertTokenizerFast is the one, RemBertTokenizer the other",
    "tokenizer_file": _VOCABULARY,
    "sp_model_kwargs": _VOCABULARY,
    "pad_to_max_length": 'write padding="max_length"',
    "truncation_strategy": 'write truncation="longest_first", or another strategy',
    "max_len": "write max_length in a call, model_max_length where a tokenizer is made",
    "clean_up_tokenization_spaces": _DECODED,
    "spaces_between_special_tokens": _DECODED,
    "legacy_format": "leave it out: the files that both kinds of tokenizer read are always written",
    "filename_prefix": "only save_vocabulary takes it",
    "verbose": "leave it out",
    "pad_to_multiple_of": "round the number up yourself",
    "mean_resizing": "leave it out: new rows are drawn as those of a new model",
}

_ONE_CONTINUATION = "leave it out: only repetition_penalty changes which pieces are likely"
_GENERATED = "leave it out: the ids are returned, and with return_scores=True the scores of beam search"

# argument of `generate` -> what to do instead
GENERATION_ARGUMENTS = {
    "max_length": "write max_new_tokens, which does not count the pieces of the prompt",
    "min_length": "leave it out: a continuation may end at once, unless eos_token_id=None",
    "min_new_tokens": "leave it out: a continuation may end at once, unless eos_token_id=None",
    "pad_token_id": "leave it out: it is the configuration's",
    "bos_token_id": "leave it out: a continuation begins with the prompt",
    "no_repeat_ngram_size": _ONE_CONTINUATION,
    "bad_words_ids": _ONE_CONTINUATION,
    "logits_processor": _ONE_CONTINUATION,
    "num_beam_groups": _ONE_CONTINUATION,
    "diversity_penalty": _ONE_CONTINUATION,
    "typical_p": "write top_p or top_k",
    "stopping_criteria": "write max_new_tokens and eos_token_id",
    "return_dict_in_generate": _GENERATED,
    "output_scores": _GENERATED,
    "output_attentions": _GENERATED,
    "output_hidden_states": _GENERATED,
    "use_cache": "leave it out: generate keeps a cache of its own",
    "generation_config": "write its settings as arguments, such as num_beams=2",
    "streamer": "leave it out: continuations are returned when they are whole",
}

# argument of RemBertConfig that is no field -> what to do instead
FORMER_FIELDS = {
    "torch_dtype": 'the model takes it: RemBertModel(config, dtype="bfloat16")',
    "dtype": 'the model takes it: RemBertModel(config, dtype="bfloat16")',
    "embedding_size": "write input_embedding_size",
    "model_type": "leave it out: it is always rembert",
    "return_unused_kwargs": "leave it out: what is no field is an error",
    **dict.fromkeys(
        ("architectures", "transformers_version", "finetuning_task", "name_or_path", "_name_or_path"),
        "what other readers want to know goes into extra={...}",
    ),
}


def argument_advice(names, advice=FORMER_ARGUMENTS):
    """Returns what to do instead of giving some arguments, or "" where none is known.

    Args:
        names: of arguments.
        advice: {argument: what to do instead}.
    """
    return "; ".join(f"{name}: {advice[name]}" for name in sorted(names) if name in advice)


def suggestion(names, accepted):
    """Returns a question in brackets that guesses what was meant, or "" where nothing is near.

    Args:
        names: what was written.
        accepted: what could have been meant.
    """
    near = [difflib.get_close_matches(name, sorted(accepted), n=1) for name in sorted(map(str, names))]
    meant = dict.fromkeys(name for found in near for name in found)
    return f" (did you mean {', '.join(meant)}?)" if meant else ""


def refuse_arguments(taker, names, accepted=(), advice=FORMER_ARGUMENTS):
    """Raises the error for arguments that a function does not take.

    Args:
        taker: name of the function, as messages begin.
        names: of the arguments, one at least.
        accepted: names of those that it does take, for a guess at what was meant.
        advice: {argument: what to do instead}.

    Raises:
        InputError: transformers took one of them; the message says what to do instead.
        TypeError: nobody did.
    """
    listed, told = ", ".join(sorted(names)), argument_advice(names, advice)
    if not told:
        raise TypeError(f"{taker} does not take {listed}{suggestion(names, accepted)}.")
    raise InputError(f"{taker} does not take {listed} ({told}).")
