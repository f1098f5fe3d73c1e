"""How sentences are embedded and compared."""

import dataclasses

from rembert_tf.errors import InputError
from rembert_tf.tasks.retrieval.embeddings import MEAN, POOLING
from rembert_tf.tasks.retrieval.margin import NEIGHBOURS

SCORING = ("cosine", "margin", "distance")
SHIFTS = (None, "mean")


@dataclasses.dataclass(frozen=True)
class RetrievalSettings:
    """What decides the nearest sentence.

    Args:
        layer: hidden state, 0 (the projected embedding) to the number of layers; None takes
            `embeddings.default_layer`.
        pooling: "mean" or "cls".
        specials: whether the mean takes in [CLS] and [SEP].
        scoring: "cosine"; "margin": the ratio to the neighbours' cosines; "distance": Euclidean.
        shift: "mean" moves the queries by the difference of the two sides' means first.
        neighbours: k of the margin.
        prefix: stands before every sentence, for models that were trained so.

    Raises:
        InputError: a value is not one of those accepted.
    """

    layer: int | None = None
    pooling: str = MEAN
    specials: bool = True
    scoring: str = "cosine"
    shift: str | None = None
    neighbours: int = NEIGHBOURS
    prefix: str = ""

    def __post_init__(self):
        for name, accepted in (("pooling", POOLING), ("scoring", SCORING), ("shift", SHIFTS)):
            if getattr(self, name) not in accepted:
                choices = ", ".join(map(str, accepted))
                raise InputError(f"{name} must be one of {choices}, not {getattr(self, name)!r}.")
        if self.neighbours < 1:
            raise InputError(f"neighbours must be 1 or more, not {self.neighbours}.")


# The layer analysis of RemBERT's paper (A.9, figure 2).
PAPER = RetrievalSettings(specials=False, scoring="distance", shift="mean")
