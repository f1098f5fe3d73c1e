"""How a training runs: every number, checked once."""

import dataclasses
import math
import numbers
import re
import types
import typing

from rembert_tf.errors import InputError
from rembert_tf.training.distribution import AUTO, STRATEGIES

CHOICES = ("best", "last")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
FREEZABLE = re.compile(r"embeddings|encoder|layers:[1-9]\d*")


@dataclasses.dataclass(frozen=True)
class FinetuneSettings:
    """How to train.

    Args:
        epochs: passes over the training rows.
        max_steps: stops earlier, after this many steps; None for no limit.
        batch_size: rows of a step.
        learning_rate: peak of warm-up and linear decay. 1e-5 suits the released checkpoint (paper, table
            15: 8e-6 to 3e-5); a small new model needs about 1e-3.
        max_length: pieces of a text or pair, special tokens counted.
        warmup_ratio: share of the steps that warms up.
        weight_decay: AdamW's, without biases and LayerNorm.
        clip_norm: largest norm of all gradients together (paper, table 14: 1).
        layer_decay: the learning rate of a block is this times the next higher one's; 1 treats all alike.
        label_smoothing: share of a class label that is spread over all classes.
        accumulate_steps: parts into which a batch is cut, whose gradients are added: less memory, the same step.
        freeze: parts that are not trained: "embeddings" (the input tables), "layers:K" (those and the first K
            blocks), "encoder" (everything but the head).
        lora_rank: width of low-rank adapters that are trained instead of the encoder; 0 trains it itself.
        mixed_precision: of the computation: float32, mixed_bfloat16 or mixed_float16.
        patience: stops when the dev metric has not improved for so many epochs; None never does.
        seed: of new weights, dropout, masks and the rows' order.
        save_every: steps between states from which a killed run goes on; None saves one an epoch.
        restarts: how often a run that collapsed (every answer the same and not all right, or a metric of 0)
            begins anew with another seed; language models, which give no answers, never do.
        mask_rate: probability of each piece of a training text to become [MASK], 0 to below 1; 0 masks none.
            Helps where few distinct texts are soon known by heart.
        spelling_ngrams: characters of the longest n-grams whose vectors pieces share while they are trained,
            for new weights and little text (see `rembert_tf.training.spelling`); 0 shares nothing.
        average_momentum: evaluates and saves a moving average of the weights instead of those of the last
            step: after each step, average = momentum * average + (1 - momentum) * weights. About
            1 / (1 - momentum) steps count, which should be few among all; 0 averages nothing.
        choose: which epoch the directory `best` holds: "best", the one with the best dev metric, or "last",
            for a dev set too small to tell epochs apart.
        static_shapes: whether all training batches are full and as wide as one of a few widths, so that XLA compiles
            a handful of steps (see `rembert_tf.tasks.batches`); "auto": where TensorFlow sees a TPU, or
            a GPU and `xla` is not False.
        xla: whether XLA compiles the step, once for each shape; "auto": where there is one GPU, or a TPU.
        strategy: devices that share each batch (see `rembert_tf.training.distribution`): "mirrored", those of this
            machine; "multi_worker", those of all workers in TF_CONFIG; "tpu"; "auto": whichever is there, else one.
    """

    epochs: int = 3
    max_steps: int | None = None
    batch_size: int = 32
    learning_rate: float = 1e-5
    max_length: int = 128
    warmup_ratio: float = 0.1
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    layer_decay: float = 1.0
    label_smoothing: float = 0.0
    accumulate_steps: int = 1
    freeze: tuple = ()
    lora_rank: int = 0
    mixed_precision: str = "float32"
    patience: int | None = None
    seed: int = 0
    save_every: int | None = None
    restarts: int = 0
    mask_rate: float = 0.0
    spelling_ngrams: int = 0
    average_momentum: float = 0.0
    choose: str = "best"
    static_shapes: bool | str = AUTO
    xla: bool | str = AUTO
    strategy: str = AUTO

    def __post_init__(self):
        for name, value in vars(self).items():
            check_kind(name, value)
        object.__setattr__(self, "freeze", tuple(self.freeze))
        for name in ("epochs", "batch_size", "max_length", "accumulate_steps"):
            self._require(name, lambda value: value >= 1, "at least 1")
        for name in ("max_steps", "patience", "save_every"):
            self._require(name, lambda value: value is None or value >= 1, "at least 1")
        for name in ("spelling_ngrams", "restarts", "lora_rank", "weight_decay"):
            self._require(name, lambda value: value >= 0, "at least 0")
        for name in ("mask_rate", "average_momentum", "label_smoothing"):
            self._require(name, lambda value: 0 <= value < 1, "at least 0 and below 1")
        for name in ("learning_rate", "clip_norm"):
            self._require(name, lambda value: math.isfinite(value) and value > 0, "a positive number")
        self._require("warmup_ratio", lambda value: 0 <= value <= 1, "from 0 to 1")
        self._require("layer_decay", lambda value: 0 < value <= 1, "above 0 and at most 1")
        self._require("choose", lambda value: value in CHOICES, " or ".join(map(repr, CHOICES)))
        for name in ("static_shapes", "xla"):
            self._require(name, lambda value: value in (AUTO, True, False), "'auto', True or False")
        self._require("strategy", lambda value: value in STRATEGIES, f"one of {', '.join(STRATEGIES)}")
        self._require("mixed_precision", lambda value: value in PRECISIONS, f"one of {', '.join(PRECISIONS)}")
        for part in self.freeze:
            if not FREEZABLE.fullmatch(str(part)):
                raise InputError(f"freeze must name embeddings, encoder or layers:K, not {part!r}.")
        if self.accumulate_steps > self.batch_size:
            raise InputError(
                f"accumulate_steps is {self.accumulate_steps}, more than the batch_size {self.batch_size}: "
                "a part would be empty."
            )

    def _require(self, name, holds, accepted):
        value = getattr(self, name)
        if not holds(value):
            raise InputError(f"{name} must be {accepted}, not {value!r}.")

    def total_steps(self, steps_per_epoch):
        """Returns the steps of the whole training."""
        steps = self.epochs * steps_per_epoch
        return steps if self.max_steps is None else min(steps, self.max_steps)

    def decided(self):
        """Returns the settings with `static_shapes` True or False, as this machine's devices want it."""
        if self.static_shapes != AUTO:
            return self
        import tensorflow as tf

        kinds = ("TPU",) if self.xla is False else ("GPU", "TPU")  # a TPU does nothing without XLA
        return dataclasses.replace(self, static_shapes=any(map(tf.config.list_logical_devices, kinds)))


# type of a setting -> (the types that its values may have, how a message calls them)
_KINDS = {
    int: (numbers.Integral, "a whole number"),
    float: (numbers.Real, "a number"),
    str: (str, "a text"),
    bool: (bool, "true or false"),
    tuple: ((tuple, list), "a list"),
    types.NoneType: (types.NoneType, "none"),
}


def check_kind(name, value):
    """Raises an InputError unless a value is of the kind that a setting of FinetuneSettings has.

    Args:
        name: of the setting.
        value: what was given for it.
    """
    hint = typing.get_type_hints(FinetuneSettings)[name]
    kinds = [_KINDS[kind] for kind in typing.get_args(hint) or (hint,)]
    # To Python, True is a number.
    if not any(isinstance(value, kind) and isinstance(value, bool) <= (kind is bool) for kind, _ in kinds):
        raise InputError(f"{name} must be {' or '.join(said for _, said in kinds)}, not {value!r}.")
