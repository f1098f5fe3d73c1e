"""A SentencePiece vocabulary and the special tokens around it."""

from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError

VOCABULARY_FILE = "sentencepiece.model"
SPECIAL_TOKENS = ("cls_token", "sep_token", "unk_token", "pad_token", "mask_token")


class Vocabulary:
    """The pieces of a SentencePiece model, followed by the special tokens that it lacks.

    Special tokens that are pieces keep the pieces' ids; the others get the ids after the last piece, in
    the order cls, sep, unk, pad, mask, as in the reference.

    Args:
        model: the serialized SentencePiece model, as bytes.
        special_tokens: {"cls_token": "[CLS]", ...}; tokens that are not given get their usual spelling
            where the model has such a piece, else the model's own unknown and padding pieces.
        source: where `model` comes from, for messages.

    Raises:
        InputError: `model` is not a SentencePiece model.
    """

    def __init__(self, model, special_tokens=None, source="the given bytes"):
        import sentencepiece

        try:
            self.processor = sentencepiece.SentencePieceProcessor(model_proto=model)
            self.size = self.processor.get_piece_size()
        except (RuntimeError, TypeError, ValueError, OSError):
            self.size = 0
        if not self.size:
            raise InputError(f"{source} is not a SentencePiece model; {VOCABULARY_FILE} of a model directory is one.")
        self.model = model
        self.special_tokens = {**self._usual_special_tokens(), **(special_tokens or {})}
        self.appended = {}
        for role in SPECIAL_TOKENS:
            token = self.special_tokens[role]
            if not isinstance(token, str) or not token:
                raise InputError(f"{role} must be a string that is not empty, not {token!r}.")
            if not self.has_piece(token) and token not in self.appended:
                self.appended[token] = self.size + len(self.appended)

    def _usual_special_tokens(self):
        usual = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"}
        if not self.has_piece("[PAD]") and self.processor.pad_id() >= 0:
            usual["pad_token"] = self.processor.id_to_piece(self.processor.pad_id())
        # The reference's "[UNK]" is no piece, so its id would lie outside the embedding table, while
        # SentencePiece itself goes on emitting its own unknown id.
        usual["unk_token"] = self.processor.id_to_piece(self.processor.unk_id())
        return usual

    def has_piece(self, token):
        """Whether the SentencePiece model has exactly this piece."""
        return self.processor.id_to_piece(self.processor.piece_to_id(token)) == token

    def __len__(self):
        return self.size + len(self.appended)

    def token_to_id(self, token):
        """Returns a token's id; the unknown id for one that does not exist."""
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
        """Returns the id of `cls_token`, `sep_token`, `unk_token`, `pad_token` or `mask_token`."""
        return self.token_to_id(self.special_tokens[role])


def read_vocabulary_file(path):
    """Returns the bytes of a SentencePiece model, given its file or the directory that holds it.

    Raises:
        MissingFileError: there is none.
    """
    file = Path(path)
    file = file / VOCABULARY_FILE if file.is_dir() else file
    if not file.is_file():
        raise MissingFileError(f"no vocabulary at {str(file)!r}: expected a SentencePiece model or its directory.")
    return file.read_bytes()
