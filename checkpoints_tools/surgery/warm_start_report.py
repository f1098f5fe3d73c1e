"""Where the weights of a warm start come from, and how that is printed."""

import dataclasses

from rembert_tf.checkpoints_tools.surgery.grown_axes import NORMALIZED
from rembert_tf.verification.text_table import text_table
from rembert_tf.weights.weight_rows import P, T, V

SIZES = ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size")
SIZES += ("input_embedding_size", "output_embedding_size", "vocab_size", "max_position_embeddings", "type_vocab_size")


@dataclasses.dataclass(frozen=True)
class WarmStartReport:
    """What was made of what.

    Args:
        source, output: the model directories.
        sizes: {field: (before, after)} of those that differ.
        blocks: for each block of the result the number of the source's that it copies.
        pieces: {"by_spelling", "by_parts", "without"}: counts of the new vocabulary's rows; None where it stays.
        reasons: why the result does not compute what the source does; none where it does.
        largest_difference: of any output, where there is no reason for one; else None.
        parameters: pair (before, after).
        left_out: names of tensors and files that were not copied.
    """

    source: str
    output: str
    sizes: dict
    blocks: list
    pieces: dict | None
    reasons: list
    left_out: list
    largest_difference: float | None = None
    parameters: tuple = ()

    @classmethod
    def of(cls, model, wanted, axes, matched, output, left_out):
        """Returns the report of an OpenModel, the result's configuration, its axes and MatchedPieces or None."""
        before = model.config
        pairs = {name: (getattr(before, name), getattr(wanted, name)) for name in SIZES}
        depth, new_depth = pairs["num_hidden_layers"]
        names = ("by_spelling", "by_parts", "without")
        return cls(
            source=str(model.directory),
            output=output,
            sizes={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
            blocks=[block % depth for block in range(new_depth)],
            pieces=None if matched is None else {name: getattr(matched, name) for name in names},
            reasons=list(_reasons(depth, new_depth, axes, matched, before.vocab_size)),
            left_out=left_out,
        )

    def to_dict(self):
        """Returns what `--json` prints."""
        return dataclasses.asdict(self)

    def lines(self):
        """Returns lines for a terminal."""
        rows = [[name, f"{before:,}", f"{after:,}"] for name, (before, after) in self.sizes.items()]
        rows.append(["parameters", *(f"{count:,}" for count in self.parameters)])
        lines = text_table(["", "before", "after"], rows)
        if "num_hidden_layers" in self.sizes:
            lines.append(f"blocks are copies of the source's {', '.join(map(str, self.blocks))}")
        if self.pieces is not None:
            lines.append(
                "pieces: {by_spelling:,} by their spelling, {by_parts:,} as the mean of their parts, {without:,} as "
                "the mean of all".format(**self.pieces)
            )
        if self.reasons:
            lines.append(f"it does not compute what the source does: {'; '.join(self.reasons)}")
        else:
            lines.append(f"it computes what the source does: outputs differ by at most {self.largest_difference:.1e}")
        if self.left_out:
            lines.append(f"not copied: {', '.join(self.left_out)}")
        return [*lines, f"written to {self.output}"]


def _reasons(depth, new_depth, axes, matched, rows):
    if new_depth != depth:
        yield f"{new_depth} blocks instead of {depth}"
    for name in NORMALIZED:
        if name in axes and not axes[name].keeps_norms:
            yield f"{name} is no multiple, so LayerNorm sees other means"
    if matched is not None and not matched.is_same:
        yield "another vocabulary"
    elif matched is not None and len(matched.rows) < rows:  # the source has rows behind its vocabulary's
        yield f"fewer rows of {V}"
    for name in (P, T):
        if len(axes[name].sources) < axes[name].before:
            yield f"fewer rows of {name}"
