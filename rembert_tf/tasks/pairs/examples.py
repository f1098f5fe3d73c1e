"""Texts or pairs of texts, with or without labels."""

import dataclasses

import numpy as np

from rembert_tf.tasks.known_labels import known_labels


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
        """Returns the labels, or raises an InputError where there are none."""
        return known_labels(self.labels, self.files)

    def shown(self, row):
        """Returns an example's text as people read it."""
        return self.texts[row] if self.pairs is None else f"{self.texts[row]} | {self.pairs[row]}"
