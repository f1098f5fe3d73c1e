"""What the fields of a configuration may hold."""

import math

from rembert_tf.errors import InputError

ACTIVATIONS = ("gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "swish", "tanh")
PROBLEM_TYPES = ("regression", "single_label_classification", "multi_label_classification")
_POSITIVE_INTEGERS = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "input_embedding_size",
    "output_embedding_size",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)
_PROBABILITIES = ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout_prob")
_FLAGS = ("use_cache", "is_decoder", "add_cross_attention", "tie_word_embeddings")
_TOKEN_IDS = ("pad_token_id", "bos_token_id", "eos_token_id")


def _is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def label_names(num_labels, id2label, label2id):
    """Returns {index: name} from whichever of the three ways to say it was used.

    Args:
        num_labels: an integer, or None.
        id2label: {number: name}, or None.
        label2id: {name: number}, or None.

    Raises:
        InputError: the labels are impossible, or contradict each other.
    """
    if id2label is None and label2id is not None:
        if not isinstance(label2id, dict) or len(set(label2id.values())) < len(label2id):
            raise InputError(f"label2id must map names to numbers of their own, not {label2id!r}.")
        id2label = {index: name for name, index in label2id.items()}
    if id2label is None:
        num_labels = 2 if num_labels is None else num_labels
        if not _is_integer(num_labels) or num_labels < 1:
            raise InputError(f"num_labels must be a positive integer, not {num_labels!r}.")
        return {index: f"LABEL_{index}" for index in range(num_labels)}
    try:
        names = {int(index): str(name) for index, name in id2label.items()}
    except (AttributeError, TypeError, ValueError):
        raise InputError(f"id2label must map label numbers to names, not {id2label!r}.") from None
    if sorted(names) != list(range(len(names))) or not names:
        raise InputError(f"id2label must number its labels 0, 1, 2, ..., not {sorted(names)}.")
    if len(set(names.values())) != len(names):
        raise InputError(f"id2label gives two labels the same name: {list(names.values())}.")
    if num_labels is not None and num_labels != len(names):
        raise InputError(f"num_labels is {num_labels!r}, but id2label names {len(names)} labels.")
    return dict(sorted(names.items()))


def check_fields(config):
    """Raises an InputError that names the first impossible field of a RemBertConfig and its value."""

    def require(holds, name, accepted):
        if not holds(getattr(config, name)):
            raise InputError(f"{name} must be {accepted}, not {getattr(config, name)!r}.")

    for name in _POSITIVE_INTEGERS:
        require(lambda value: _is_integer(value) and value > 0, name, "a positive integer")
    for name in _PROBABILITIES:
        require(lambda value: _is_number(value) and 0 <= value < 1, name, "a number from 0 to below 1")
    for name in _FLAGS:
        require(lambda value: isinstance(value, bool), name, "true or false")
    for name in _TOKEN_IDS:
        require(lambda value: value is None or (_is_integer(value) and value >= 0), name, "a token id or null")
    for name in ("initializer_range", "layer_norm_eps"):
        require(lambda value: _is_number(value) and value > 0, name, "a positive number")
    require(lambda value: isinstance(value, str) and value in ACTIVATIONS, "hidden_act", f"one of {ACTIVATIONS}")
    require(lambda value: isinstance(value, dict), "extra", "a dictionary")
    require(lambda value: value is None or value in PROBLEM_TYPES, "problem_type", f"null or one of {PROBLEM_TYPES}")
    if config.hidden_size % config.num_attention_heads:
        raise InputError(
            f"hidden_size must be a multiple of num_attention_heads, "
            f"but {config.hidden_size} is not one of {config.num_attention_heads}."
        )
    if config.add_cross_attention and not config.is_decoder:
        raise InputError("add_cross_attention=True needs is_decoder=True, which is False.")
    if config.tie_word_embeddings:
        raise InputError(
            "tie_word_embeddings must be false, not True: RemBERT's input and output embeddings have different widths."
        )
