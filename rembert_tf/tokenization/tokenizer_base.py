"""What a tokenizer knows without tokenizing: its vocabulary, special tokens and files."""

import json
import numbers

from rembert_tf.errors import InputError
from rembert_tf.tokenization.vocabulary import SPECIAL_TOKENS, VOCABULARY_FILE, Vocabulary, read_vocabulary_file
from rembert_tf.weights.atomic_files import write_files

CONFIG_FILE = "tokenizer_config.json"
DEFAULT_LENGTH = 512
_FLAGS = ("do_lower_case", "keep_accents", "remove_space")
_ALIASES = {"bos_token": "cls_token", "eos_token": "sep_token"}


class TokenizerBase:
    """The vocabulary-facing half of a tokenizer, the same for every engine.

    Args:
        vocab_file: a SentencePiece model: its path, or its content as bytes.
        do_lower_case: whether to lower-case ordinary text.
        remove_space, keep_accents: kept for compatibility; they change nothing, as in the reference.
        model_max_length: default for `max_length`, in pieces.
        **special_tokens: `cls_token`, `sep_token`, `unk_token`, `pad_token`, `mask_token`: spellings other
            than the usual ones.

    Raises:
        InputError: `vocab_file` is not a SentencePiece model, or an argument is unknown.
        MissingFileError: there is no such file.
    """

    def __init__(
        self,
        vocab_file,
        do_lower_case=False,
        remove_space=True,
        keep_accents=True,
        model_max_length=DEFAULT_LENGTH,
        **special_tokens,
    ):
        special_tokens = {_ALIASES.get(role, role): token for role, token in special_tokens.items()}
        unknown = sorted(special_tokens.keys() - set(SPECIAL_TOKENS))
        if unknown:
            raise InputError(f"unknown argument {', '.join(unknown)}: expected one of {', '.join(SPECIAL_TOKENS)}.")
        in_memory = isinstance(vocab_file, bytes)
        source = "the given bytes" if in_memory else repr(str(vocab_file))
        content = vocab_file if in_memory else read_vocabulary_file(vocab_file)
        self.vocabulary = Vocabulary(content, special_tokens, source)
        self.do_lower_case, self.keep_accents, self.remove_space = do_lower_case, keep_accents, remove_space
        self.model_max_length = check_length("model_max_length", model_max_length)

    @classmethod
    def from_pretrained(cls, path, **overrides):
        """Reads a model directory's vocabulary and settings, or a SentencePiece model file alone.

        Args:
            path: the directory or file: local, one that `tf.io.gfile` reaches, or the id of a model on the
                Hugging Face hub.
            **overrides: constructor arguments that win over the directory's settings.

        Raises:
            MissingFileError: there is no vocabulary.
            InputError: the vocabulary or the settings cannot be read.
        """
        from rembert_tf.weights.locations import TOKENIZER, local_path

        with local_path(path, TOKENIZER) as place:
            model = read_vocabulary_file(place)
            settings = _read_settings(place / CONFIG_FILE) if place.is_dir() else {}
        try:
            return cls(model, **{**settings, **overrides})
        except InputError as problem:
            raise InputError(f"{str(path)!r}: {problem}") from None

    def save_pretrained(self, directory):
        """Writes `sentencepiece.model` and `tokenizer_config.json` into a directory, made if needed."""
        tokens = self.vocabulary.special_tokens
        settings = {
            "tokenizer_class": "RemBertTokenizer",
            "model_max_length": self.model_max_length,
            **{flag: getattr(self, flag) for flag in _FLAGS},
            **tokens,
            **{alias: tokens[role] for alias, role in _ALIASES.items()},
        }
        text = json.dumps(dict(sorted(settings.items())), indent=2, ensure_ascii=False) + "\n"
        files = {VOCABULARY_FILE: self.vocabulary.model, CONFIG_FILE: text.encode("utf-8")}
        write_files(directory, files, last=VOCABULARY_FILE)

    @property
    def vocab_size(self):
        """Pieces of the SentencePiece model; `len(tokenizer)` also counts special tokens that are none."""
        return self.vocabulary.size

    def __len__(self):
        return len(self.vocabulary)

    def __getattr__(self, name):
        # cls_token, sep_token, ... and cls_token_id, sep_token_id, ...
        role = name.removesuffix("_id")
        role = _ALIASES.get(role, role)
        if role in SPECIAL_TOKENS and "vocabulary" in self.__dict__:
            return self.vocabulary.special_id(role) if name.endswith("_id") else self.vocabulary.special_tokens[role]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def all_special_ids(self):
        """Ids of the special tokens, each once."""
        return list(dict.fromkeys(self.vocabulary.special_id(role) for role in SPECIAL_TOKENS))

    def get_vocab(self):
        """Returns {token: id} of the whole vocabulary, appended special tokens included."""
        return {self.vocabulary.id_to_token(index): index for index in range(len(self))}

    def convert_tokens_to_ids(self, tokens):
        """Returns a token's id, or a list of ids for a list of tokens; unknown ones get the unknown id."""
        if isinstance(tokens, str):
            return self.vocabulary.token_to_id(tokens)
        return [self.vocabulary.token_to_id(token) for token in tokens]

    def convert_ids_to_tokens(self, ids):
        """Returns an id's token, or a list of tokens for a list of ids.

        Raises:
            InputError: an id is outside the vocabulary.
        """
        if isinstance(ids, numbers.Integral):
            return self.vocabulary.id_to_token(ids)
        return [self.vocabulary.id_to_token(int(token_id)) for token_id in ids]


def check_length(name, value):
    """Returns a number of pieces as a Python integer, or raises an InputError that names it."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 0:
        raise InputError(f"{name} must be a number of pieces, 0 or more, not {value!r}.")
    return int(value)


def _read_settings(file):
    """Returns the constructor arguments that a `tokenizer_config.json` holds; {} where there is none."""
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        settings = {
            # Hugging Face writes a special token as a string or as {"content": ..., "lstrip": ...}.
            name: value["content"] if isinstance(value, dict) else value
            for name, value in content.items()
            if name in (*SPECIAL_TOKENS, *_FLAGS) and value is not None
        }
        # "No limit" is stored as a number of thirty digits, which no tensor holds.
        limit = int(content.get("model_max_length") or DEFAULT_LENGTH)
        return {**settings, "model_max_length": limit if limit < 2**31 else DEFAULT_LENGTH}
    except (ValueError, AttributeError, KeyError, TypeError, OverflowError) as problem:
        raise InputError(f"{str(file)!r} is not a tokenizer configuration: {problem!r}.") from None
