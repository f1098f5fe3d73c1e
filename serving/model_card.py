"""What lies beside an exported graph for people and programs: labels, vocabulary, and a page that describes it."""

import dataclasses
import json
import re
import shlex

import tensorflow as tf

from rembert_tf.layers.lora import encoder_of
from rembert_tf.serving.server.defaults import DEFAULT_MODEL_NAME
from rembert_tf.tasks.error_report.hostile_texts import markdown_code
from rembert_tf.version import __version__

CARD = "assets.extra/model_card.md"
LABELS = "assets/labels.txt"
VOCABULARY = "assets/sentencepiece.model"


def write_assets(module, signatures, dtype, version_directory):
    """Writes the labels, the SentencePiece model and the model card into a SavedModel.

    Args:
        module: HeadSignatures.
        signatures: its {name: concrete function}.
        dtype: that was asked for, or None.
        version_directory: of the SavedModel.
    """
    for path in (CARD, VOCABULARY):
        (version_directory / path).parent.mkdir(exist_ok=True)
    if module.labels is not None:
        (version_directory / LABELS).write_bytes("".join(map(_line, module.labels)).encode())
    (version_directory / VOCABULARY).write_bytes(module.tokenizer.vocabulary.model)
    card = "\n".join(_lines(module, signatures, dtype)) + "\n"
    (version_directory / CARD).write_text(card, encoding="utf-8")


def read_labels(text):
    """Returns the labels of a file of labels, in their order.

    Args:
        text: its content.
    """
    return text.removesuffix("\n").split("\n") if text else []  # other breaks, as U+2028, may be part of a label


def _line(label):
    """Returns a label as a line of its own: a break in it would shift the numbers of those that follow."""
    return re.sub(r"[\r\n]+", " ", label) + "\n"


def _lines(module, signatures, dtype):
    config = module.model.config
    yield f"# {module.architecture}"
    yield ""
    yield "Texts in, answers out: tokenization is part of the graph."
    yield ""
    yield f"- {config.num_hidden_layers} layers of {config.hidden_size}, {module.model.count_params():,} parameters, "
    yield f"  {config.vocab_size:,} pieces (`{VOCABULARY}`)"
    yield f"- number type: {dtype or module.model.dtype_policy.name}"
    if encoder_of(module.model).encoder_substitute is not None:
        yield "- optimized for x86-64 processors: it needs a TensorFlow with oneDNN"
    yield f"- pieces of a row, special tokens counted: {module.max_length}"
    if module.labels is not None:
        yield f"- labels: {', '.join(map(markdown_code, module.labels))} (`{LABELS}`)"
    for name, value in dataclasses.asdict(module.options).items():
        yield f"- {name}: {value}"
    yield f"- written by rembert-tf {__version__} with TensorFlow {tf.__version__}"
    yield ""
    yield "| signature | inputs | outputs |"
    yield "|---|---|---|"
    for name, function in signatures.items():
        inputs = tf.nest.flatten(function.structured_input_signature)
        outputs = function.structured_outputs
        yield f"| `{name}` | {_tensors({spec.name: spec for spec in inputs})} | {_tensors(outputs)} |"
    yield ""
    yield "```sh"
    body = json.dumps({"instances": [module.sample_inputs("The museum opens at nine.")]}, ensure_ascii=False)
    yield f"curl -d {shlex.quote(body)} http://127.0.0.1:8501/v1/models/{DEFAULT_MODEL_NAME}:predict"
    yield "```"


def _tensors(specs):
    return ", ".join(f"`{name}` {spec.dtype.name} {_shape(spec.shape)}" for name, spec in specs.items())


def _shape(shape):
    return "[" + ", ".join("B" if i == 0 else "?" if size is None else str(size) for i, size in enumerate(shape)) + "]"
