"""How far outputs are apart, layer by layer, and how far they may be."""

import dataclasses
import math

import numpy as np

from rembert_tf.verification.layer_outputs import BLOCK, LOGITS

# Two correct float32 implementations differ by 5e-6 in states and 1.7e-5 in logits; the two forms of GELU by
# 6e-4 and 4e-3 (measured on the small references). In between:
STATE_LIMIT = 2e-5
LOGIT_LIMIT = 1e-4
# Rounding adds up: 6e-6 after the first block, 4.4e-5 after the 32nd (measured with 1152 wide random models,
# weights of standard deviation 0.05), where the other GELU would make some 4e-3. Above this many blocks the
# limit grows with them.
SHALLOW = 4
# float32 keeps seven digits: where entries are typically larger than this, the limit grows with them.
TYPICAL_SIZE = 4.0


@dataclasses.dataclass
class LayerDifference:
    """The worst differences of one layer over all inputs.

    Args:
        layer: its name.
        depth: how many blocks its values have passed.
        differences: comparison -> largest absolute difference, infinite where shapes differ.
        size: root mean square of the layer's entries.
    """

    layer: str
    depth: int
    differences: dict = dataclasses.field(default_factory=dict)
    size: float = 0.0

    @property
    def limit(self):
        """The largest difference that rounding explains."""
        base = LOGIT_LIMIT if self.layer in LOGITS else STATE_LIMIT
        size = self.size if math.isfinite(self.size) else 0.0
        return base * max(1.0, self.depth / SHALLOW) * max(1.0, size / TYPICAL_SIZE)

    @property
    def worst(self):
        """The largest difference of all comparisons; NaN where there is one."""
        return max(self.differences.values(), key=lambda value: (math.isnan(value), value))

    @property
    def agrees(self):
        """Whether every comparison is within the limit."""
        return all(value <= self.limit for value in self.differences.values())

    def to_dict(self):
        """Returns what `--json` prints."""
        differences = {name: finite_or_none(value) for name, value in self.differences.items()}
        return {"layer": self.layer, "differences": differences, "limit": self.limit, "agrees": self.agrees}


class Differences:
    """Collects differences over several inputs.

    Attributes:
        layers: a LayerDifference a layer, in the order in which they were first seen.
    """

    def __init__(self):
        self._by_name = {}

    @property
    def layers(self):
        return list(self._by_name.values())

    def add(self, comparison, outputs, others):
        """Compares the layers that two dictionaries {layer: array}, from bottom to top, share."""
        depth = 0
        for layer in outputs:
            depth += layer.startswith(BLOCK)
            if layer not in others:
                continue
            found = self._by_name.setdefault(layer, LayerDifference(layer, depth))
            difference = largest_difference(outputs[layer], others[layer])
            worst = found.differences.get(comparison, 0.0)
            found.differences[comparison] = worst if math.isnan(worst) or difference < worst else difference
            found.size = max(found.size, float(np.sqrt(np.mean(np.square(others[layer], dtype=np.float64)))))


def largest_difference(array, other):
    """Returns the largest absolute difference: infinite where shapes differ, NaN where either holds one."""
    if np.shape(array) != np.shape(other):
        return math.inf
    return float(np.max(np.abs(np.subtract(array, other, dtype=np.float64)), initial=0.0))


def first_disagreement(layers):
    """Returns the lowest LayerDifference beyond its limit, or None."""
    return next((layer for layer in layers if not layer.agrees), None)


def finite_or_none(value):
    """Returns a number that JSON knows."""
    return value if math.isfinite(value) else None
