"""Writing a SavedModel that takes raw strings, for TensorFlow Serving."""

import contextlib
from pathlib import Path

import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.serving.model_card import write_assets
from rembert_tf.serving.optimized.cpu_model import cpu_dtype, cpu_model
from rembert_tf.serving.optimized.encoder_check import check_encoder
from rembert_tf.serving.optimized.rewriting import graphs_as_they_are
from rembert_tf.serving.precision import CPU_LEAN, OPTIMIZED, with_dtype
from rembert_tf.serving.sample_requests import check_requests, warmup_requests
from rembert_tf.serving.self_check import check_export
from rembert_tf.serving.signatures.catalogue import signatures_class
from rembert_tf.serving.warmup import write_warmup
from rembert_tf.tasks.start import check_lengths
from rembert_tf.weights.atomic_files import new_directory


def export_saved_model(
    model,
    tokenizer,
    base_path,
    version=None,
    max_length=None,
    labels=None,
    pair=False,
    optimize=None,
    dtype=None,
    warmup="auto",
    options=None,
    check=True,
):
    """Writes `base_path/<version>/`, which TensorFlow Serving 2.19 and later runs as it is.

    The version appears in one rename when it is whole: a server that watches the folder never sees half
    a model. Weights stay variables, and each is stored once.

    Args:
        model: any model of the family.
        tokenizer: its RemBertTokenizerFast, which becomes part of the graph.
        base_path: the folder that holds the model's versions.
        version: a positive integer; None takes the next free one.
        max_length: pieces that a row is truncated to, or a window holds; None means what the model can take.
        labels: the labels' names, in the order of the logits; None takes the configuration's.
        pair: whether every request of a sequence classifier holds `text` and `text_pair`.
        optimize: "cpu" computes the encoder in fused operations of oneDNN, which TensorFlow for x86-64 has; in
            bfloat16 a server then holds the encoder's matrices twice, which "cpu-lean" spares. None runs anywhere.
        dtype: "bfloat16" stores weights and computes in half the bits; "int8" stores matrices in a quarter and
            computes in float32; None keeps the model's own, or, with optimize="cpu", takes bfloat16 where this
            machine's processor multiplies in it and float32 elsewhere. Answers are float32 always.
        warmup: True writes warm-up requests, which needs the `serving` extra; "auto" does so where the
            extra is installed, and warns where it is not; False leaves them out.
        options: what can be chosen for the head, a dataclass of `rembert_tf.serving.options`; None takes its defaults.
        check: whether a fresh process loads the export and compares its answers with the model's; and, of an
            optimized one, the encoder's states with those of its layers.

    Returns:
        The version's path.

    Raises:
        InputError: an argument is impossible, or the version exists already; nothing was written.
        ExportError: the export answers otherwise than the model; nothing was written.
    """
    head = signatures_class(type(model).__name__)
    options = _checked_options(head, options)
    labels = _checked_labels(head, model, labels)
    max_length = _checked_length(head, model, tokenizer, max_length, options, pair)
    if optimize not in (None, *OPTIMIZED):
        raise InputError(f"optimize must be {' or '.join(map(repr, OPTIMIZED))} or None, not {optimize!r}.")
    dtype = cpu_dtype(dtype) if optimize else dtype
    destination = Path(base_path) / str(_version(base_path, version))
    exported = cpu_model(model, dtype, lean=optimize == CPU_LEAN) if optimize else with_dtype(model, dtype)
    tracing = graphs_as_they_are if optimize and not head.in_steps else contextlib.nullcontext
    with tracing():
        module = head(exported, tokenizer, max_length, options, labels, pair, dtype)
        signatures = module.signatures()
    with new_directory(destination) as partial:
        with tracing():
            tf.saved_model.save(module, str(partial), signatures=signatures)
        write_assets(module, signatures, dtype, partial)
        if check and optimize:
            check_encoder(exported, tokenizer, max_length)
        if check:
            check_export(partial, signatures, check_requests(module, signatures), module.repeatable)
        if warmup:
            write_warmup(partial, warmup_requests(module, signatures), warmup)
    return destination


def _checked_options(head, options):
    if options is None:
        return head.options_class()
    if not isinstance(options, head.options_class):
        raise InputError(f"options of a {head.architecture} must be {head.options_class.__name__}, not {options!r}.")
    return options


def _checked_labels(head, model, labels):
    if not head.has_labels:
        if labels is not None:
            raise InputError(f"labels must be None: a {head.architecture} has no classes.")
        return None
    labels = list(model.config.id2label.values()) if labels is None else list(labels)
    if len(labels) != model.config.num_labels:
        raise InputError(f"{len(labels)} labels were given, but the model has {model.config.num_labels} outputs.")
    return labels


def _checked_length(head, model, tokenizer, max_length, options, pair):
    if pair and not head.takes_pair:
        raise InputError(f"pair must be False for a {head.architecture}: only a sequence classifier reads pairs.")
    max_length = model.config.max_position_embeddings if max_length is None else max_length
    check_lengths(model, tokenizer, max_length)
    least = head.least_length(options, pair)
    if max_length < least:
        raise InputError(f"max_length must be at least {least}, not {max_length}: special tokens take the rest.")
    return max_length


def _version(base_path, version):
    """Returns the version to write: the one asked for, or one above the newest."""
    if version is None:
        folder = Path(base_path)
        taken = [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()] if folder.is_dir() else []
        return max(taken, default=0) + 1
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InputError(f"version must be a positive integer, not {version!r}.")
    return version
