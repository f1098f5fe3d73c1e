"""What both tokenizers are, whatever cuts their texts into pieces: vocabulary, special tokens, files."""

import numbers
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.former_arguments import argument_advice, refuse_arguments, suggestion
from rembert_tf.former_members import TOKENIZER_MEMBERS, FormerMembers
from rembert_tf.tokenization import tokenizer_files
from rembert_tf.tokenization.call_options import SIDES, check_choice, check_length
from rembert_tf.tokenization.token_roles import TokenRoles
from rembert_tf.tokenization.tokenizer_calls import TokenizerCalls
from rembert_tf.tokenization.tokenizer_files import DEFAULT_LENGTH
from rembert_tf.tokenization.vocabulary import SPECIAL_TOKENS, VOCABULARY_FILE, Vocabulary, read_vocabulary_file
from rembert_tf.weights.atomic_files import write_files
from rembert_tf.weights.path_checks import check_path


class TokenizerBase(FormerMembers, TokenRoles, TokenizerCalls):
    """The vocabulary-facing half of a tokenizer, the same for every engine.

    Args:
        vocab_file: a SentencePiece model: its path, or its content as bytes.
        do_lower_case: whether to lower-case ordinary text.
        remove_space: kept for compatibility; changes nothing, as in the reference.
        keep_accents: the same.
        model_max_length: default for `max_length`, in pieces.
        padding_side: where padding goes: `right` or `left`.
        additional_special_tokens: further tokens that texts may spell out.
        added_tokens_decoder: {id: token} of tokens after the vocabulary, as saved configurations have it.
        **special_tokens: `cls_token`, `sep_token`, `unk_token`, `pad_token`, `mask_token`, `bos_token`,
            `eos_token`: spellings other than the usual ones; bos is cls and eos is sep unless given.

    Raises:
        InputError: `vocab_file` is not a SentencePiece model, or an argument is unknown.
        MissingFileError: there is no such file.
    """

    FORMER_MEMBERS = TOKENIZER_MEMBERS

    def __init__(
        self,
        vocab_file,
        do_lower_case=False,
        remove_space=True,
        keep_accents=True,
        model_max_length=DEFAULT_LENGTH,
        padding_side="right",
        additional_special_tokens=(),
        added_tokens_decoder=None,
        **special_tokens,
    ):
        _check_roles("argument", special_tokens, _SETTINGS)
        in_memory = isinstance(vocab_file, bytes)
        source = "the given content" if in_memory else repr(str(vocab_file))
        content = vocab_file if in_memory else read_vocabulary_file(vocab_file)
        additional = _token_list(additional_special_tokens)
        self.vocabulary = Vocabulary(content, special_tokens, additional, added_tokens_decoder, source)
        self.do_lower_case, self.keep_accents, self.remove_space = do_lower_case, keep_accents, remove_space
        self.model_max_length = check_length("model_max_length", model_max_length)
        check_choice("padding_side", padding_side, SIDES)
        self.padding_side = padding_side

    @classmethod
    def from_pretrained(cls, path, **overrides):
        """Returns the tokenizer of a model directory's vocabulary and settings, or of a SentencePiece model file alone.

        Args:
            path: the directory or file: local, one that `tf.io.gfile` reaches, or the id of a model on the hub.
            **overrides: constructor arguments that win over the directory's settings.

        Raises:
            MissingFileError: there is no vocabulary.
            InputError: the vocabulary or the settings cannot be read.
        """
        from rembert_tf.weights.locations import local_path

        with local_path(path, [tokenizer_files.FILES]) as place:
            model = read_vocabulary_file(place)
            settings = tokenizer_files.read_settings(place) if place.is_dir() else {}
        try:
            return cls(model, **{**settings, **overrides})
        except InputError as problem:
            raise InputError(f"{str(path)!r}: {problem}") from None

    def save_pretrained(self, directory, **others):
        """Writes the vocabulary, the settings and `tokenizer.json` into a directory.

        Args:
            directory: local path, made if needed.
            **others: none is taken; for what transformers takes, the error says what to write.

        Raises:
            InputError: the directory cannot be written; what was there is still there.
        """
        if others:
            refuse_arguments("save_pretrained", others)
        files = tokenizer_files.file_contents(self)
        # What another tokenizer left behind would contradict these.
        stale = {"tokenizer.json", tokenizer_files.ADDED_TOKENS_FILE} - files.keys()
        write_files(directory, files, last=VOCABULARY_FILE, remove=sorted(stale))

    def save_vocabulary(self, directory, filename_prefix=None):
        """Writes the SentencePiece model alone.

        Args:
            directory: an existing directory.
            filename_prefix: put before the file's name, with a hyphen.

        Returns:
            A tuple with the file's path.

        Raises:
            InputError: there is no such directory, or it cannot be written.
        """
        check_path(directory, "the directory to write into")
        if not Path(directory).is_dir():
            raise InputError(f"{str(directory)!r} is not a directory: make it first, or name another.")
        name = f"{filename_prefix}-{VOCABULARY_FILE}" if filename_prefix else VOCABULARY_FILE
        write_files(directory, {name: self.vocabulary.model}, last=name)
        return (str(Path(directory) / name),)

    def __reduce__(self):
        # SentencePiece and TensorFlow objects are made anew from the model's bytes.
        settings = {
            **{flag: getattr(self, flag) for flag in tokenizer_files.FLAGS},
            "model_max_length": self.model_max_length,
            "padding_side": self.padding_side,
            "additional_special_tokens": list(self.vocabulary.additional),
            "added_tokens_decoder": {number: token for token, number in self.vocabulary.appended.items()},
            **self.vocabulary.special_tokens,
        }
        return _rebuilt, (type(self), self.vocabulary.model, settings)

    @property
    def vocab_size(self):
        """Pieces of the SentencePiece model; `len(tokenizer)` also counts special tokens that are none."""
        return self.vocabulary.size

    def __len__(self):
        return len(self.vocabulary)

    @property
    def all_special_tokens(self):
        """The special tokens, each once."""
        return self.vocabulary.all_special_tokens

    @property
    def all_special_ids(self):
        """Ids of the special tokens, each once."""
        return list(dict.fromkeys(self.vocabulary.token_to_id(token) for token in self.all_special_tokens))

    @property
    def additional_special_tokens(self):
        """The special tokens without a role."""
        return list(self.vocabulary.additional)

    def add_special_tokens(self, special_tokens_dict, replace_additional_special_tokens=True):
        """Gives roles to other tokens, or adds special tokens; those that are no pieces get the next ids.

        A model's tables do not grow with them: `model.resize_token_embeddings(len(tokenizer))` does that.
        Graphs that were traced before keep the tokens of their time.

        Args:
            special_tokens_dict: {"mask_token": "<mask>", "additional_special_tokens": ["<a>", "<b>"]}.
            replace_additional_special_tokens: whether the additional ones take the place of those before,
                which keep their ids.

        Returns:
            How many tokens the vocabulary has gained.

        Raises:
            InputError: a role is unknown, or a token is not a string or empty; nothing was changed.
        """
        if not isinstance(special_tokens_dict, dict):
            raise InputError(f"special_tokens_dict must be a dictionary of roles, not {special_tokens_dict!r}.")
        roles = dict(special_tokens_dict)
        additional = _token_list(roles.pop("additional_special_tokens", None))
        _check_roles("role", roles)
        if additional is not None and not replace_additional_special_tokens:
            additional = self.vocabulary.additional + additional
        before = len(self)
        self.vocabulary.set_special_tokens(roles, additional)
        return len(self) - before

    def get_vocab(self):
        """Returns {token: id} of the whole vocabulary, appended special tokens included."""
        return {self.vocabulary.id_to_token(index): index for index in range(len(self))}

    def convert_tokens_to_ids(self, tokens):
        """Returns a token's id, or a list of ids for a list of tokens; unknown ones get the unknown id.

        Args:
            tokens: a token, or a list of tokens.
        """
        if isinstance(tokens, str):
            return self.vocabulary.token_to_id(tokens)
        return [self.vocabulary.token_to_id(token) for token in tokens]

    def convert_ids_to_tokens(self, ids, skip_special_tokens=False):
        """Returns an id's token, or a list of tokens for a list of ids.

        Args:
            ids: an id, or a list or array of ids.
            skip_special_tokens: whether to leave special tokens out of a list.

        Raises:
            InputError: an id is outside the vocabulary.
        """
        if isinstance(ids, numbers.Integral):
            return self.vocabulary.id_to_token(ids)
        skipped = set(self.all_special_ids) if skip_special_tokens else ()
        return [self.vocabulary.id_to_token(int(token_id)) for token_id in ids if int(token_id) not in skipped]

    def convert_tokens_to_string(self, tokens):
        """Returns the text of a list of tokens, as SentencePiece joins them, as a Python string.

        Args:
            tokens: list of strings.
        """
        return self.vocabulary.processor.decode_pieces(list(tokens))


def _rebuilt(tokenizer_class, model, settings):
    return tokenizer_class(model, **settings)


# What a tokenizer is made with, beside its vocabulary and its special tokens.
_SETTINGS = (*tokenizer_files.FLAGS, "model_max_length", "padding_side", "added_tokens_decoder")


def _check_roles(what, tokens, further=()):
    unknown = sorted(tokens.keys() - set(SPECIAL_TOKENS))
    if unknown:
        accepted = (*SPECIAL_TOKENS, tokenizer_files.ADDITIONAL, *further)
        advice = argument_advice(unknown)
        told = f" ({advice})" if advice else suggestion(unknown, accepted)
        raise InputError(f"unknown {what} {', '.join(unknown)}: expected one of {', '.join(accepted)}{told}.")


def _token_list(tokens):
    if isinstance(tokens, (str, bytes)) or not (tokens is None or hasattr(tokens, "__iter__")):
        raise InputError(f"additional_special_tokens must be a list of strings, not {tokens!r}.")
    return None if tokens is None else list(tokens)
