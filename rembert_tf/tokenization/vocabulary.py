"""A SentencePiece vocabulary and the special tokens around it."""

from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights.path_checks import check_path

VOCABULARY_FILE = "sentencepiece.model"

# In the order in which the reference appends those that are no pieces. Beginning and end are the same
# tokens as cls and sep unless something else is asked for.
SPECIAL_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


class Vocabulary:
    """The pieces of a SentencePiece model, followed by the tokens that it lacks.

    Special tokens that are pieces keep the pieces' ids; the others get the ids after the last piece, in
    the order cls, sep, unk, pad, mask, as in the reference.

    Args:
        model: the serialized SentencePiece model, as bytes.
        special_tokens: {"cls_token": "[CLS]", ...}; tokens that are not given get their usual spelling
            where the model has such a piece, else the model's own unknown and padding pieces.
        additional: further special tokens.
        numbered: {id: token} of tokens that have their number already, as saved files hold them.
        source: where `model` comes from, for messages.

    Raises:
        InputError: `model` is not a SentencePiece model, or a token or its number is impossible.
    """

    def __init__(self, model, special_tokens=None, additional=(), numbered=None, source="the given content"):
        import sentencepiece

        try:
            self.processor = sentencepiece.SentencePieceProcessor(model_proto=model)
            self.size = self.processor.get_piece_size()
        except (RuntimeError, TypeError, ValueError, OSError):
            self.size = 0
        if not self.size:
            raise InputError(f"{source} is not a SentencePiece model; {VOCABULARY_FILE} of a model directory is one.")
        self.model = model
        self.appended = {}
        self.special_tokens, self.additional = {}, []
        for token_id, token in sorted((numbered or {}).items()):
            self._append_numbered(token_id, token)
        self.set_special_tokens({**self._usual_special_tokens(), **(special_tokens or {})}, list(additional))

    def _usual_special_tokens(self):
        usual = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"}
        if not self.has_piece("[PAD]") and self.processor.pad_id() >= 0:
            usual["pad_token"] = self.processor.id_to_piece(self.processor.pad_id())
        # The reference's "[UNK]" is no piece, so its id would lie outside the embedding table, while
        # SentencePiece itself goes on emitting its own unknown id.
        usual["unk_token"] = self.processor.id_to_piece(self.processor.unk_id())
        return usual

    def _append_numbered(self, token_id, token):
        _check_token(f"the token with id {token_id}", token)
        if token_id < self.size or self.has_piece(token):
            if token_id != self.token_to_id(token):
                raise InputError(f"token {token!r} cannot have id {token_id}: the vocabulary gives it another piece.")
        elif token_id != len(self) or token in self.appended:
            raise InputError(f"token {token!r} cannot have id {token_id}: the next after the pieces is {len(self)}.")
        else:
            self.appended[token] = token_id

    def set_special_tokens(self, roles, additional=None):
        """Gives roles to tokens and appends those that do not exist yet.

        Args:
            roles: {"mask_token": "<mask>", ...}; roles that are not named keep their token.
            additional: the further special tokens, instead of those there are; None keeps them.

        Raises:
            InputError: a token is not a string or empty; nothing was changed.
        """
        for role, token in roles.items():
            _check_token(role, token)
        for position, token in enumerate(additional or []):
            _check_token(f"additional_special_tokens[{position}]", token)
        roles = {**self.special_tokens, **roles}
        roles = {"bos_token": roles["cls_token"], "eos_token": roles["sep_token"], **roles}
        additional = self.additional if additional is None else list(dict.fromkeys(additional))
        self.special_tokens, self.additional = {role: roles[role] for role in SPECIAL_TOKENS}, additional
        for token in self.all_special_tokens:
            if not self.has_piece(token) and token not in self.appended:
                self.appended[token] = len(self)

    @property
    def all_special_tokens(self):
        """The special tokens, each once."""
        return list(dict.fromkeys([*self.special_tokens.values(), *self.additional]))

    @property
    def literals(self):
        """{token: id} of all tokens that a text can spell out: the special ones and whatever was appended."""
        return {token: self.token_to_id(token) for token in dict.fromkeys([*self.all_special_tokens, *self.appended])}

    def has_piece(self, token):
        """Whether the SentencePiece model has exactly this piece."""
        return self.processor.id_to_piece(self.processor.piece_to_id(token)) == token

    def __len__(self):
        return self.size + len(self.appended)

    def token_to_id(self, token):
        """Returns a token's id; the unknown id for one that does not exist.

        Raises:
            InputError: `token` is no string.
        """
        if not isinstance(token, str):
            raise InputError(f"a token must be a string, not {token!r}.")
        return self.appended[token] if token in self.appended else self.processor.piece_to_id(token)

    def id_to_token(self, token_id):
        """Returns the token of an id.

        Raises:
            InputError: there is no such id.
        """
        if not 0 <= token_id < len(self):
            raise InputError(f"token id {token_id} is outside the vocabulary, which has ids 0 to {len(self) - 1}.")
        if token_id < self.size:
            return self.processor.id_to_piece(int(token_id))
        return list(self.appended)[token_id - self.size]

    def special_id(self, role):
        """Returns the id of `cls_token`, `sep_token`, `unk_token`, `pad_token`, `mask_token`, ..."""
        return self.token_to_id(self.special_tokens[role])


def _check_token(name, token):
    if not isinstance(token, str) or not token:
        raise InputError(f"{name} must be a string that is not empty, not {token!r}.")
    try:
        token.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{name} holds half of a surrogate pair, which no text can: {token!r}.") from None


def read_vocabulary_file(path):
    """Returns the bytes of a SentencePiece model, given its file or the directory that holds it.

    Raises:
        MissingFileError: there is none.
        InputError: it is no path.
    """
    check_path(path, "the vocabulary", "the path of a SentencePiece model or of its directory")
    file = Path(path)
    file = file / VOCABULARY_FILE if file.is_dir() else file
    if not file.is_file():
        raise MissingFileError(f"no vocabulary at {str(file)!r}: expected a SentencePiece model or its directory.")
    return file.read_bytes()
