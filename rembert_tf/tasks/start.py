"""Where a training starts: a model directory, or new weights."""

import importlib

from rembert_tf.errors import InputError
from rembert_tf.tokenization.fast_tokenizer import RemBertTokenizerFast
from rembert_tf.weights import model_directory

ENCODER = "RemBertModel"


def from_directory(path):
    """Returns a start for `finetune_task`: a model directory, whose head stays when it is of the same kind.

    Args:
        path: of the directory.
    """

    def start(architecture, fields, dtype=None):
        config = model_directory.read_config(path)
        tokenizer = RemBertTokenizerFast.from_pretrained(path)
        model = model_class(architecture)(config.replace(**fields), dtype=dtype)
        load_what_fits(model, path, fields)
        return model, tokenizer

    start.asked = {"model": str(path)}
    return start


def load_what_fits(model, path, fields):
    """Fills a task model from a directory, its head too where that is of the same kind.

    Args:
        model: built from the directory's configuration with `fields` replaced.
        path: of the directory.
        fields: what the task wants of the configuration.
    """
    config = model_directory.read_config(path)
    # A head for other labels has nothing to give; the encoder always has.
    with_head = model_directory.holds_head(path, model) and _same_labels(config, fields)
    model_directory.load_weights(model if with_head else model.rembert, path)


def from_nothing(config, vocabulary):
    """Returns a start for `finetune_task`: new weights for a RemBertConfig and a SentencePiece model file.

    Args:
        config: a RemBertConfig, whose `vocab_size` and special ids become the vocabulary's.
        vocabulary: path of the SentencePiece model.
    """

    def start(architecture, fields, dtype=None):
        tokenizer = RemBertTokenizerFast.from_pretrained(vocabulary)
        fitted = config.replace(**fields, **special_ids(tokenizer), vocab_size=len(tokenizer))
        return model_class(architecture)(fitted, dtype=dtype), tokenizer

    start.new_weights = True
    start.asked = {"sentencepiece": str(vocabulary)}
    return start


def load_task_model(path, architecture, dtype=None):
    """Returns (model, tokenizer) of a trained model's directory.

    Args:
        path: of the directory.
        architecture: name of the class, whose head it must hold.
        dtype: Keras dtype policy, or None for Keras' own.

    Raises:
        InputError: the directory holds no such head.
    """
    model = model_class(architecture)(model_directory.read_config(path), dtype=dtype)
    if not model_directory.holds_head(path, model):
        raise InputError(f"{str(path)!r} has no head for {architecture}: fine-tune it first with `rembert finetune`.")
    model_directory.load_weights(model, path)
    return model, RemBertTokenizerFast.from_pretrained(path)


def load_encoder(path):
    """Returns (RemBertModel, tokenizer) of any model's directory; without a pooler where that has none.

    Args:
        path: of the directory.
    """
    config = model_directory.read_config(path)
    encoder = model_class(ENCODER)
    model = encoder(config)
    if not model_directory.holds_pooler(path, model):
        model = encoder(config, add_pooling_layer=False)
    model_directory.load_weights(model, path)
    return model, RemBertTokenizerFast.from_pretrained(path)


def load_trained(path, architecture):
    """Returns (model, tokenizer) of a directory, as the class of this name: the encoder alone for a RemBertModel.

    Args:
        path: of the directory.
        architecture: name of the class.
    """
    return load_encoder(path) if architecture == ENCODER else load_task_model(path, architecture)


def architecture_of(path):
    """Returns the name of the model class that a directory was saved by.

    Args:
        path: of the directory.

    Raises:
        InputError: its configuration names none.
    """
    named = model_directory.read_config(path).extra.get("architectures") or [None]
    if named[0] is None:
        raise InputError(f"the config.json of {str(path)!r} names no class in `architectures`: say which one is meant.")
    return named[0]


def model_class(architecture):
    """Returns the class of this name."""
    return getattr(importlib.import_module("rembert_tf"), architecture)


def special_ids(tokenizer):
    """Returns the configuration fields that name a tokenizer's special ids."""
    return {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
    }


def check_lengths(model, tokenizer, max_length):
    """Raises an InputError unless every id and every position that the tokenizer makes exists in the model."""
    config = model.config
    if max_length > config.max_position_embeddings:
        raise InputError(
            f"max_length is {max_length}, but the model has {config.max_position_embeddings} positions "
            "(max_position_embeddings)."
        )
    if len(tokenizer) > config.vocab_size:
        raise InputError(
            f"the tokenizer has {len(tokenizer)} tokens, but the model's table has {config.vocab_size} rows "
            "(vocab_size): they do not belong together."
        )


def _same_labels(config, fields):
    return "id2label" not in fields or config.id2label == fields["id2label"]
