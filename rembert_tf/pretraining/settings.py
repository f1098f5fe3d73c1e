"""How a pre-training runs: every number, checked once."""

import dataclasses
import numbers

from rembert_tf.errors import InputError
from rembert_tf.training.settings import AUTO, FinetuneSettings, check_kind

PAPER_WARMUP = 15_000
SHORT_RUN_WARMUP = 0.1  # of the steps, where that is less


@dataclasses.dataclass(frozen=True)
class PretrainSettings:
    """How to pre-train. The paper's numbers (table 14) are said where a default is one.

    Args:
        max_steps: steps of the whole training, at whose end the learning rate is 0 (paper: 1.76 million).
        batch_size: rows of a step (paper: 2048).
        learning_rate: peak of warm-up and linear decay; the paper's peak. A small new model learns faster at 1e-3.
        warmup_steps: steps until the peak; None means the paper's 15,000, or a tenth of the run where that is less.
        weight_decay: AdamW's, without biases and LayerNorm (paper).
        clip_norm: largest norm of all gradients together (paper).
        mask_rate: share of a row's pieces to guess. BERT's, as the paper names none.
        sampling_exponent: languages are drawn in proportion to their rows to this power (paper).
        evaluate_every: steps between evaluations on held-out rows, after each of which a state is saved.
        evaluate_rows: held-out rows of each language at most.
        save_every: steps between further states from which a killed run goes on; None saves none between.
        accumulate_steps: parts into which a batch is cut, whose gradients are added: less memory, the same step.
        mixed_precision: of the computation: float32, mixed_bfloat16 or mixed_float16.
        gradient_checkpointing: whether activations are computed twice, to need less memory.
        choose: which evaluation the directory `best` holds: "best", of the highest log-likelihood, or "last".
        seed: of new weights, languages, rows and masks.
        strategy: devices that share each batch; see `rembert_tf.training.distribution`.
    """

    max_steps: int = 10_000
    batch_size: int = 32
    learning_rate: float = 2e-4
    warmup_steps: int | None = None
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    mask_rate: float = 0.15
    sampling_exponent: float = 0.5
    evaluate_every: int = 1_000
    evaluate_rows: int = 64
    save_every: int | None = None
    accumulate_steps: int = 1
    mixed_precision: str = "float32"
    gradient_checkpointing: bool = False
    choose: str = "best"
    seed: int = 0
    strategy: str = AUTO

    def __post_init__(self):
        for name in _shared_names():
            check_kind(name, getattr(self, name))
        for name in ("max_steps", "evaluate_every", "evaluate_rows"):
            self._require(name, lambda value: _is_whole(value) and value >= 1, "a whole number of at least 1")
        self._require("mask_rate", lambda value: 0 < value < 1, "above 0 and below 1")
        self._require("sampling_exponent", lambda value: _is_number(value) and 0 <= value <= 1, "from 0 to 1")
        self._require("gradient_checkpointing", lambda value: isinstance(value, bool), "True or False")
        possible = f"none or a whole number from 0 to max_steps, {self.max_steps}"
        self._require(
            "warmup_steps", lambda value: value is None or (_is_whole(value) and 0 <= value <= self.max_steps), possible
        )
        self.of_loop()  # checks the others

    def _require(self, name, holds, accepted):
        value = getattr(self, name)
        if not holds(value):
            raise InputError(f"{name} must be {accepted}, not {value!r}.")

    @property
    def steps_of_warmup(self):
        """Steps until the peak."""
        if self.warmup_steps is not None:
            return self.warmup_steps
        return min(PAPER_WARMUP, round(SHORT_RUN_WARMUP * self.max_steps))

    @property
    def steps_per_epoch(self):
        """Steps between two evaluations, which the loop takes for an epoch."""
        return min(self.evaluate_every, self.max_steps)

    def of_loop(self):
        """Returns the FinetuneSettings with which `finetune` does this."""
        return FinetuneSettings(
            epochs=-(-self.max_steps // self.steps_per_epoch),
            warmup_ratio=self.steps_of_warmup / self.max_steps,
            **{name: getattr(self, name) for name in _shared_names() if name != "mask_rate"},
        )


def _shared_names():
    """Returns what both kinds of settings have, in the order of these."""
    shared = {field.name for field in dataclasses.fields(FinetuneSettings)}
    return [field.name for field in dataclasses.fields(PretrainSettings) if field.name in shared]


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_whole(value):
    return _is_number(value) and isinstance(value, numbers.Integral)
