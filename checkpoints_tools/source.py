"""What a converter holds between reading one format and writing another."""

import dataclasses
from collections.abc import Callable

from rembert_tf.config import RemBertConfig
from rembert_tf.weights.weight_rows import HEAD_ROWS, LABELS, POOLER_ROWS, Row, encoder_rows

MULTIPLE_CHOICE = "RemBertForMultipleChoice"


@dataclasses.dataclass(frozen=True)
class SourceTensor:
    """One weight of a source, read when it is asked for.

    Args:
        row: its row of the weight table, resolved for its block.
        origin: its name in the source, or what it is made of.
        read: function that returns it as a float32 array, arranged as in a Hugging Face file.
    """

    row: Row
    origin: str
    read: Callable


@dataclasses.dataclass(frozen=True)
class Skipped:
    """A variable of the source, or a weight, that is not in the destination.

    Args:
        name: in the source.
        shape: of the variable.
        reason: a few words for the report.
    """

    name: str
    shape: tuple
    reason: str


@dataclasses.dataclass
class Source:
    """An open checkpoint of any format.

    Args:
        format: its name on the command line.
        config: of the model, `hidden_act` decided.
        architecture: name of the class that the destination is for.
        tensors: list of SourceTensor in the weight table's order.
        skipped: list of Skipped: everything in the source that is no weight of the model.
        tokenizer: a RemBertTokenizer, or None where the source has no vocabulary.
        decisions: sentences that say what the source left open and how it was settled.
        warnings: sentences about what the user should know before using the result.
    """

    format: str
    config: RemBertConfig
    architecture: str
    tensors: list
    skipped: list = dataclasses.field(default_factory=list)
    tokenizer: object = None
    decisions: list = dataclasses.field(default_factory=list)
    warnings: list = dataclasses.field(default_factory=list)

    def shape(self, tensor):
        """Returns a tensor's shape in a Hugging Face file."""
        return shape_of(tensor.row, self.config, self.architecture)


@dataclasses.dataclass(frozen=True)
class WriteSettings:
    """How a destination is written.

    Args:
        report: function that is called with each SourceTensor when it has been read.
        max_shard_size: of a safetensors file, in bytes, or None for one file.
        dtype: of the numbers: float32, float16 or bfloat16.
    """

    report: Callable = lambda tensor: None
    max_shard_size: int | None = None
    dtype: str = "float32"


@dataclasses.dataclass(frozen=True)
class Request:
    """What the user said about a source.

    Args:
        config: path of a JSON file that lies elsewhere, or None.
        sentencepiece: path of a SentencePiece model that lies elsewhere, or None.
        hidden_act: `gelu` (erf) or `gelu_new` (tanh), or None to decide.
        output_embedding: "VO" or "OV": how the output matrix lies, where its shape does not tell; or None.
    """

    config: str | None = None
    sentencepiece: str | None = None
    hidden_act: str | None = None
    output_embedding: str | None = None


def table(config):
    """Returns the rows of an encoder of this configuration, of its pooler and of every head, in order."""
    return encoder_rows(config.num_hidden_layers, config.add_cross_attention) + POOLER_ROWS + HEAD_ROWS


def shape_of(row, config, architecture=None):
    """Returns a row's shape in a Hugging Face file, as the configuration has it."""
    sizes = tuple(getattr(config, size) for size in row.shape)
    # Multiple choice scores each choice by itself, whatever labels its configuration names.
    return (1, *sizes[1:]) if architecture == MULTIPLE_CHOICE and row.shape[0] == LABELS else sizes
