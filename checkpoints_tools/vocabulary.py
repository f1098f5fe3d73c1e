"""Finding the SentencePiece model that belongs to a checkpoint, and holding its size against the table's."""

from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tokenization.tokenizer import RemBertTokenizer

NO_VOCABULARY = "there is no SentencePiece model: the result has weights alone (name one with --sentencepiece)."


def find_vocabulary(folder, given=None):
    """Returns the path of the SentencePiece model, or None where there is none.

    Args:
        folder: where the checkpoint lies.
        given: the path that the user named, or None.

    Raises:
        MissingFileError: the named one does not exist.
        InputError: the folder holds several.
    """
    if given is not None:
        if not Path(given).exists():
            raise MissingFileError(f"there is no SentencePiece model at {str(given)!r}.")
        return Path(given)
    found = sorted(Path(folder).glob("*.model"))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(
            f"{str(folder)!r} holds several SentencePiece models ({names}): name one with --sentencepiece."
        )
    return found[0] if found else None


def open_vocabulary(folder, given, vocab_size, **arguments):
    """Returns a RemBertTokenizer or None, and the sentences a report should warn with.

    Args:
        folder: where the checkpoint lies.
        given: the path that the user named, or None.
        vocab_size: rows of the input table.
        **arguments: of the tokenizer.

    Raises:
        InputError: it has more pieces than the table has rows, or is no SentencePiece model.
    """
    path = find_vocabulary(folder, given)
    if path is None:
        return None, [NO_VOCABULARY]
    tokenizer = RemBertTokenizer.from_pretrained(path, **arguments)
    return tokenizer, check_size(tokenizer, vocab_size, path)


def check_size(tokenizer, vocab_size, path):
    """Returns the sentences a report should warn with where pieces and rows do not pair up.

    Raises:
        InputError: there are more pieces than rows.
    """
    pieces = tokenizer.vocab_size
    if pieces > vocab_size:
        raise InputError(
            f"{str(path)!r} has {pieces} pieces, the checkpoint {vocab_size} rows for them: another vocabulary."
        )
    warnings = []
    if pieces < vocab_size:
        warnings.append(f"the vocabulary has {pieces} pieces: {vocab_size - pieces} of {vocab_size} rows have none.")
    outside = [token for token, number in tokenizer.vocabulary.appended.items() if number >= vocab_size]
    if outside:
        warnings.append(
            f"{', '.join(outside)} are no pieces of the vocabulary and got ids beyond the {vocab_size} rows: "
            f"resize_token_embeddings({len(tokenizer)}) makes room."
        )
    return warnings


def with_token_ids(config, tokenizer):
    """Returns a configuration whose special ids are the tokenizer's."""
    if tokenizer is None:
        return config
    ids = {f"{role}_token_id": getattr(tokenizer, f"{role}_token_id") for role in ("pad", "bos", "eos")}
    return config.replace(**ids)
