"""A tokenizer's files beside its vocabulary, as transformers 4.57 and 5.x write and read them."""

import json

from rembert_tf.errors import InputError
from rembert_tf.tokenization.vocabulary import SPECIAL_TOKENS, VOCABULARY_FILE

CONFIG_FILE = "tokenizer_config.json"
SPECIAL_TOKENS_FILE = "special_tokens_map.json"
ADDED_TOKENS_FILE = "added_tokens.json"
FILES = [VOCABULARY_FILE, CONFIG_FILE, SPECIAL_TOKENS_FILE, ADDED_TOKENS_FILE]

DEFAULT_LENGTH = 512
FLAGS = ("do_lower_case", "keep_accents", "remove_space")
ADDITIONAL = "additional_special_tokens"


def read_settings(directory):
    """Returns the constructor arguments that a directory holds; {} where it has a vocabulary alone.

    Args:
        directory: local path.

    Raises:
        InputError: a file is not what its name says.
    """
    config = _read(directory / CONFIG_FILE, "a tokenizer configuration")
    spare = _read(directory / SPECIAL_TOKENS_FILE, "a map of special tokens")
    numbered = _read(directory / ADDED_TOKENS_FILE, "a table of added tokens")
    try:
        settings = _special_tokens({**spare, **config})
        settings.update({name: config[name] for name in (*FLAGS, "padding_side") if config.get(name) is not None})
        # Older releases write {token: id} into a file of its own instead.
        decoder = config.get("added_tokens_decoder") or {number: token for token, number in numbered.items()}
        if decoder:
            settings["added_tokens_decoder"] = {int(number): _content(token) for number, token in decoder.items()}
        # "No limit" is stored as a number of thirty digits, which no tensor holds.
        limit = int(config.get("model_max_length") or DEFAULT_LENGTH)
        return {**settings, "model_max_length": limit if limit < 2**31 else DEFAULT_LENGTH}
    except (ValueError, AttributeError, KeyError, TypeError, OverflowError) as problem:
        place = str(directory / CONFIG_FILE)
        raise InputError(f"{place!r} is not a tokenizer configuration: {problem!r}.") from None


def _read(file, what):
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise InputError(f"{str(file)!r} is not {what}: {problem!r}.") from None
    if not isinstance(content, dict):
        raise InputError(f"{str(file)!r} is not {what}: it holds no JSON object.")
    return content


def _special_tokens(content):
    settings = {name: _content(content[name]) for name in SPECIAL_TOKENS if content.get(name) is not None}
    # transformers 5.x calls them extra, and there has a list or, with names of their own, a dictionary.
    additional = content.get(ADDITIONAL) or content.get("extra_special_tokens") or []
    additional = list(additional.values()) if isinstance(additional, dict) else additional
    if additional:
        settings[ADDITIONAL] = [_content(token) for token in additional]
    return settings


def _content(token):
    """Returns the spelling of a token, which may be stored as {"content": ..., "lstrip": ...}."""
    return token["content"] if isinstance(token, dict) else token


def file_contents(tokenizer):
    """Returns {file name: bytes} of the files that describe a tokenizer, `tokenizer.json` included.

    Args:
        tokenizer: a tokenizer of this package.
    """
    from rembert_tf.tokenization.tokenizer_json import TOKENIZER_JSON_FILE, tokenizer_config_entries, tokenizer_json

    vocabulary = tokenizer.vocabulary
    settings = {
        "tokenizer_class": "RemBertTokenizer",
        "model_max_length": tokenizer.model_max_length,
        "padding_side": tokenizer.padding_side,
        "added_tokens_decoder": {str(number): _described(vocabulary, token) for number, token in _numbered(vocabulary)},
        **{flag: getattr(tokenizer, flag) for flag in FLAGS},
    }
    tokens = {**vocabulary.special_tokens, **({ADDITIONAL: vocabulary.additional} if vocabulary.additional else {})}
    mask = _described(vocabulary, vocabulary.special_tokens["mask_token"])
    files = {VOCABULARY_FILE: vocabulary.model}
    try:
        files[TOKENIZER_JSON_FILE] = tokenizer_json(tokenizer).encode("utf-8")
        settings.update(tokenizer_config_entries(tokenizer))
    except InputError:  # a kind of model that transformers 5.x cannot read from that file
        pass
    files[CONFIG_FILE] = _json(dict(sorted({**settings, **tokens}.items())))
    files[SPECIAL_TOKENS_FILE] = _json({**tokens, "mask_token": mask})
    return files


def _numbered(vocabulary):
    return sorted((number, token) for token, number in vocabulary.literals.items())


def _described(vocabulary, token):
    """Returns a token as transformers describes it."""
    is_mask = token == vocabulary.special_tokens["mask_token"]
    flags = {"lstrip": is_mask, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    return {"content": token, **flags}


def _json(content):
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
