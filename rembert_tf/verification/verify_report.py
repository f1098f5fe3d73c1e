"""What `verify` found, its verdict, and how both are printed."""

import dataclasses

from rembert_tf.verification.differences import LayerDifference, finite_or_none, first_disagreement
from rembert_tf.verification.published_rows import conclusions, reproduces_port
from rembert_tf.verification.text_table import number, text_table

VERIFIED, CONSISTENT, MISMATCH = "verified", "consistent", "mismatch"
KERAS_REFERENCE, PLAIN_REFERENCE, KERAS_PLAIN = "Keras - reference", "NumPy - reference", "Keras - NumPy"
COMPARISONS = (KERAS_REFERENCE, PLAIN_REFERENCE, KERAS_PLAIN)
SHOWN_NAMES = 5  # of a list of weights, in one sentence


@dataclasses.dataclass(frozen=True)
class VerifyReport:
    """The outcome of verifying one directory.

    Args:
        directory: that was verified.
        architecture: class of its model.
        fingerprint: SHA-256 of its weights.
        layers: LayerDifference of every layer, bottom to top.
        cases: names of the inputs.
        reference: name of the stored reference with these weights, or None.
        provenance: which versions computed the reference.
        changed_weights: weights that differ from the reference's.
        changed_fields: {field: (here, reference)} of the configuration.
        published: name of the released model of this shape, or None.
        distances: {(GELU form, matmul inputs): {program: distance}} from its published rows.
        notes: sentences about what could not be compared.
    """

    directory: str
    architecture: str
    fingerprint: str
    layers: list[LayerDifference]
    cases: list[str]
    reference: str | None = None
    provenance: str | None = None
    changed_weights: list[str] = dataclasses.field(default_factory=list)
    changed_fields: dict = dataclasses.field(default_factory=dict)
    published: str | None = None
    distances: dict = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)

    @property
    def verdict(self):
        """`verified`, `consistent` (nothing is wrong, but no reference is known) or `mismatch`."""
        if self.changed_weights or first_disagreement(self.layers):
            return MISMATCH
        known = self.reference is not None or (self.distances and reproduces_port(self.distances))
        return VERIFIED if known else CONSISTENT

    @property
    def exit_code(self):
        """0, or 1 for a mismatch."""
        return int(self.verdict == MISMATCH)

    @property
    def sentence(self):
        """The verdict in one line."""
        if self.verdict == MISMATCH:
            return f"does not match: {'; '.join(self._mismatches())}"
        if self.verdict == CONSISTENT:
            return (
                "consistent, but no stored reference: Keras and an independent NumPy implementation agree; "
                "whether these are the right weights, nothing here can tell"
            )
        if self.reference is None:
            return f"verified against the published outputs of {self.published}"
        return f"verified against the stored reference {self.reference} ({self.provenance})"

    def _mismatches(self):
        if self.changed_weights:
            shown = ", ".join(self.changed_weights[:SHOWN_NAMES])
            more = len(self.changed_weights) - SHOWN_NAMES
            shown += f" and {more} more" if more > 0 else ""
            yield f"not the weights of {self.reference} in {shown}"
        for field, (here, there) in self.changed_fields.items():
            yield f"{field} is {here!r}, the reference has {there!r}"
        layer = first_disagreement(self.layers)
        if layer is not None:
            pairs = [name for name, value in layer.differences.items() if not value <= layer.limit]
            yield f"first off is {layer.layer} by {layer.worst:.1e} ({', '.join(pairs)}), more than {layer.limit:.0e}"

    def lines(self):
        """Returns the report for a reader."""
        known = f"{self.reference}, computed with {self.provenance}" if self.reference else "none with these weights"
        if self.changed_weights:
            known += f"; weights that differ from it: {len(self.changed_weights)}"
        yield f"directory   {self.directory}"
        yield f"class       {self.architecture}"
        yield f"weights     sha256 {self.fingerprint}"
        yield f"reference   {known}"
        yield f"inputs      {', '.join(self.cases)}"
        yield from (f"note        {note}" for note in self.notes)
        yield ""
        used = [name for name in COMPARISONS if any(name in layer.differences for layer in self.layers)]
        yield from text_table(
            ["largest difference", *used, "limit"],
            [
                [layer.layer, *(number(layer.differences.get(name)) for name in used), number(layer.limit)]
                for layer in self.layers
            ],
        )
        yield ""
        if self.distances:
            yield from published_lines(self.published, self.distances)
        yield self.sentence

    def to_dict(self):
        """Returns what `--json` prints."""
        fields = ("directory", "architecture", "fingerprint", "reference", "provenance", "published")
        return {
            "verdict": self.verdict,
            "sentence": self.sentence,
            **{name: getattr(self, name) for name in (*fields, "cases", "changed_weights", "notes")},
            "changed_fields": {name: list(pair) for name, pair in self.changed_fields.items()},
            "layers": [layer.to_dict() for layer in self.layers],
            "published_distances": [
                {"gelu": gelu, "matmul_inputs": precision, **{name: finite_or_none(x) for name, x in found.items()}}
                for (gelu, precision), found in self.distances.items()
            ],
            "published_conclusions": conclusions(self.distances) if self.distances else [],
        }


def published_lines(name, distances):
    """Yields the lines of a table of distances from a released model's published outputs, and what follows.

    Args:
        name: of the released model.
        distances: what `published_rows.distances` returned.
    """
    programs = list(next(iter(distances.values())))
    rows = [
        [f"{gelu}, {precision}", *(number(found[program]) for program in programs)]
        for (gelu, precision), found in distances.items()
    ]
    yield from text_table([f"distance from {name}", *programs], rows)
    yield ""
    yield from conclusions(distances)
    yield ""
