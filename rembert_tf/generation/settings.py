"""How a continuation is chosen."""

import dataclasses
import math
import warnings

from rembert_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class GenerationSettings:
    """What `generate` was asked for, checked.

    Args:
        max_new_tokens: pieces to add at most.
        num_beams: continuations kept at each step; 1 is greedy search or sampling.
        num_return_sequences: the best ones to return for each prompt; more than 1 needs as many beams.
        do_sample: draw the next piece instead of taking the likeliest.
        temperature: logits are divided by it before sampling.
        top_k: sample among that many likeliest pieces; 0 means all.
        top_p: sample among the likeliest pieces that hold this share of the probability.
        repetition_penalty: scores of pieces already there are divided (or, if negative, multiplied) by it.
        length_penalty: exponent of the length that beam scores are divided by; above 0 favours long ones.
        early_stopping: beam search ends when as many continuations as beams are complete (True), when no
            better one is likely (False), or when none is possible ("never").
        eos_token_id: piece that completes a continuation; None for no such piece.
        pad_token_id: what follows it.
        seed: of sampling.

    Raises:
        InputError: naming the setting, its value and what is possible.
    """

    max_new_tokens: int
    num_beams: int = 1
    num_return_sequences: int = 1
    do_sample: bool = False
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    length_penalty: float = 1.0
    early_stopping: bool | str = False
    eos_token_id: int | None = None
    pad_token_id: int = 0
    seed: int | None = dataclasses.field(default=None, compare=False)  # the compiled program is the same for all

    def __post_init__(self):
        self._require_integers()
        positive = "a positive number"
        self._require("temperature", _is_number(self.temperature) and self.temperature > 0, positive)
        self._require(
            "repetition_penalty", _is_number(self.repetition_penalty) and self.repetition_penalty > 0, positive
        )
        self._require("length_penalty", _is_number(self.length_penalty), "a number")
        self._require("top_p", _is_number(self.top_p) and 0 < self.top_p <= 1, "above 0 and at most 1")
        self._require("early_stopping", self.early_stopping in (True, False, "never"), 'True, False or "never"')
        if self.do_sample and self.num_beams > 1:
            raise InputError("do_sample=True cannot be combined with beams: num_beams must be 1.")
        if self.num_return_sequences > self.num_beams:
            raise InputError(
                f"num_return_sequences is {self.num_return_sequences}, more than num_beams, {self.num_beams}."
            )
        if not self.do_sample and (self.temperature, self.top_k, self.top_p) != (1.0, 0, 1.0):
            warnings.warn("temperature, top_k and top_p have no effect without do_sample=True.", stacklevel=4)

    def _require_integers(self):
        for name, least in {"max_new_tokens": 1, "num_beams": 1, "num_return_sequences": 1, "top_k": 0}.items():
            value = getattr(self, name)
            fits = isinstance(value, int) and not isinstance(value, bool) and value >= least
            self._require(name, fits, f"an integer from {least}")
        for name in ("eos_token_id", "seed"):
            value = getattr(self, name)
            fits = value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)
            self._require(name, fits, "an integer from 0, or None")

    def _require(self, name, fits, accepted):
        if not fits:
            raise InputError(f"{name} must be {accepted}, not {getattr(self, name)!r}.")


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
