"""Google's original checkpoints: TF1 files with plain names, a JSON file and a SentencePiece model."""

import contextlib
import functools
import json
from pathlib import Path

from rembert_tf.checkpoints_tools.activation import decide_activation
from rembert_tf.checkpoints_tools.formats.google_names import HEAD_PREFIX, read_naming
from rembert_tf.checkpoints_tools.formats.tf_checkpoint import CheckpointReader, CheckpointWriter, find_prefix
from rembert_tf.checkpoints_tools.json_file import find_json, read_json
from rembert_tf.checkpoints_tools.sizes import check_shapes, infer_sizes, settle_config
from rembert_tf.checkpoints_tools.source import Source, SourceTensor, table
from rembert_tf.checkpoints_tools.vocabulary import open_vocabulary, with_token_ids
from rembert_tf.errors import MissingFileError
from rembert_tf.tokenization.vocabulary import VOCABULARY_FILE

JSON_FILE = "bert_config.json"
PREFIX = "model.ckpt"
# In a JSON that we write: which form of GELU is meant, since Google's code knows the tanh form alone.
FORM = "hidden_act_form"


def looks_like(path):
    """Whether there is a checkpoint with the plain names of TF1."""
    prefix = find_prefix(path)
    return prefix is not None and "_CHECKPOINTABLE_OBJECT_GRAPH" not in CheckpointReader(prefix).names()


@contextlib.contextmanager
def open_source(path, request):
    """Yields the Source of a checkpoint.

    Args:
        path: a folder, the prefix of the checkpoint's files, or one of them.
        request: a Request.

    Raises:
        MissingFileError: there is no checkpoint, a data file is missing, or no JSON was found.
        InputError: it is no RemBERT, it contradicts its JSON or its vocabulary, or leaves something open.
    """
    prefix = find_prefix(path)
    if prefix is None:
        raise MissingFileError(
            f"there is no TensorFlow checkpoint at {str(path)!r}: expected a folder or prefix of .index."
        )
    file = find_json(Path(prefix).parent, request.config)
    source = read_source(CheckpointReader(prefix), read_json(file), str(file), request)
    source.tokenizer, warnings = open_vocabulary(Path(prefix).parent, request.sentencepiece, source.config.vocab_size)
    source.warnings += warnings
    source.config = with_token_ids(source.config, source.tokenizer)
    yield source


def read_source(reader, content, where, request, format="google"):
    """Returns the Source of an open checkpoint, without its vocabulary.

    Args:
        reader: a CheckpointReader.
        content: the JSON object that describes the model.
        where: the JSON's path, for messages.
        request: a Request.
        format: the source's name in the report.
    """
    shapes = {name: reader.shape(name) for name in reader.names()}
    naming = read_naming(shapes, reader.prefix, request.output_embedding)
    found = [(row, _file_shape(row, shapes[name], naming), name) for row, name in naming.names]
    architecture = _architecture([row.name for row, _ in naming.names], content)
    sizes = infer_sizes([(row, shape) for row, shape, _ in found], architecture)
    config = settle_config(content, {"num_hidden_layers": naming.num_hidden_layers, **sizes}, where)
    check_shapes(found, config, repr(reader.prefix), architecture)
    hidden_act, why = decide_activation(config, content.get(FORM), request.hidden_act, reader.prefix)
    tensors = [
        SourceTensor(row, name, functools.partial(_read, reader, row, name, naming)) for row, name in naming.names
    ]
    return Source(
        format=format,
        config=_for_one_score(config, architecture, content).replace(hidden_act=hidden_act),
        architecture=architecture,
        tensors=_in_table_order(tensors, config),
        skipped=naming.skipped,
        decisions=[why],
        warnings=[f"{item.name} {item.shape} is unknown and left out" for item in naming.skipped if _is_odd(item)],
    )


def _file_shape(row, shape, naming):
    if naming.transposed_output and row.name == f"{HEAD_PREFIX}decoder.weight":
        return tuple(reversed(shape))
    return row.layout.two_axes_shape(shape)


def _read(reader, row, name, naming):
    array = reader.read(name)
    if naming.transposed_output and row.name == f"{HEAD_PREFIX}decoder.weight":
        return array.T
    return row.layout.two_axes(array)


def _architecture(names, content):
    """Returns the class that the head is for; where several have the same, the one that the JSON names."""
    said = (content.get("architectures") or [None])[0]
    if f"{HEAD_PREFIX}decoder.weight" in names:
        return said if said == "RemBertForCausalLM" else "RemBertForMaskedLM"
    if "qa_outputs.weight" in names:
        return "RemBertForQuestionAnswering"
    if "classifier.weight" in names:
        others = ("RemBertForTokenClassification", "RemBertForMultipleChoice")
        return said if said in others else "RemBertForSequenceClassification"
    return "RemBertModel"


def _for_one_score(config, architecture, content):
    """Returns a configuration that says that one output is a score, where the JSON, as BLEURT's, says nothing."""
    one = architecture == "RemBertForSequenceClassification" and config.num_labels == 1
    return config.replace(problem_type="regression") if one and "problem_type" not in content else config


def _in_table_order(tensors, config):
    by_name = {tensor.row.name: tensor for tensor in tensors}
    return [by_name[row.name] for row in table(config) if row.name in by_name]


def _is_odd(item):
    return item.reason == "no weight of RemBERT"


def plan(source):
    """Returns ({SourceTensor: its name in a TF1 checkpoint}, list of Skipped that have none)."""
    return {tensor: tensor.row.google for tensor in source.tensors}, []


def write(source, directory, settings):
    """Writes a source as a TF1 checkpoint, `bert_config.json` and the vocabulary.

    Args:
        source: a Source.
        directory: an empty one, a Path.
        settings: WriteSettings; `report` is called after each tensor.
    """
    names, _ = plan(source)
    with CheckpointWriter(directory / PREFIX) as writer:
        for tensor, name in names.items():
            writer.add(name, tensor.row.layout.two_axes(tensor.read()))
            settings.report(tensor)
    (directory / "checkpoint").write_text(
        f'model_checkpoint_path: "{PREFIX}"\nall_model_checkpoint_paths: "{PREFIX}"\n'
    )
    (directory / JSON_FILE).write_text(json.dumps(google_json(source), indent=2, ensure_ascii=False) + "\n", "utf-8")
    if source.tokenizer is not None:
        (directory / VOCABULARY_FILE).write_bytes(source.tokenizer.vocabulary.model)


def google_json(source):
    """Returns the JSON object of a configuration in Google's spelling, with what that cannot say beside it."""
    content = source.config.to_dict()
    content["embedding_size"] = content.pop("input_embedding_size")
    if source.config.hidden_act in ("gelu", "gelu_new", "gelu_pytorch_tanh"):
        content["hidden_act"] = "gelu"
        content[FORM] = {"gelu": "erf"}.get(source.config.hidden_act, "tanh")
    content["architectures"] = [source.architecture]
    return content
