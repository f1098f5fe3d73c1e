"""The on-disk format: a directory in the Hugging Face layout."""

import dataclasses
import functools
import json
import logging
import warnings
from pathlib import Path

from rembert_tf.config import CONFIG_FILE, RemBertConfig
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights import locations, safetensors_writer, shard_plan
from rembert_tf.weights.atomic_files import write_files
from rembert_tf.weights.flavours import open_weights
from rembert_tf.weights.path_checks import check_path
from rembert_tf.weights.weight_rows import HEAD_ROWS, POOLER_ROWS
from rembert_tf.weights.weight_table import PASSED_OVER, weights_of, without_prefix

# What can be done where nothing but the number of labels differs.
OTHER_LABELS = (
    "; for other labels, save the encoder of a model that loads, `model.rembert.save_pretrained(directory)`, "
    "and load the class from there with the new num_labels"
)
GENERATION_CONFIG_FILE = "generation_config.json"

logger = logging.getLogger("rembert_tf")


def read_config(path):
    """Returns the RemBertConfig of a model directory.

    Args:
        path: a local directory, one that `tf.io.gfile` reaches, or the id of a model on the Hugging Face hub.

    Raises:
        MissingFileError: there is no such directory, or no `config.json` in it.
    """
    with locations.local_path(path, locations.CONFIG) as directory:
        if not directory.exists():
            raise MissingFileError(f"there is no model directory at {str(path)!r}: {locations.download_hint(path)}.")
        if not directory.is_dir():
            raise InputError(f"{str(path)!r} is a file; a model is a directory with {CONFIG_FILE} in it.")
        return RemBertConfig.from_pretrained(directory / CONFIG_FILE)


def load_weights(model, path):
    """Fills a model's variables from a directory, one tensor at a time.

    Names and shapes are all compared before the first variable changes; only bytes that turn out to be
    damaged later leave a model half filled.

    Args:
        model: a model of the family, already built.
        path: a model directory, as in `read_config`.

    Raises:
        MissingFileError: there are no weights.
        InputError: the file is damaged, or weights are missing, unknown or of another shape; the message
            lists every one, and no variable was changed.
    """
    with locations.local_path(path, locations.WEIGHTS) as directory, open_weights(directory) as reader:
        plan = _plan(weights_of(model), reader, type(model).__name__, path)
        for weight, name in plan.found:
            weight.variable.assign(weight.layout.to_variable(reader.read(name), tuple(weight.variable.shape)))
    if plan.passed_over:
        logger.info("%s: passed over %s", path, ", ".join(sorted(plan.passed_over)))
    if plan.new:
        warnings.warn(
            f"{path} has no weights for {', '.join(sorted(plan.new))}: they start new and must be trained.",
            stacklevel=3,
        )


def holds_head(path, model):
    """Whether a model directory holds every weight of a model's head, in its shape.

    Args:
        path: as in `read_config`.
        model: a task model, built.
    """
    return _holds(path, model, HEAD_ROWS)


def holds_pooler(path, model):
    """Whether a model directory holds the weights of a model's pooler; arguments as of `holds_head`."""
    return _holds(path, model, POOLER_ROWS)


def _holds(path, model, rows):
    names = {row.name for row in rows}
    with locations.local_path(path, locations.WEIGHTS) as directory, open_weights(directory) as reader:
        shapes = {name: reader.shape(name) for name in reader.names()}
    return all(shapes.get(weight.name) == weight.file_shape for weight in weights_of(model) if weight.name in names)


@dataclasses.dataclass
class LoadPlan:
    """What a file gives a model.

    Args:
        found: pairs of a Weight and its name in the file.
        new: names of head or pooler weights that the file lacks.
        passed_over: names in the file that the family knows and the model does not use.
    """

    found: list
    new: list
    passed_over: list


def _plan(weights, reader, class_name, path):
    """Returns a LoadPlan, or raises one error that lists everything wrong."""
    plan, problems, other_labels = LoadPlan([], [], []), [], 0
    in_file = {}
    for name in reader.names():
        if in_file.setdefault(without_prefix(name), name) != name:
            problems.append(f"{name} is there both with and without a prefix")
    for weight in weights:
        name = in_file.pop(without_prefix(weight.name), None)
        if name is None and weight.optional:
            plan.new.append(weight.name)
        elif name is None:
            problems.append(f"missing {weight.name}")
        elif reader.shape(name) != weight.file_shape:
            problems.append(f"{name} has shape {reader.shape(name)} instead of {weight.file_shape}")
            other_labels += weight.name.startswith("classifier.")
        else:
            plan.found.append((weight, name))
    for name in in_file.values():
        if PASSED_OVER.match(name):
            plan.passed_over.append(name)
        else:
            problems.append(f"unknown {name}")
    if problems:
        listed = "; ".join(problems) + (OTHER_LABELS if other_labels == len(problems) else "")
        raise InputError(f"the weights in {str(path)!r} do not fit {class_name} ({len(problems)} differ): {listed}.")
    return plan


def save(model, path, max_shard_size=None):
    """Writes a model's configuration and weights; a crash never leaves a directory that loads wrongly.

    Args:
        model: a model of the family.
        path: a directory, made if needed; its other files stay, but for weights that were saved there before.
        max_shard_size: the largest file of weights, in bytes or as "2GB"; None means one file.

    Raises:
        InputError: the directory cannot be written, or the size is none.
    """
    check_path(path, "the directory to write into")
    weights = {weight.name: weight for weight in weights_of(model)}
    shapes = {name: weight.file_shape for name, weight in weights.items()}
    limit = None if max_shard_size is None else shard_plan.parse_size(max_shard_size)
    files = shard_plan.plan_files(shapes, limit)

    def write_weights(names, file):
        safetensors_writer.write(file, [(name, shapes[name], weights[name].value) for name in names])

    contents = {file: functools.partial(write_weights, names) for file, names in files.items()}
    if len(files) > 1:
        contents[shard_plan.INDEX_FILE] = shard_plan.index_json(files, shapes).encode("utf-8")
    if type(model).__name__ == "RemBertForCausalLM":
        contents[GENERATION_CONFIG_FILE] = generation_json(model.config).encode("utf-8")
    contents[CONFIG_FILE] = saved_config(model).to_json().encode("utf-8")
    stale = shard_plan.contradicting_files(Path(path), contents)
    write_files(path, contents, last=CONFIG_FILE, remove=stale)


def saved_config(model):
    """Returns the configuration of a model as it is written beside its weights, its class included."""
    extra = {**model.config.extra, "architectures": [type(model).__name__]}
    # The source may have been bfloat16, and transformers would round what is written here to that again.
    extra.update({key: "float32" for key in ("dtype", "torch_dtype") if key in extra})
    return model.config.replace(extra=extra)


def generation_json(config):
    """Returns the text of the `generation_config.json` that transformers derives from a configuration."""
    names = ("bos_token_id", "eos_token_id", "pad_token_id", "use_cache")
    content = {name: getattr(config, name) for name in names if getattr(config, name) is not None}
    return json.dumps({"_from_model_config": True, **content}, indent=2, sort_keys=True) + "\n"
