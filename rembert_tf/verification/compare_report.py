"""What `compare` found, its verdict, and how both are printed."""

import dataclasses

from rembert_tf.verification.differences import LayerDifference, finite_or_none, first_disagreement
from rembert_tf.verification.text_table import number, text_table

IDENTICAL, EQUAL, DIFFERENT = "identical", "equal", "different"
WEIGHT_LIMIT = 1e-6  # what a conversion through other arrangements or precisions above float32 may change
SHOWN_WEIGHTS = 20


@dataclasses.dataclass(frozen=True)
class CompareReport:
    """The outcome of comparing two directories.

    Args:
        directory, other: that were compared.
        layers: LayerDifference of every layer that both have, bottom to top.
        changed_fields: {field of the configuration: (directory's value, other's)}.
        weights: {name: largest difference} of the weights that differ, largest first.
        reshaped: {name: (directory's shape, other's)}.
        only_in_directory, only_in_other: weights that the other one lacks.
    """

    directory: str
    other: str
    layers: list[LayerDifference]
    changed_fields: dict
    weights: dict
    reshaped: dict
    only_in_directory: list[str]
    only_in_other: list[str]

    @property
    def verdict(self):
        """`identical`, `equal` (within float32 rounding, where both have a layer) or `different`."""
        unlike = [name for name, value in self.weights.items() if not value <= WEIGHT_LIMIT]
        if unlike or self.reshaped or self._missing_blocks() or first_disagreement(self.layers):
            return DIFFERENT
        alone = self.only_in_directory or self.only_in_other
        same = not (self.weights or alone) and all(layer.worst == 0 for layer in self.layers)
        return IDENTICAL if same else EQUAL

    @property
    def exit_code(self):
        """0, or 1 for directories that differ."""
        return int(self.verdict == DIFFERENT)

    @property
    def sentence(self):
        """The verdict in one line."""
        if self.verdict == IDENTICAL:
            return "identical: the same weights, and the same numbers in every layer"
        if self.verdict == EQUAL:
            rounding = " within float32 rounding" if self.weights else ""
            alone = len(self.only_in_directory) + len(self.only_in_other)
            return f"equal{rounding} in what both have" + (f"; {alone} weights are in one only" if alone else "")
        return f"different: {'; '.join(self._differences())}"

    def _missing_blocks(self):
        """Returns the encoder's weights that one of them lacks; a head or pooler too many changes nothing shared."""
        return [name for name in self.only_in_directory + self.only_in_other if name.startswith("encoder.")]

    def _differences(self):
        layer = first_disagreement(self.layers)
        if layer is not None:
            size = "other shapes" if layer.worst == float("inf") else f"{layer.worst:.1e}, more than {layer.limit:.0e}"
            yield f"outputs: from {layer.layer} on ({size})"
        elif self.layers:
            yield "outputs: the same for these inputs"
        counts = {
            "differ": len(self.weights),
            "have other shapes": len(self.reshaped),
            "are in one only": len(self.only_in_directory) + len(self.only_in_other),
        }
        told = [f"{count} {what}" for what, count in counts.items() if count]
        yield f"weights: {', '.join(told)}" if told else "the weights are the same"
        if self.changed_fields:
            yield f"configuration: {', '.join(self.changed_fields)}"

    def lines(self):
        """Returns the report for a reader."""
        yield f"DIR     {self.directory}"
        yield f"OTHER   {self.other}"
        yield ""
        yield from text_table(
            ["layer", "largest difference", "limit"],
            [[layer.layer, number(layer.worst), number(layer.limit)] for layer in self.layers],
        )
        yield ""
        yield from self._section(
            "configuration", self.changed_fields.items(), lambda pair: f"{pair[0]!r} | {pair[1]!r}"
        )
        yield from self._section("weights that differ", self.weights.items(), number)
        yield from self._section(
            "weights of other shapes", self.reshaped.items(), lambda pair: f"{pair[0]} | {pair[1]}"
        )
        yield from self._section("only in DIR", ((name, "") for name in self.only_in_directory), str)
        yield from self._section("only in OTHER", ((name, "") for name in self.only_in_other), str)
        yield self.sentence

    def _section(self, title, items, shown):
        items = list(items)
        if not items:
            return
        yield f"{title}:"
        width = max(len(name) for name, _ in items[:SHOWN_WEIGHTS])
        yield from (f"  {name.ljust(width)}  {shown(value)}".rstrip() for name, value in items[:SHOWN_WEIGHTS])
        if len(items) > SHOWN_WEIGHTS:
            yield f"  ... and {len(items) - SHOWN_WEIGHTS} more; --json lists all"
        yield ""

    def to_dict(self):
        """Returns what `--json` prints."""
        return {
            "verdict": self.verdict,
            "sentence": self.sentence,
            "directory": self.directory,
            "other": self.other,
            "layers": [layer.to_dict() for layer in self.layers],
            "changed_fields": {name: list(pair) for name, pair in self.changed_fields.items()},
            "weights": {name: finite_or_none(value) for name, value in self.weights.items()},
            "reshaped": {name: [list(shape) for shape in shapes] for name, shapes in self.reshaped.items()},
            "only_in_directory": self.only_in_directory,
            "only_in_other": self.only_in_other,
        }


def _pair(values):
    return f"{values[0]!r} | {values[1]!r}"
