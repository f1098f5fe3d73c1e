"""Adapters on the attention projections: training a hundredth of the weights, and storing only those."""

import dataclasses

from rembert_tf.errors import InputError
from rembert_tf.layers.low_rank_adapter import LowRankAdapter
from rembert_tf.layers.unlocked import unlocked

PROJECTIONS = ("query", "key", "value")


@dataclasses.dataclass(frozen=True)
class LoraSettings:
    """Which projections are adapted, and how.

    Args:
        rank: width between the two factors of an adapter.
        alpha: scale of the addition, relative to the rank; None means the rank, a scale of 1.
        targets: projections of every attention, cross-attention included: some of query, key and value.

    Raises:
        InputError: naming the value that is impossible.
    """

    rank: int
    alpha: float | None = None
    targets: tuple = ("query", "value")

    def __post_init__(self):
        if not isinstance(self.rank, int) or isinstance(self.rank, bool) or self.rank < 1:
            raise InputError(f"rank must be a positive integer, not {self.rank!r}.")
        if self.alpha is None:
            object.__setattr__(self, "alpha", float(self.rank))
        if not isinstance(self.alpha, (int, float)) or not self.alpha > 0:
            raise InputError(f"alpha must be a positive number, not {self.alpha!r}.")
        object.__setattr__(self, "targets", tuple(self.targets))
        if not self.targets or set(self.targets) - set(PROJECTIONS):
            raise InputError(f"targets must be some of {', '.join(PROJECTIONS)}, not {self.targets!r}.")


def add_adapters(model, settings):
    """Gives every attention its adapters and freezes what is pre-trained.

    Adapters stay trainable, and with them what a task adds: a classifier's or reader's head, and the pooler
    below it.

    Args:
        model: a model of the family without adapters.
        settings: LoraSettings.

    Raises:
        InputError: the model has adapters already.
    """
    encoder = encoder_of(model)
    for _, attention in attentions(encoder):
        if attention.adapters:
            raise InputError("this model has adapters already: load the directory again to start with others.")
        with unlocked(attention):
            for target in settings.targets:
                attention.adapters[target] = _adapter(attention, target, settings)
    _freeze(model, encoder)


def _adapter(attention, target, settings):
    config = attention.config
    adapter = LowRankAdapter(
        settings.rank,
        settings.alpha,
        config.hidden_size,
        (config.num_attention_heads, config.head_size),
        dtype=attention.dtype_policy,
        name=f"{target}_adapter",
    )
    adapter.build()
    return adapter


def _freeze(model, encoder):
    frozen = [encoder.embeddings, encoder.encoder.embedding_projection]
    if encoder is model and encoder.pooler is not None:
        frozen.append(encoder.pooler)
    if hasattr(model, "lm_head"):
        frozen.append(model.lm_head)
    frozen += [block.feed_forward for block in encoder.encoder.blocks]
    for _, attention in attentions(encoder):
        frozen += [getattr(attention, name) for name in (*PROJECTIONS, "output_dense", "layer_norm")]
    for layer in frozen:
        layer.trainable = False


def encoder_of(model):
    """Returns the RemBertModel of a model of the family, which may be that model itself."""
    return getattr(model, "rembert", model)


def attentions(encoder):
    """Yields (name in the reference's spelling, layer) of every attention of a RemBertModel."""
    for index, block in enumerate(encoder.encoder.blocks):
        yield f"encoder.layer.{index}.attention.self", block.attention
        if block.cross_attention is not None:
            yield f"encoder.layer.{index}.crossattention.self", block.cross_attention


def adapter_settings(model):
    """Returns the LoraSettings that a model's adapters were made with, or None without adapters."""
    _, attention = next(attentions(encoder_of(model)))
    for adapter in attention.adapters.values():
        return LoraSettings(adapter.rank, adapter.alpha, tuple(attention.adapters))
    return None
