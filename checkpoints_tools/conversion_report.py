"""What a conversion did, or would do: every variable of the source, where it went, and what was decided."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Converted:
    """One weight that is in the destination.

    Args:
        source: its name in the source.
        destination: its name in the destination.
        shape: in a Hugging Face file.
    """

    source: str
    destination: str
    shape: tuple


@dataclasses.dataclass
class ConversionReport:
    """The outcome of a conversion; `str()` of it is what the command prints.

    Args:
        source: its path.
        destination: its path.
        source_format: name of the source's format.
        target: name of the destination's format.
        architecture: the class that the weights are for.
        config: content of the configuration.
        converted: list of Converted.
        skipped: list of Skipped: variables of the source that are no weights of the model.
        left_out: list of Skipped: weights that the target has no place for.
        decisions: sentences about what was found out or chosen.
        warnings: sentences about what to look at.
        vocabulary: number of pieces, or None.
        dtype: of the destination.
        dry_run: whether nothing was written.
        files: names and bytes of what was written.
        checks: lines of the verification, empty where none was asked for.
        passed: whether the verification found no difference; None where none was asked for.
        seconds: that it took.
    """

    source: str
    destination: str
    source_format: str
    target: str
    architecture: str
    config: dict
    converted: list
    skipped: list
    left_out: list
    decisions: list
    warnings: list
    vocabulary: int | None
    dtype: str
    dry_run: bool
    files: dict = dataclasses.field(default_factory=dict)
    checks: list = dataclasses.field(default_factory=list)
    passed: bool | None = None
    seconds: float = 0.0

    @property
    def parameters(self):
        """How many numbers the destination has."""
        return sum(math.prod(item.shape) for item in self.converted)

    def to_dict(self):
        """Returns the report as JSON holds it."""
        return {**dataclasses.asdict(self), "parameters": self.parameters}

    def lines(self, every=False):
        """Returns the report as lines of text.

        Args:
            every: whether to list all weights and optimizer slots, not only their number.
        """
        verb = "would write" if self.dry_run else "wrote"
        lines = [
            f"{self.source} ({self.source_format}) -> {self.destination} ({self.target})",
            f"{verb} {self.architecture}: {len(self.converted)} weights, {self.parameters:,} parameters, {self.dtype}",
        ]
        lines += self._weights() if every else []
        lines += self._others(every)
        lines += [f"decided: {sentence}" for sentence in self.decisions]
        lines += [f"warning: {sentence}" for sentence in self.warnings]
        lines += [f"vocabulary: {self.vocabulary:,} pieces"] if self.vocabulary is not None else []
        lines += [f"{name}  {size:,} bytes" for name, size in self.files.items()]
        return lines + self.checks + ([] if self.dry_run else [f"{self.seconds:.1f} s"])

    def _weights(self):
        width = max(len(item.source) for item in self.converted)
        return [f"  {item.source:<{width}} -> {item.destination} {list(item.shape)}" for item in self.converted]

    def _others(self, every):
        """Returns lines for what is not in the destination; slots, of which there are many, as a number."""
        lines = [f"left out: {item.name} {list(item.shape)}: {item.reason}" for item in self.left_out]
        by_reason = {}
        for item in self.skipped:
            by_reason.setdefault(item.reason, []).append(item)
        for reason, items in by_reason.items():
            if every or len(items) <= SOME:
                lines += [f"skipped: {item.name} {list(item.shape)}: {reason}" for item in items]
            else:
                lines.append(f"skipped: {len(items)} variables, {items[0].name} for one: {reason}")
        return lines

    def __str__(self):
        return "\n".join(self.lines())


SOME = 6
