"""The on-disk format: a directory in the Hugging Face layout."""

import dataclasses
import logging
import warnings
from pathlib import Path

from rembert_tf.config import CONFIG_FILE, RemBertConfig
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights import safetensors_file
from rembert_tf.weights.atomic_files import write_files
from rembert_tf.weights.weight_table import PASSED_OVER, weights_of, without_prefix

logger = logging.getLogger("rembert_tf")


def read_config(path):
    """Returns the RemBertConfig of a model directory.

    Raises:
        MissingFileError: there is no such directory, or no `config.json` in it.
    """
    directory = Path(path)
    if not directory.exists():
        raise MissingFileError(f"there is no model directory at {str(path)!r}: {_hint(path)}.")
    if not directory.is_dir():
        raise InputError(f"{str(path)!r} is a file; a model is a directory with {CONFIG_FILE} in it.")
    return RemBertConfig.from_pretrained(directory / CONFIG_FILE)


def _hint(path):
    looks_like_hub_id = str(path).count("/") == 1 and not str(path).startswith((".", "/", "~"))
    if looks_like_hub_id:
        return f"download it first with `hf download {path} --local-dir {Path(path).name}`"
    return "give the path of a directory that save_pretrained wrote"


def load_weights(model, path):
    """Fills a model's variables from a directory, one tensor at a time.

    Args:
        model: a model of the family, already built.
        path: a model directory.

    Raises:
        InputError: weights are missing, unknown or of another shape; the message lists every one, and no
            variable was changed.
    """
    with safetensors_file.SafetensorsReader(_weights_file(path)) as reader:
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


def has_head(path):
    """Whether a model directory holds a classification head."""
    with safetensors_file.SafetensorsReader(_weights_file(path)) as reader:
        return "classifier.weight" in reader.names()


def _weights_file(path):
    file = Path(path) / safetensors_file.FILE_NAME
    if not file.is_file():
        raise MissingFileError(f"{str(path)!r} has no {safetensors_file.FILE_NAME}: it is not a whole model directory.")
    return file


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
    plan, problems = LoadPlan([], [], []), []
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
        else:
            plan.found.append((weight, name))
    for name in in_file.values():
        if PASSED_OVER.match(name):
            plan.passed_over.append(name)
        else:
            problems.append(f"unknown {name}")
    if problems:
        raise InputError(
            f"the weights in {str(path)!r} do not fit {class_name} ({len(problems)} differ): {'; '.join(problems)}."
        )
    return plan


def save(model, path):
    """Writes a model's configuration and weights; a crash never leaves a directory that loads wrongly.

    Args:
        model: a model of the family.
        path: a directory, made if needed; its other files stay.
    """
    extra = {**model.config.extra, "architectures": [type(model).__name__]}
    # The source may have been bfloat16, and transformers would round what is written here to that again.
    extra.update({key: "float32" for key in ("dtype", "torch_dtype") if key in extra})
    config = model.config.replace(extra=extra)

    def write_weights(file):
        arrays = {
            weight.name: weight.layout.to_file(weight.variable.numpy().astype("float32"))
            for weight in weights_of(model)
        }
        safetensors_file.write(file, arrays)

    write_files(
        path,
        {safetensors_file.FILE_NAME: write_weights, CONFIG_FILE: config.to_json().encode("utf-8")},
        last=CONFIG_FILE,
    )
