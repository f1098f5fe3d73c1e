"""The vocabulary of a directory of the BERT family, as a tokenizer of ours, where that is possible."""

import contextlib
import dataclasses
from pathlib import Path

from rembert_tf.checkpoints_tools.json_file import read_json
from rembert_tf.checkpoints_tools.shifted_vocabulary import CAMEMBERT, SPECIAL_TOKENS, XLM_ROBERTA, shift
from rembert_tf.checkpoints_tools.unigram_vocabulary import TOKENIZER_JSON_FILE, from_tokenizer_json
from rembert_tf.checkpoints_tools.vocabulary import check_size
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tokenization import tokenizer_files
from rembert_tf.tokenization.tokenizer import RemBertTokenizer
from rembert_tf.tokenization.vocabulary import SPECIAL_TOKENS as ROLES
from rembert_tf.tokenization.vocabulary import VOCABULARY_FILE

# The names that the transformers library gives to SentencePiece models; those of the first are shifted.
_SHIFTED = "sentencepiece.bpe.model"
_FILES = (_SHIFTED, VOCABULARY_FILE, "spiece.model")
_WORDPIECE, _BYTE_BPE = "vocab.txt", "vocab.json"
_BY_CLASS = {"Camembert": CAMEMBERT, "XLMRoberta": XLM_ROBERTA}
_BY_FAMILY = {"CamemBERT": CAMEMBERT, "XLM-R": XLM_ROBERTA}
_PAIRS = (
    "pairs of texts are joined as <s> a </s> b </s>, with one </s> in the middle: fairseq's models saw two there, "
    "so fine-tune before relying on pairs."
)


@dataclasses.dataclass
class Found:
    """A vocabulary, or the reasons why there is none.

    Args:
        tokenizer: a RemBertTokenizer, or None.
        decisions, warnings: sentences for the report.
    """

    tokenizer: object = None
    decisions: list = dataclasses.field(default_factory=list)
    warnings: list = dataclasses.field(default_factory=list)


def open_vocabulary(directory, given, config, family=""):
    """Returns what was Found.

    Args:
        directory: of the source, a Path.
        given: path of a SentencePiece model that lies elsewhere, or None.
        config: the RemBertConfig.
        family: name of the source's kind, which tells where its files do not.

    Raises:
        MissingFileError: the named model does not exist.
        InputError: the vocabulary is damaged, or has more pieces than the table has rows.
    """
    settings = tokenizer_files.read_settings(directory)
    limit = min(settings.get("model_max_length", config.max_position_embeddings), config.max_position_embeddings)
    options = {"model_max_length": limit, "padding_side": settings.get("padding_side", "right")}
    roles = {role: settings[role] for role in ROLES if role in settings}
    path = _sentencepiece_file(directory, given)
    if path is not None:
        return _from_sentencepiece(path, _layout(path, directory, family), roles, options, config)
    path = directory / TOKENIZER_JSON_FILE
    if path.is_file():
        return _from_json(path, roles, options, config)
    return Found(warnings=[_weights_only(_kind_of_vocabulary(directory))])


def _sentencepiece_file(directory, given):
    if given is not None:
        if not Path(given).is_file():
            raise MissingFileError(f"there is no SentencePiece model at {str(given)!r}.")
        return Path(given)
    return next((directory / name for name in _FILES if (directory / name).is_file()), None)


def _layout(path, directory, family):
    """Returns the Layout of the ids that belong to a SentencePiece model; None where its places are the ids."""
    file = directory / tokenizer_files.CONFIG_FILE
    named = str(read_json(file).get("tokenizer_class") or "") if file.is_file() else ""
    for name, layout in _BY_CLASS.items():
        if named.startswith(name):
            return layout
    return _BY_FAMILY.get(family, XLM_ROBERTA if path.name == _SHIFTED else None)


def _from_sentencepiece(path, layout, roles, options, config):
    if layout is None:
        tokenizer = _tokenizer(path, path.read_bytes, roles, options)
        return Found(tokenizer, warnings=check_size(tokenizer, config.vocab_size, path))
    tokenizer = _tokenizer(path, lambda: shift(path.read_bytes(), layout), SPECIAL_TOKENS, options)
    told = f"the pieces of {path.name} are renumbered as {layout.name} numbers them, {len(tokenizer)} in all."
    return Found(tokenizer, [told], [*check_size(tokenizer, config.vocab_size, path), *_pairs(tokenizer)])


def _from_json(path, roles, options, config):
    with _naming(path):
        model, why = from_tokenizer_json(read_json(path))
    if model is None:
        return Found(warnings=[_weights_only(why)])
    tokenizer = _tokenizer(path, lambda: model, {**_usual_roles(model), **roles}, options)
    told = f"the SentencePiece model is made from the pieces, scores and rules in {path.name}."
    return Found(tokenizer, [told], [*check_size(tokenizer, config.vocab_size, path), *_pairs(tokenizer)])


def _usual_roles(model):
    """Returns fairseq's special tokens as far as they are pieces."""
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return {
        role: token
        for role, token in SPECIAL_TOKENS.items()
        if processor.id_to_piece(processor.piece_to_id(token)) == token
    }


def _tokenizer(path, model, roles, options):
    with _naming(path):
        return RemBertTokenizer(model(), **roles, **options)


@contextlib.contextmanager
def _naming(path):
    """Lets errors name the file that they are about."""
    try:
        yield
    except InputError as problem:
        raise problem if str(path) in str(problem) else InputError(f"{str(path)!r}: {problem}") from None


def _pairs(tokenizer):
    return [_PAIRS] if (tokenizer.cls_token, tokenizer.sep_token) == ("<s>", "</s>") else []


def _kind_of_vocabulary(directory):
    if (directory / _WORDPIECE).is_file():
        return f"its vocabulary ({_WORDPIECE}) is WordPiece"
    if (directory / _BYTE_BPE).is_file():
        return f"its vocabulary ({_BYTE_BPE}) is byte-level BPE"
    return "it has no vocabulary"


def _weights_only(why):
    return (
        f"{why}, which no tokenizer of this package reads: the result has weights alone, so make its ids "
        f"with the source's own tokenizer (or name a SentencePiece model with --sentencepiece)."
    )
