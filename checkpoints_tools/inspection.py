"""What is in a checkpoint of any format, without converting it."""

import dataclasses
import math

from rembert_tf.checkpoints_tools.formats import module_of
from rembert_tf.checkpoints_tools.recognise import recognise
from rembert_tf.checkpoints_tools.source import Request

# The numbers of a configuration that make a model what it is.
_FIELDS = (
    "num_hidden_layers",
    "hidden_size",
    "num_attention_heads",
    "intermediate_size",
    "input_embedding_size",
    "output_embedding_size",
    "vocab_size",
    "max_position_embeddings",
    "type_vocab_size",
    "hidden_act",
    "layer_norm_eps",
)


@dataclasses.dataclass
class Inspection:
    """What a checkpoint holds.

    Args:
        path: of it.
        format: name of its format.
        architecture: class that its weights are for.
        config: content of its configuration.
        parts: {part of the model: (weights, parameters)}.
        tensors: list of (name in the source, name of the weight, shape in a Hugging Face file).
        skipped: list of Skipped.
        pieces: number of tokens in its vocabulary, or None.
        special_tokens: {token: id}.
        decisions: sentences about what was found out or chosen.
        warnings: sentences about what to look at.
    """

    path: str
    format: str
    architecture: str
    config: dict
    parts: dict
    tensors: list
    skipped: list
    pieces: int | None
    special_tokens: dict
    decisions: list
    warnings: list

    def to_dict(self):
        """Returns what `--json` prints."""
        return dataclasses.asdict(self)

    def lines(self, every=False):
        """Returns it as lines of text.

        Args:
            every: whether to list all tensors.
        """
        total = sum(parameters for _, parameters in self.parts.values())
        lines = [f"{self.path}: {self.architecture} ({self.format}), {total:,} parameters", ""]
        lines += [f"{name:<24} {self.config[name]}" for name in _FIELDS]
        lines += ["", f"{'part':<24} {'weights':>8} {'parameters':>14}"]
        lines += [f"{name:<24} {weights:>8} {numbers:>14,}" for name, (weights, numbers) in self.parts.items()]
        lines += ["", self._vocabulary()]
        lines += [f"decided: {sentence}" for sentence in self.decisions]
        lines += [f"warning: {sentence}" for sentence in self.warnings]
        reasons = {item.reason: [] for item in self.skipped}
        for item in self.skipped:
            reasons[item.reason].append(item)
        lines += [f"not of the model: {len(items)} ({items[0].name}): {reason}" for reason, items in reasons.items()]
        if every:
            lines += ["", *(f"{name} {list(shape)} = {weight}" for name, weight, shape in self.tensors)]
            lines += [f"{item.name} {list(item.shape)}: {item.reason}" for item in self.skipped]
        return lines

    def _vocabulary(self):
        if self.pieces is None:
            return "vocabulary: none"
        special = ", ".join(f"{token} {number}" for token, number in self.special_tokens.items())
        return f"vocabulary: {self.pieces:,} tokens; {special}"


def inspect(path, source=None, config=None, sentencepiece=None, output_embedding=None):
    """Reads what a checkpoint holds; of its numbers, none.

    Args:
        path: of the checkpoint: a folder, or the prefix of a TensorFlow checkpoint.
        source: its format, or None to find out.
        config: path of the JSON file that describes the model, where it lies elsewhere.
        sentencepiece: path of the SentencePiece model, where it lies elsewhere.
        output_embedding: as in `convert`.

    Returns:
        An Inspection.

    Raises:
        MissingFileError: there is no checkpoint, or a part of it is missing.
        InputError: it is damaged, contradicts itself, or is no RemBERT.
    """
    name = source or recognise(path)
    request = Request(config, sentencepiece, None, output_embedding)
    with module_of(name).open_source(path, request) as opened:
        parts = {}
        for tensor in opened.tensors:
            weights, parameters = parts.get(_part(tensor.row.name), (0, 0))
            size = math.prod(opened.shape(tensor))
            parts[_part(tensor.row.name)] = weights + 1, parameters + size
        tokenizer = opened.tokenizer
        return Inspection(
            path=str(path),
            format=name,
            architecture=opened.architecture,
            config=opened.config.to_dict(),
            parts=parts,
            tensors=[(tensor.origin, tensor.row.name, opened.shape(tensor)) for tensor in opened.tensors],
            skipped=opened.skipped,
            pieces=None if tokenizer is None else len(tokenizer),
            special_tokens={} if tokenizer is None else _special_tokens(tokenizer),
            decisions=opened.decisions,
            warnings=opened.warnings,
        )


def _special_tokens(tokenizer):
    return {token: tokenizer.convert_tokens_to_ids(token) for token in tokenizer.all_special_tokens}


def _part(name):
    """Returns the part of a model that a weight belongs to, in the words of the paper."""
    if name.startswith("embeddings."):
        return "input embeddings"
    if name.startswith("encoder.layer."):
        return "blocks"
    if name.startswith("encoder."):
        return "projection"
    if name.startswith("cls.predictions.decoder."):
        return "output embedding"
    return {"cls": "language model head", "pooler": "pooler"}.get(name.split(".")[0], "head")
