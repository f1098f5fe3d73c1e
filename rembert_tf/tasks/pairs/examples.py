"""Texts or pairs of texts, with or without labels."""

import dataclasses

import numpy as np

from rembert_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class TextExamples:
    """What a sequence classifier reads and what it should say.

    Args:
        texts: list of strings.
        pairs: second texts, or None.
        labels: (examples,) int32 class numbers; for several labels (examples, classes) float32 of 0 and 1; for
            regression (examples,) float32; or None where the files have none.
        names: the classes' names in the order of their numbers; for regression the name of the number.
        languages: a code for each example, "" where none is known; not needed for predictions.
        files: paths of the files that they come from, for messages.
    """

    texts: list
    pairs: list | None = None
    labels: np.ndarray | None = None
    names: list = ()
    languages: list = ()
    files: list = ()

    def __len__(self):
        return len(self.texts)

    def known_labels(self):
        """Returns the labels.

        Raises:
            InputError: there are none.
        """
        if self.labels is None:
            named = ", ".join(map(str, self.files)) or "the examples"
            raise InputError(f"{named}: rows that have no labels can be predicted, but neither trained on nor scored.")
        return self.labels

    def shown(self, row):
        """Returns an example's text as people read it."""
        return self.texts[row] if self.pairs is None else f"{self.texts[row]} | {self.pairs[row]}"
