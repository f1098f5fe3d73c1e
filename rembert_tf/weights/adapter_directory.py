"""Adapters on disk: the two files that the PEFT library writes and reads."""

import json
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.layers.lora import PROJECTIONS, LoraSettings, adapter_settings, add_adapters, attentions, encoder_of
from rembert_tf.weights.atomic_files import write_files
from rembert_tf.weights.safetensors_file import SafetensorsReader, write
from rembert_tf.weights.weight_table import weights_of

WEIGHTS_FILE, CONFIG_FILE = "adapter_model.safetensors", "adapter_config.json"
PREFIX = "base_model.model."  # the library wraps a model twice


def save_adapters(model, path):
    """Writes a model's adapters and what is trained beside them: the head, and the pooler below it.

    Args:
        model: a model of the family with adapters.
        path: a directory, made if needed.

    Raises:
        InputError: the model has no adapters.
    """
    settings = adapter_settings(model)
    if settings is None:
        raise InputError("this model has no adapters: enable_lora makes them.")
    tensors = {name: to_file(variable.numpy()) for name, variable, to_file, _ in _factors(model)}
    beside = _trained_beside(model)
    tensors.update({PREFIX + weight.name: weight.value() for weight in beside})
    config = {
        "peft_type": "LORA",
        "base_model_name_or_path": None,
        "r": settings.rank,
        "lora_alpha": settings.alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": list(settings.targets),
        "modules_to_save": sorted({weight.name.removeprefix("rembert.").split(".")[0] for weight in beside}) or None,
        "inference_mode": True,
    }
    text = json.dumps(config, indent=2) + "\n"
    files = {WEIGHTS_FILE: lambda file: write(file, tensors), CONFIG_FILE: text.encode("utf-8")}
    write_files(path, files, last=CONFIG_FILE)


def load_adapters(model, path):
    """Reads adapters into a model, which gets them first if it has none.

    Args:
        model: a model of the family with the weights that the adapters were trained on.
        path: a directory that `save_adapters` or the PEFT library wrote.

    Raises:
        MissingFileError: there are no adapters at the path.
        InputError: they do not fit the model; the message lists every tensor that is missing, unknown or of
            another shape, and nothing was changed.
    """
    settings = _read_settings(Path(path) / CONFIG_FILE)
    present = adapter_settings(model)
    if present is not None and present != settings:
        raise InputError(f"the model has adapters of {present}, but {str(path)!r} holds {settings}.")
    if not (Path(path) / WEIGHTS_FILE).is_file():
        raise MissingFileError(f"{str(path)!r} has no {WEIGHTS_FILE}.")
    with SafetensorsReader(Path(path) / WEIGHTS_FILE) as reader:
        found = _check_names(model, settings, reader, path)
        if present is None:
            add_adapters(model, settings)
        for name, variable, _, to_variable in _factors(model):
            variable.assign(to_variable(reader.read(name), variable.shape))
        for weight in _trained_beside(model):
            if PREFIX + weight.name not in found:
                continue  # the PEFT library stores the pooler only when told to: the base model's is meant then
            weight.variable.assign(weight.layout.to_variable(reader.read(PREFIX + weight.name), weight.variable.shape))


def _factors(model):
    """Yields (name in the file, variable, to file, to variable): both factors of every adapter."""
    prefix = _encoder_prefix(model)
    for name, attention in attentions(encoder_of(model)):
        for target, adapter in attention.adapters.items():
            start = f"{prefix}{name}.{target}"
            yield f"{start}.lora_A.weight", adapter.down, lambda x: x.T, lambda x, shape: x.T
            yield (
                f"{start}.lora_B.weight",
                adapter.up,
                lambda x: x.reshape(x.shape[0], -1).T,
                lambda x, shape: x.T.reshape(shape),
            )


def _encoder_prefix(model):
    return PREFIX + ("rembert." if hasattr(model, "rembert") else "")


def _trained_beside(model):
    """Returns the Weights that adapters leave trainable: a task's head and the pooler below it."""
    if not hasattr(model, "rembert"):
        return []
    return [weight for weight in weights_of(model) if weight.optional and not hasattr(model, "lm_head")]


def _check_names(model, settings, reader, path):
    """Returns the names in the file, or raises one error that lists everything that does not fit."""
    config, prefix = model.config, _encoder_prefix(model)
    beside = {PREFIX + weight.name: weight.file_shape for weight in _trained_beside(model)}
    wanted = dict(beside)
    for name, _ in attentions(encoder_of(model)):
        for target in settings.targets:
            wanted[f"{prefix}{name}.{target}.lora_A.weight"] = (settings.rank, config.hidden_size)
            wanted[f"{prefix}{name}.{target}.lora_B.weight"] = (config.hidden_size, settings.rank)
    found = {name: reader.shape(name) for name in reader.names()}
    problems = [f"missing {name}" for name in wanted.keys() - found.keys() - beside.keys()]
    problems += [f"unknown {name}" for name in found.keys() - wanted.keys()]
    problems += [
        f"{name} has shape {found[name]} instead of {wanted[name]}"
        for name in wanted.keys() & found.keys()
        if found[name] != wanted[name]
    ]
    if problems:
        raise InputError(f"the adapters in {str(path)!r} do not fit the model: {'; '.join(sorted(problems))}.")
    return found


def _read_settings(file):
    if not file.is_file():
        raise MissingFileError(f"no adapters at {str(file.parent)!r}: expected {CONFIG_FILE} and {WEIGHTS_FILE}.")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        targets = tuple(name for name in PROJECTIONS if name in content["target_modules"])
        unknown = set(content["target_modules"]) - set(PROJECTIONS)
        settings = LoraSettings(content["r"], float(content["lora_alpha"]), targets)
    except (ValueError, KeyError, TypeError) as problem:
        raise InputError(f"{str(file)!r} is not an adapter configuration: {problem!r}.") from None
    if unknown:
        raise InputError(f"{str(file)!r} adapts {', '.join(sorted(unknown))}; only {', '.join(PROJECTIONS)} can be.")
    return settings
