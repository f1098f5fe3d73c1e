"""Attributes that objects of transformers had, and what is to be written instead of each."""

PAGE = "docs/migration.md"

_TRAINED = "a call trains nothing and drops nothing, and fit does both"
_PLACED = "TensorFlow uses the GPU that it finds, and otherwise the processor"
_POLICY = 'from_pretrained(directory, dtype="bfloat16") makes a model of another number type'
_HUB = "write save_pretrained, then `hf upload` the directory"
_WEIGHTS = "write model.weights, or model.trainable_weights"
_EXPORT = "rembert_tf.serving.export_saved_model writes signatures that take strings"
_OWN_LOSS = "write model.compile(optimizer=...), which without a loss uses the head's own"
_BATCHES = "write tf.data.Dataset.from_tensor_slices((texts, labels)).batch(8), and map the tokenizer over it"

MODEL_MEMBERS = {
    "generate": "RemBertForCausalLM generates",
    "eval": f"leave it out, since {_TRAINED}",
    "train": f"leave it out, since {_TRAINED}",
    "to": f"leave it out, since {_PLACED}",
    "cuda": f"leave it out, since {_PLACED}",
    "cpu": f"leave it out, since {_PLACED}",
    "device": _PLACED,
    "half": _POLICY,
    "float": _POLICY,
    "bfloat16": _POLICY,
    "forward": "call the model, model(inputs)",
    "parameters": _WEIGHTS,
    "named_parameters": "write {weight.path: weight for weight in model.weights}",
    "state_dict": "write {weight.path: weight.numpy() for weight in model.weights}",
    "load_state_dict": "save the weights in a model directory, then from_pretrained",
    "requires_grad_": "write model.trainable = False",
    "zero_grad": "leave it out, since fit does it",
    "num_parameters": "write model.count_params()",
    "num_labels": "write model.config.num_labels",
    "name_or_path": "a model does not know where it came from",
    "base_model": "write model.rembert",
    "get_encoder": "write model.rembert",
    "get_decoder": "write model.rembert",
    "get_input_embeddings": "write model.rembert.embeddings.word_embeddings; a RemBertModel has embeddings itself",
    "set_input_embeddings": "write model.resize_token_embeddings(rows), then assign to its weights",
    "get_output_embeddings": "write model.lm_head.decoder of a language model",
    "set_output_embeddings": "write model.resize_token_embeddings(rows), then assign to its weights",
    "get_lm_head": "write model.lm_head of a language model",
    "get_bias": "write model.lm_head.decoder.bias of a language model",
    "get_position_embeddings": "write encoder.embeddings.position_embeddings",
    "tie_weights": "leave it out, since the two embeddings have different widths",
    "init_weights": "leave it out, since a model has its weights as soon as it is made",
    "prune_heads": "attention heads cannot be taken away; `rembert keep-layers` takes layers",
    "dummy_inputs": 'any ids do: {"input_ids": [[1, 2, 3]]}',
    "input_signature": _EXPORT,
    "serving": _EXPORT,
    "serving_output": _EXPORT,
    "prepare_tf_dataset": _BATCHES,
    "hf_compute_loss": _OWN_LOSS,
    "create_model_card": "an export has a model card: assets.extra/model_card.md",
    "push_to_hub": _HUB,
}

_CALL = "call the tokenizer, tokenizer(text) or tokenizer(texts)"
_PADDED = "write padding=True in the call"

TOKENIZER_MEMBERS = {
    "encode_plus": _CALL,
    "batch_encode_plus": _CALL,
    "prepare_for_model": "call the tokenizer with texts; build_inputs_with_special_tokens takes ids",
    "truncate_sequences": "write truncation=True, max_length=... in the call",
    "pad": _PADDED,
    "add_tokens": 'write tokenizer.add_special_tokens({"additional_special_tokens": [...]})',
    "num_special_tokens_to_add": "2 for a text, 3 for a pair",
    "as_target_tokenizer": "call the tokenizer for the labels too",
    "is_fast": "RemBertTokenizerFast is the one with TensorFlow operations",
    "sp_model": "save_vocabulary writes the SentencePiece model, which the package sentencepiece reads",
    "backend_tokenizer": "save_pretrained writes tokenizer.json, which the package tokenizers reads",
    "special_tokens_map": "tokenizer.cls_token, tokenizer.sep_token and so on; all_special_tokens lists them",
    "special_tokens_map_extended": "tokenizer.cls_token, tokenizer.sep_token and so on",
    "added_tokens_encoder": "write tokenizer.get_vocab()",
    "added_tokens_decoder": "write tokenizer.get_vocab()",
    "get_added_vocab": "the tokens of tokenizer.get_vocab() from tokenizer.vocab_size on",
    "pad_token_type_id": "it is always 0",
    "max_len_single_sentence": "write tokenizer.model_max_length - 2",
    "max_len_sentences_pair": "write tokenizer.model_max_length - 3",
    "max_model_input_sizes": "write tokenizer.model_max_length",
    "truncation_side": "texts are always cut at their end",
    "model_input_names": "input_ids, token_type_ids and attention_mask",
    "init_kwargs": "the file tokenizer_config.json that save_pretrained writes",
    "name_or_path": "a tokenizer does not know where it came from",
    "clean_up_tokenization": "leave it out, since texts are joined as SentencePiece joins them",
    "train_new_from_iterator": "write `rembert train-tokenizer FILE --output DIR --vocab-size N`",
    "apply_chat_template": "RemBERT has no chat template: write the prompt as one text",
    "push_to_hub": _HUB,
}

_CALL_DECIDES = "the call of RemBertModel decides it"

CONFIG_MEMBERS = {
    "output_attentions": _CALL_DECIDES,
    "output_hidden_states": _CALL_DECIDES,
    "return_dict": "a head returns logits, RemBertModel a dictionary",
    "use_return_dict": "a head returns logits, RemBertModel a dictionary",
    "torch_dtype": "the model has it: write model.dtype_policy",
    "dtype": "the model has it: write model.dtype_policy",
    "update": "write config = config.replace(num_labels=3)",
    "to_json_string": "write config.to_json()",
    "to_diff_dict": "write config.to_dict()",
    "to_json_file": "write config.save_pretrained(directory)",
    "push_to_hub": _HUB,
}


class FormerMembers:
    """Lets an attribute that the class of transformers had, and this one has not, say what to write now.

    Attributes:
        FORMER_MEMBERS: {attribute: what to write instead}.
    """

    FORMER_MEMBERS = {}

    def __getattr__(self, name):
        # Python asks here last, when there is no such attribute.
        if name not in type(self).FORMER_MEMBERS:
            return super().__getattribute__(name)  # raises the usual error, that of a property included
        raise AttributeError(f"{type(self).__name__} has no {name}: {type(self).FORMER_MEMBERS[name]} ({PAGE}).")
