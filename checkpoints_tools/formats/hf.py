"""Model directories in the Hugging Face layout, ours included: read in every flavour, written as safetensors."""

import contextlib
import functools
import re
from pathlib import Path

from rembert_tf.checkpoints_tools.foreign import looks_like as looks_like_family
from rembert_tf.checkpoints_tools.json_file import read_json
from rembert_tf.checkpoints_tools.sizes import check_shapes, infer_sizes, settle_config
from rembert_tf.checkpoints_tools.source import Skipped, Source, SourceTensor, table
from rembert_tf.checkpoints_tools.vocabulary import NO_VOCABULARY, check_size, find_vocabulary
from rembert_tf.config import CONFIG_FILE, MODEL_TYPE
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tokenization.tokenizer import RemBertTokenizer
from rembert_tf.tokenization.tokenizer_files import file_contents
from rembert_tf.weights import safetensors_writer, shard_plan
from rembert_tf.weights.flavours import open_weights
from rembert_tf.weights.model_directory import GENERATION_CONFIG_FILE, generation_json
from rembert_tf.weights.weight_rows import HEAD_ROWS
from rembert_tf.weights.weight_table import ENCODER_PREFIX, without_prefix

_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")
_HEADS = {
    "RemBertForMaskedLM": "cls.predictions.",
    "RemBertForCausalLM": "cls.predictions.",
    "RemBertForSequenceClassification": "classifier.",
    "RemBertForTokenClassification": "classifier.",
    "RemBertForMultipleChoice": "classifier.",
    "RemBertForQuestionAnswering": "qa_outputs.",
}
_REASONS = (
    (re.compile(r"embeddings\.position_ids$"), "a buffer of older releases: 0, 1, 2, ..."),
    (re.compile(r"^cls\.seq_relationship\."), "next-sentence head, which no RemBERT class has"),
)


def looks_like(path):
    """Whether there is a directory whose `config.json` is a RemBERT's."""
    file = Path(path) / CONFIG_FILE
    if not file.is_file():
        return False
    content = read_json(file)
    return content.get("model_type") == MODEL_TYPE or (
        "model_type" not in content and {"input_embedding_size", "hidden_size"} <= content.keys()
    )


@contextlib.contextmanager
def open_source(path, request):
    """Yields the Source of a model directory.

    Args:
        path: of the directory.
        request: a Request.

    Raises:
        MissingFileError: there is no directory, no configuration or no weights.
        InputError: it is no RemBERT, is damaged, or contradicts itself.
    """
    directory = Path(path)
    if not directory.is_dir():
        raise MissingFileError(f"there is no model directory at {str(path)!r}.")
    file = Path(request.config) if request.config else directory / CONFIG_FILE
    if not file.is_file():
        raise MissingFileError(f"there is no configuration at {str(file)!r}: name one with --config.")
    content = read_json(file)
    with open_weights(directory) as reader:
        source = _read_source(reader, content, str(file), directory)
        said = request.hidden_act
        if said is not None:
            source.config = source.config.replace(hidden_act=said)
        why = "as asked" if said else f"as {file.name} says, in Hugging Face's reading"
        source.decisions.append(f"hidden_act is {source.config.hidden_act}: {why}.")
        source.tokenizer, warnings = _tokenizer(directory, request.sentencepiece, source.config)
        source.warnings += warnings
        yield source


def _read_source(reader, content, where, directory):
    by_name = {without_prefix(name): name for name in reader.names()}
    family = looks_like_family(by_name)
    if family:
        raise InputError(f"{str(directory)!r} is no RemBERT; it looks like {family}.")
    layers = {int(match[1]) for match in map(_LAYER.search, by_name) if match}
    sizes = {"num_hidden_layers": max(layers, default=-1) + 1}
    draft = settle_config({**content, "add_cross_attention": False}, {}, where)
    cross = any(".crossattention." in name for name in by_name)
    rows = table(draft.replace(**sizes, add_cross_attention=cross, is_decoder=cross or draft.is_decoder))
    found = [(row, reader.shape(by_name[row.name]), by_name[row.name]) for row in rows if row.name in by_name]
    missing = [row.name for row in rows if row.name not in by_name and not row.optional]
    if missing:
        raise InputError(f"{str(directory)!r} lacks {len(missing)} weights: {', '.join(missing)}.")
    architecture = _architecture(content, [row.name for row, _, _ in found])
    sizes |= infer_sizes([(row, shape) for row, shape, _ in found], architecture)
    config = settle_config(content, sizes, where)
    check_shapes(found, config, repr(str(directory)), architecture)
    tensors = [SourceTensor(row, name, functools.partial(reader.read, name)) for row, _, name in found]
    used = {name for _, _, name in found}
    skipped = [Skipped(name, reader.shape(name), _reason(name)) for name in reader.names() if name not in used]
    return Source("hf", config, architecture, tensors, skipped)


def _reason(name):
    for pattern, reason in _REASONS:
        if pattern.search(name):
            return reason
    return "no weight of RemBERT"


def _architecture(content, names):
    """Returns the class that `config.json` names where its head is there, else the one that the head tells."""
    there = [name for name, head in _HEADS.items() if any(weight.startswith(head) for weight in names)]
    said = (content.get("architectures") or [None])[0]
    if said in there or (said == "RemBertModel" and not there):
        return said
    if content.get("is_decoder") and "RemBertForCausalLM" in there:
        return "RemBertForCausalLM"
    return there[0] if there else "RemBertModel"


def _tokenizer(directory, given, config):
    path = find_vocabulary(directory, given)
    if path is None:
        return None, [NO_VOCABULARY]
    tokenizer = RemBertTokenizer.from_pretrained(path if given else directory)
    return tokenizer, check_size(tokenizer, config.vocab_size, path)


def plan(source):
    """Returns ({SourceTensor: its name in a model directory}, list of Skipped that have none)."""
    prefix = "" if source.architecture == "RemBertModel" else ENCODER_PREFIX
    heads = {row.name for row in HEAD_ROWS}
    return {
        tensor: tensor.row.name if tensor.row.name in heads else prefix + tensor.row.name for tensor in source.tensors
    }, []


def write(source, directory, settings):
    """Writes a source as a model directory.

    Args:
        source: a Source.
        directory: an empty one, a Path.
        settings: WriteSettings; `report` is called after each tensor.
    """
    names, _ = plan(source)
    by_name = {name: tensor for tensor, name in names.items()}
    shapes = {name: source.shape(tensor) for name, tensor in by_name.items()}
    files = shard_plan.plan_files(shapes, settings.max_shard_size, settings.dtype)
    for file, held in files.items():
        tensors = [(name, shapes[name], functools.partial(_read, by_name[name], settings)) for name in held]
        safetensors_writer.write(directory / file, tensors, settings.dtype)
    if len(files) > 1:
        index = shard_plan.index_json(files, shapes, settings.dtype)
        (directory / shard_plan.INDEX_FILE).write_text(index, encoding="utf-8")
    if source.tokenizer is not None:
        for name, content in file_contents(source.tokenizer).items():
            (directory / name).write_bytes(content)
    if source.architecture == "RemBertForCausalLM":
        (directory / GENERATION_CONFIG_FILE).write_text(generation_json(source.config), encoding="utf-8")
    extra = {**source.config.extra, "architectures": [source.architecture], "dtype": settings.dtype}
    extra.pop("torch_dtype", None)
    (directory / CONFIG_FILE).write_text(source.config.replace(extra=extra).to_json(), encoding="utf-8")


def _read(tensor, settings):
    array = tensor.read()
    settings.report(tensor)
    return array
