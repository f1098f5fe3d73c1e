"""What a student learns from its teacher: every number, checked once."""

import dataclasses
import math

from rembert_tf.errors import InputError

NONE, LAST, LAYERS = "none", "last", "layers"
HIDDEN_LOSSES = (NONE, LAST, LAYERS)


@dataclasses.dataclass(frozen=True)
class DistillationSettings:
    """What a student learns from its teacher.

    The loss is (1 - alpha) * the task's own + alpha * the teacher's + hidden_weight * that of the hidden states. A row
    without a label counts as if alpha were 1.

    Args:
        temperature: divides both models' logits before they are compared; 1 and more. Numbers, the outputs of a
            regression, have none.
        alpha: the teacher's share of the loss.
        hidden_loss: which hidden states are compared: "none", "last" (that of the last block), or "layers" (that of
            every block of the student with one of the teacher's, evenly spread).
        hidden_weight: of the hidden states' loss: 1 - cosine where both models are equally wide, otherwise the mean
            squared difference behind a projection that is trained too; over a row's pieces, then over rows.
    """

    temperature: float = 2.0
    alpha: float = 0.5
    hidden_loss: str = NONE
    hidden_weight: float = 1.0

    def __post_init__(self):
        for name in ("temperature", "alpha", "hidden_weight"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                raise InputError(f"{name} must be a number, not {value!r}.")
        if self.temperature < 1:
            raise InputError(f"temperature must be 1 or more, not {self.temperature}.")
        if not 0 <= self.alpha <= 1:
            raise InputError(f"alpha must be from 0 to 1, not {self.alpha}.")
        if self.hidden_weight <= 0:
            raise InputError(f"hidden_weight must be above 0, not {self.hidden_weight}.")
        if self.hidden_loss not in HIDDEN_LOSSES:
            raise InputError(f"hidden_loss must be {', '.join(HIDDEN_LOSSES)}, not {self.hidden_loss!r}.")
        if self.alpha == 0 and self.hidden_loss == NONE:
            raise InputError("with alpha 0 and hidden_loss none nothing would be learnt from the teacher.")
