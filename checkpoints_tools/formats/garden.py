"""Model Garden's checkpoints: the objects of a BertEncoderV2, a YAML file and a SentencePiece model."""

import contextlib
import functools
from pathlib import Path

import numpy as np

from rembert_tf.checkpoints_tools.formats.garden_config import (
    ERF,
    YAML_FILE,
    find_yaml,
    read_yaml,
    settle,
    word_for,
    yaml_text,
)
from rembert_tf.checkpoints_tools.formats.garden_names import LM_ROWS, read_naming
from rembert_tf.checkpoints_tools.formats.object_checkpoint import ENDING, GRAPH_KEY, ObjectGraph, graph_of
from rembert_tf.checkpoints_tools.formats.tf_checkpoint import (
    STATE_FILE,
    CheckpointReader,
    CheckpointWriter,
    find_prefix,
)
from rembert_tf.checkpoints_tools.source import Skipped, Source, SourceTensor, shape_of, table
from rembert_tf.checkpoints_tools.vocabulary import open_vocabulary, with_token_ids
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tokenization.vocabulary import VOCABULARY_FILE

PREFIX = "ckpt-1"
# `Checkpoint.restore` counts saves itself, and asks the checkpoint for the number.
SAVE_COUNTER = f"save_counter{ENDING}"
# Model Garden's encoders have it in their code, not in a configuration.
LAYER_NORM_EPS = 1e-12
_PROJECTION = ("encoder.embedding_projection.kernel", "encoder.embedding_projection.bias")


def looks_like(path):
    """Whether there is a checkpoint with a graph of objects."""
    prefix = find_prefix(path)
    return prefix is not None and GRAPH_KEY in CheckpointReader(prefix).names()


@contextlib.contextmanager
def open_source(path, request):
    """Yields the Source of a checkpoint.

    Args:
        path: a folder, the prefix of the checkpoint's files, or one of them.
        request: a Request; its `config` is a YAML file.

    Raises:
        MissingFileError: there is no checkpoint, a data file is missing, or a file that was named.
        InputError: it holds no BERT encoder, weights are missing, or it contradicts its YAML or vocabulary.
    """
    prefix = find_prefix(path)
    if prefix is None:
        raise MissingFileError(
            f"there is no TensorFlow checkpoint at {str(path)!r}: expected a folder or prefix of .index."
        )
    folder = Path(prefix).parent
    file = find_yaml(folder, request.config)
    source = _read_source(CheckpointReader(prefix), None if file is None else read_yaml(file), request)
    source.tokenizer, warnings = open_vocabulary(folder, request.sentencepiece, source.config.vocab_size)
    source.warnings += warnings
    source.config = with_token_ids(source.config, source.tokenizer)
    yield source


def _read_source(reader, said, request):
    shapes = {name: reader.shape(name) for name in reader.names()}
    naming = read_naming(ObjectGraph(reader), shapes, reader.prefix)
    config, decisions, warnings = settle(said, naming.sizes, request.hidden_act)
    tensors = {row: SourceTensor(row, key, functools.partial(_read, reader, row, key)) for row, key in naming.names}
    skipped = list(naming.skipped)
    if naming.without_projection:
        tensors.update(_identity(config))
        decisions.append("both widths are equal and nothing projects between them: the projection is the identity.")
    if naming.has_head:
        # A head of our family has the encoder's activation; with another one it would compute something else.
        if said is not None and said.head_differs:
            reason = f"its activation is {said.mlm_activation}, the encoder's another one"
            skipped += [Skipped(tensors.pop(row).origin, shape_of(row, config), reason) for row in LM_ROWS]
        elif naming.is_tied:
            decisions.append("the head shares the input table: the output embedding is a copy of it.")
    has_head = LM_ROWS[0] in tensors
    if has_head and (said is None or said.mlm_activation is None):
        decisions.append("nothing says what the head's activation is: it is taken to be the encoder's.")
    return Source(
        format="garden",
        config=config,
        architecture="RemBertForMaskedLM" if has_head else "RemBertModel",
        tensors=[tensors[row] for row in table(config) if row in tensors],
        skipped=skipped,
        decisions=decisions,
        warnings=warnings,
    )


def _read(reader, row, key):
    return row.layout.to_file(reader.read(key))


def _identity(config):
    """Returns {row: SourceTensor} of a projection that changes nothing."""
    width = config.hidden_size
    arrays = (lambda: np.eye(width, dtype=np.float32), lambda: np.zeros(width, np.float32))
    rows = [row for row in table(config) if row.variable in _PROJECTION]
    return {row: SourceTensor(row, "the identity", array) for row, array in zip(rows, arrays, strict=True)}


def plan(source):
    """Returns ({SourceTensor: its name in a Model Garden checkpoint}, list of Skipped that have no place there).

    Sentences about what the destination cannot express are added to `source.warnings`.

    Raises:
        InputError: Model Garden's encoder cannot compute what the model does.
    """
    config = source.config
    if config.layer_norm_eps != LAYER_NORM_EPS:
        raise InputError(
            f"the model has layer_norm_eps {config.layer_norm_eps}, Model Garden's encoder {LAYER_NORM_EPS} and no "
            f"setting for another."
        )
    names = {tensor.row.name: tensor for tensor in source.tensors}
    without = {
        name: "Model Garden's encoder has none, and it is the identity" for name in _idle_projection(names, config)
    }
    if not all(row.name in names for row in LM_ROWS):
        without |= {row.name: "the language model's head is incomplete" for row in LM_ROWS}
    kept, skipped = {}, []
    for tensor in source.tensors:
        reason = without.get(tensor.row.name) or (
            None if tensor.row.garden else "Model Garden's encoder has no such part"
        )
        if reason:
            skipped.append(Skipped(tensor.origin, source.shape(tensor), reason))
        else:
            kept[tensor] = tensor.row.garden + ENDING
    caveats = _caveats(config, {tensor.row for tensor in kept})
    source.warnings += [sentence for sentence in caveats if sentence not in source.warnings]
    return kept, skipped


def _idle_projection(tensors, config):
    """Returns the names of the projection's weights where Model Garden's encoder has no projection."""
    if config.input_embedding_size != config.hidden_size:
        return []
    found = [tensor for tensor in tensors.values() if tensor.row.variable in _PROJECTION]
    kernel, bias = (tensor.read() for tensor in found)
    if np.any(kernel != np.eye(config.hidden_size)) or np.any(bias):
        raise InputError(
            f"input_embedding_size and hidden_size are both {config.hidden_size}, where Model Garden's encoder has no "
            f"projection, and this model's is not the identity."
        )
    return [tensor.row.name for tensor in found]


def write(source, directory, settings):
    """Writes a source as an object-based checkpoint, the YAML file of its encoder, and the vocabulary.

    What the destination cannot express stands as comments in the YAML.

    Args:
        source: a Source.
        directory: an empty one, a Path.
        settings: WriteSettings; `report` is called after each tensor.

    Returns:
        A list of Skipped: the weights that have no place there.

    Raises:
        InputError: Model Garden's encoder cannot compute what the model does.
    """
    names, skipped = plan(source)
    with CheckpointWriter(directory / PREFIX) as writer:
        for tensor, name in names.items():
            writer.add(name, _as_variable(tensor, source.config))
            settings.report(tensor)
        writer.add(SAVE_COUNTER, np.array(1, np.int64))
        writer.add(GRAPH_KEY, graph_of([*names.values(), SAVE_COUNTER]))
    state = f'model_checkpoint_path: "{PREFIX}"\nall_model_checkpoint_paths: "{PREFIX}"\n'
    (directory / STATE_FILE).write_text(state, "utf-8")
    rows = {tensor.row for tensor in names}
    notes = [sentence[0].upper() + sentence[1:] for sentence in _caveats(source.config, rows)]
    notes += _usage(source.config, rows)
    (directory / YAML_FILE).write_text(yaml_text(source.config, notes), "utf-8")
    if source.tokenizer is not None:
        (directory / VOCABULARY_FILE).write_bytes(source.tokenizer.vocabulary.model)
    return skipped


def _as_variable(tensor, config):
    layout = tensor.row.layout
    shape = layout.variable_shape(shape_of(tensor.row, config), config.num_attention_heads)
    return layout.to_variable(tensor.read(), shape)


def _caveats(config, rows):
    """Returns sentences about what the destination cannot express."""
    caveats = []
    if config.hidden_act == "gelu":
        caveats.append(
            f"this model has GELU's erf form, and Model Garden's word gelu is the tanh form: hidden_activation is "
            f"{ERF}, which its code refuses until it is told that this is tf.nn.gelu."
        )
    if config.is_decoder:
        caveats.append("this model's attention is causal, and BertEncoderV2's looks both ways: outputs differ.")
    if not any(row.variable.startswith("pooler.") for row in rows):
        caveats.append("there is no pooler, and BertEncoderV2 has one: restore with expect_partial() and train it.")
    return caveats


def _usage(config, rows):
    """Returns lines of Python that restore what was written."""
    erf = config.hidden_act == "gelu"
    lines = [f'tf_keras.utils.get_custom_objects()["{ERF}"] = tf.nn.gelu'] if erf else []
    lines += [
        f'encoder = encoders.build_encoder(encoders.EncoderConfig.from_yaml("{YAML_FILE}"))',
        f'tf.train.Checkpoint(encoder=encoder).restore("{PREFIX}")',
    ]
    if LM_ROWS[0] in rows:
        activation = "tf.nn.gelu" if erf else f'tf_utils.get_activation("{word_for(config.hidden_act)}")'
        shape = f"({config.vocab_size}, {config.output_embedding_size})"
        lines += [
            "or, with the language model's head:",
            f"head = layers.MaskedLM(embedding_table=tf.Variable(tf.zeros({shape})), activation={activation})",
            "pretrainer = models.BertPretrainerV2(encoder, customized_masked_lm=head)",
            f'tf.train.Checkpoint(**pretrainer.checkpoint_items).restore("{PREFIX}")',
        ]
    return lines
