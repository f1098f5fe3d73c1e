"""What trimming a vocabulary has done, and how it is printed."""

import dataclasses

from rembert_tf.verification.text_table import text_table


@dataclasses.dataclass(frozen=True)
class TrimReport:
    """Sizes before and after, and what was proven.

    Args:
        directory, output: the model directories.
        pieces, parameters, weight_bytes, vocabulary_bytes: pairs (before, after); weights as float32.
        texts: of the corpus; every one was cut by both vocabularies.
        changed_texts: those that are cut otherwise now; 0 unless rare pieces had to go.
        unknown: pair (before, after) of unknown pieces in the corpus.
        min_count: what was asked for.
        compared_texts: whose outputs were compared.
        largest_difference: of any layer of both models for these texts.
        left_out: names of files that were not copied.
    """

    directory: str
    output: str
    pieces: tuple
    parameters: tuple
    weight_bytes: tuple
    vocabulary_bytes: tuple
    texts: int
    changed_texts: int
    unknown: tuple
    min_count: int
    compared_texts: int
    largest_difference: float
    left_out: list

    def to_dict(self):
        """Returns what `--json` prints."""
        return dataclasses.asdict(self)

    def lines(self):
        """Returns lines for a terminal."""
        sizes = {
            "pieces": self.pieces,
            "parameters": self.parameters,
            "weights (bytes)": self.weight_bytes,
            "vocabulary (bytes)": self.vocabulary_bytes,
        }
        rows = [
            [name, f"{before:,}", f"{after:,}", f"{(before - after) / before:.1%}"]
            for name, (before, after) in sizes.items()
        ]
        lines = text_table(["", "before", "after", "saved"], rows)
        if self.min_count > 1:
            lines.append(
                f"{self.changed_texts:,} of {self.texts:,} texts are cut otherwise, without pieces used less than "
                f"{self.min_count} times; unknown pieces: {self.unknown[0]:,} before, {self.unknown[1]:,} after"
            )
        else:
            lines.append(f"all {self.texts:,} texts of the corpus are cut as before")
        lines.append(
            f"outputs for {self.compared_texts} of them differ by at most {self.largest_difference:.1e} "
            f"from the whole model's"
        )
        if self.left_out:
            lines.append(f"not copied: {', '.join(self.left_out)}")
        return [*lines, f"written to {self.output}"]
