"""How a tensor of a larger model is made of a smaller one's: which numbers are repeated, which are split.

Each number of a wider layer repeats one of the source (Net2Net: Chen et al., 2016; for BERT: Chen et al., 2022). What
reads the repeated numbers gets shares of the source's weights that sum to them, so that it computes what it did. A
LayerNorm sees the same mean and variance where all numbers are repeated equally often, and only then is nothing
changed but rounding.
"""

import dataclasses

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.weights.weight_rows import OUT, E, F, H, P, T, V

# Axes that LayerNorm is taken over, or that all numbers are summed over: they must be repeated as a whole.
NORMALIZED = (H, E, OUT)
GROWN = (*NORMALIZED, F)
# Shares of a weight are drawn from this range, then scaled: copies that differ can learn different things.
LEAST, LARGEST = 0.5, 1.5


@dataclasses.dataclass(frozen=True)
class Axis:
    """One size of the configuration, in the source and in the result.

    Args:
        before: the size in the source.
        sources: (new size,) int64: the number of the source that each one repeats.
        shares: (new size,) float32: of each repeated number's outgoing weights; those of one source sum to 1.
    """

    before: int
    sources: np.ndarray
    shares: np.ndarray

    @property
    def changes(self):
        """Whether the result has another size."""
        return len(self.sources) != self.before

    @property
    def keeps_norms(self):
        """Whether every number is repeated equally often."""
        return len(self.sources) % self.before == 0


def grown_axis(name, before, after, random):
    """Returns the Axis of a size that grows or stays.

    Args:
        name: field of the configuration.
        before: its size in the source.
        after: its size in the result.
        random: a NumPy generator, for the shares.

    Raises:
        InputError: it shrinks.
    """
    if after < before:
        raise InputError(
            f"{name} would shrink from {before} to {after}: a warm start grows; `rembert distill --config` makes "
            "narrower models."
        )
    sources = np.arange(after) % before
    shares = random.uniform(LEAST, LARGEST, after)
    sums = np.bincount(sources, weights=shares)
    # Those without a copy stay as they are, to the last bit.
    return Axis(before, sources, (shares / sums[sources]).astype("float32"))


def chosen_rows(before, after):
    """Returns the Axis of rows that nothing sums over, positions or token types: the first ones, then all again."""
    return Axis(before, np.arange(after) % before, np.ones(after, "float32"))


def grown_axes(config, wanted, seed=0, has_lm_head=True):
    """Returns {field: Axis} of all sizes but the vocabulary's.

    Args:
        config: the source's RemBertConfig.
        wanted: the result's.
        seed: decides the shares.
        has_lm_head: whether the source has one; without it there is no `output_embedding_size`.

    Raises:
        InputError: a size shrinks, or attention heads would be of another width.
    """
    if wanted.head_size != config.head_size:
        raise InputError(
            f"hidden_size {wanted.hidden_size} with {wanted.num_attention_heads} attention heads makes heads of "
            f"{wanted.head_size}, and the source has heads of {config.head_size}: heads are copied whole, so "
            "num_attention_heads must grow as hidden_size does."
        )
    random = np.random.default_rng(seed)
    names = [name for name in GROWN if has_lm_head or name != OUT]
    axes = {name: grown_axis(name, getattr(config, name), getattr(wanted, name), random) for name in names}
    return axes | {name: chosen_rows(getattr(config, name), getattr(wanted, name)) for name in (P, T)}


def grown_tensor(array, row, axes):
    """Returns a tensor of the result.

    Args:
        array: the source's, as in a Hugging Face file.
        row: its Row of the weight table.
        axes: {field: Axis}; axes that are not named stay.
    """
    for position, name in enumerate(row.shape):
        axis = axes.get(name)
        if axis is None or not axis.changes:
            continue
        array = np.take(array, axis.sources, axis=position)
        if position == 1 and reads(row):
            array = array * axis.shares
    return array


def grown_shape(shape, row, axes):
    """Returns the shape of `grown_tensor` of an array of a shape."""
    return tuple(len(axes[name].sources) if name in axes else size for name, size in zip(row.shape, shape, strict=True))


def reads(row):
    """Whether a matrix reads its last axis, which a product sums over; tables of vectors only hold it."""
    return len(row.shape) == 2 and not (row.name.startswith("embeddings.") and row.shape[0] in (V, P, T))
