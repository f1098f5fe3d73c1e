"""BLEURT's checkpoints: an export with `bleurt_config.json` around a RemBERT that ends in one score.

BLEURT-20 and the smaller BLEURT-20-D12, -D6 and -D3 are such folders. The weights have Google's plain names;
the head is `dense`, a matrix of one column.
"""

import contextlib
import re
from pathlib import Path

from rembert_tf.checkpoints_tools.formats import google
from rembert_tf.checkpoints_tools.formats.tf_checkpoint import CheckpointReader
from rembert_tf.checkpoints_tools.graph_activation import SAVED_MODEL_FILE
from rembert_tf.checkpoints_tools.json_file import find_json, read_json
from rembert_tf.checkpoints_tools.vocabulary import open_vocabulary, with_token_ids
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tokenization.tokenizer_files import DEFAULT_LENGTH

SETTINGS_FILE = "bleurt_config.json"
WEIGHTS = Path("variables") / "variables"
_KERNEL = "dense/kernel"
# TF1 numbers layers of one kind: BLEURT's optional ReLU layers are dense, dense_1, ..., its output the last.
_FURTHER_LAYER = re.compile(r"^dense_\d+/kernel$")
_SMALLEST_ROW = 4  # [CLS], [SEP] twice, and a piece
_NO_DROPOUT = {"classifier_dropout_prob": 0.0}  # BLEURT trains its head without, unless told otherwise


def looks_like(path):
    """Whether a path is the folder of a BLEURT export: by its settings, or by the names in its SavedModel."""
    path = Path(path)
    if (path / SETTINGS_FILE).is_file():
        return True
    if not (path / SAVED_MODEL_FILE).is_file() or not Path(f"{path / WEIGHTS}.index").is_file():
        return False
    names = CheckpointReader(path / WEIGHTS).names()
    return _KERNEL in names and any(name.endswith("embeddings/word_embeddings") for name in names)


@contextlib.contextmanager
def open_source(path, request):
    """Yields the Source of a RemBertForSequenceClassification with one output, for regression.

    Args:
        path: the folder.
        request: a Request.

    Raises:
        MissingFileError: a file that the folder should have is missing.
        InputError: it is a BLEURT of another kind, is damaged, or contradicts itself.
    """
    folder = Path(path)
    settings = _read_settings(folder)
    if not Path(f"{folder / WEIGHTS}.index").is_file():
        raise MissingFileError(f"{str(folder)!r} has no weights: expected {WEIGHTS}.index, as a BLEURT export has.")
    reader = CheckpointReader(folder / WEIGHTS)
    _check_head(reader, folder)
    file = find_json(folder, request.config or _named(folder, settings, "bert_config_file"))
    source = google.read_source(reader, {**_NO_DROPOUT, **read_json(file)}, str(file), request, format="bleurt")
    source.config = source.config.replace(problem_type="regression")
    length, why = _row_length(settings, source.config, folder)
    vocabulary = request.sentencepiece or _named(folder, settings, "sp_model", ".model")
    source.tokenizer, warnings = _open_tokenizer(folder, vocabulary, source.config.vocab_size, length)
    source.decisions += [*why, *_about_lower_case(settings)]
    source.warnings += warnings
    source.config = with_token_ids(source.config, source.tokenizer)
    yield source


def _read_settings(folder):
    """Returns the content of `bleurt_config.json`, {} without one, unless it tells of another kind of model."""
    if not folder.is_dir():
        raise MissingFileError(f"there is no folder {str(folder)!r}: expected a BLEURT export, with {SETTINGS_FILE}.")
    file = folder / SETTINGS_FILE
    settings = read_json(file) if file.is_file() else {}
    wordpiece = settings.get("vocab_file")
    if wordpiece:
        raise InputError(
            f"{str(folder)!r} is a BLEURT on BERT with a WordPiece vocabulary ({wordpiece}), not on RemBERT: "
            "BLEURT-20 and its smaller kin -D12, -D6 and -D3 can be converted."
        )
    for name in ("bert_config_file", "sp_model"):
        if not isinstance(settings.get(name), str | None):
            raise InputError(f"{str(file)!r}: {name} must be a file's name, not {settings[name]!r}.")
    return settings


def _named(folder, settings, name, ending=""):
    """Returns the path of a file that the settings name, or None where they name none."""
    return folder / (settings[name] + ending) if settings.get(name) else None


def _check_head(reader, folder):
    names = reader.names()
    further = [name for name in names if _FURTHER_LAYER.match(name)]
    if further:
        raise InputError(
            f"{str(folder)!r} has hidden layers between the pooler and the score ({', '.join([_KERNEL, *further])}); "
            "a RemBertForSequenceClassification has none, so only BLEURTs with the single layer dense can be converted."
        )
    if _KERNEL not in names:
        raise InputError(f"{str(folder)!r} has no {_KERNEL}, which gives a BLEURT's score: try --from google.")
    if reader.shape(_KERNEL)[1:] != (1,):
        raise InputError(f"{str(folder)!r}: {_KERNEL} has the shape {reader.shape(_KERNEL)}, where one score is due.")


def _row_length(settings, config, folder):
    """Returns the longest row in pieces, and what was decided about it."""
    positions = config.max_position_embeddings
    length = settings.get("max_seq_length")
    if length is None:
        length = min(DEFAULT_LENGTH, positions)
        return length, [f"model_max_length is {length}: {SETTINGS_FILE} says nothing (max_seq_length)."]
    if not isinstance(length, int) or not _SMALLEST_ROW <= length <= positions:
        raise InputError(
            f"{str(folder / SETTINGS_FILE)!r}: max_seq_length must be {_SMALLEST_ROW} to {positions}, "
            f"the model's positions, not {length!r}."
        )
    return length, []


def _open_tokenizer(folder, path, vocab_size, length):
    """Returns the tokenizer, None without a vocabulary, and what to warn of."""
    tokenizer, warnings = open_vocabulary(folder, path, vocab_size, model_max_length=length)
    if tokenizer is None:
        return tokenizer, warnings
    appended = tokenizer.vocabulary.appended
    missing = [token for token in (tokenizer.cls_token, tokenizer.sep_token) if token in appended]
    if missing:
        raise InputError(f"the vocabulary of {str(folder)!r} has no piece {', '.join(missing)}: it is not a BLEURT's.")
    # Scoring needs no other special token: one that is no piece would only ask for a row that the table lacks.
    spare = {}
    if tokenizer.mask_token in appended:
        spare["mask_token"] = tokenizer.unk_token
    if tokenizer.pad_token in appended:
        spare["pad_token"] = tokenizer.vocabulary.id_to_token(0)  # what BLEURT pads with
    if spare:
        tokenizer, warnings = open_vocabulary(folder, path, vocab_size, model_max_length=length, **spare)
        warnings += [f"the vocabulary has no piece for {role}: {token} stands for it." for role, token in spare.items()]
    return tokenizer, warnings


def _about_lower_case(settings):
    if settings.get("do_lower_case"):
        return ["do_lower_case is false: BLEURT itself passes over it where there is a SentencePiece model."]
    return []
