"""Fine-tuning with `model.fit`: evaluation after every epoch, best and last checkpoints, a run folder."""

import dataclasses
import math

import keras

from rembert_tf.errors import InputError
from rembert_tf.training.optimizer import make_optimizer
from rembert_tf.training.spelling import shared_spelling, spelling_in_table

LOG_EVERY = 20
CHOICES = ("best", "last")


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
        seed: of new weights, dropout, masks and the rows' order.
        mask_rate: probability of each piece of a training text to become [MASK], 0 to below 1; 0 masks none.
            Helps where few distinct texts are soon known by heart.
        spelling_ngrams: characters of the longest n-grams whose vectors pieces share while they are trained,
            for new weights and little text (see `rembert_tf.training.spelling`); 0 shares nothing.
        average_momentum: evaluates and saves a moving average of the weights instead of those of the last
            step: after each step, average = momentum * average + (1 - momentum) * weights. About
            1 / (1 - momentum) steps count, which should be few among all; 0 averages nothing.
        choose: which epoch the directory `best` holds: "best", the one with the best dev metric, or "last",
            for a dev set too small to tell epochs apart.
    """

    epochs: int = 3
    max_steps: int | None = None
    batch_size: int = 32
    learning_rate: float = 1e-5
    max_length: int = 128
    warmup_ratio: float = 0.1
    weight_decay: float = 0.01
    seed: int = 0
    mask_rate: float = 0.0
    spelling_ngrams: int = 0
    average_momentum: float = 0.0
    choose: str = "best"

    def __post_init__(self):
        for name in ("epochs", "batch_size", "max_length"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.max_steps is not None and self.max_steps < 1:
            raise InputError(f"max_steps must be at least 1, not {self.max_steps}.")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InputError(f"learning_rate must be a positive number, not {self.learning_rate}.")
        if not 0 <= self.mask_rate < 1:
            raise InputError(f"mask_rate must be at least 0 and below 1, not {self.mask_rate}.")
        if self.spelling_ngrams < 0:
            raise InputError(f"spelling_ngrams must be at least 0, not {self.spelling_ngrams}.")
        if not 0 <= self.average_momentum < 1:
            raise InputError(f"average_momentum must be at least 0 and below 1, not {self.average_momentum}.")
        if self.choose not in CHOICES:
            raise InputError(f"choose must be {' or '.join(map(repr, CHOICES))}, not {self.choose!r}.")

    def total_steps(self, steps_per_epoch):
        """Returns the steps of the whole training."""
        steps = self.epochs * steps_per_epoch
        return steps if self.max_steps is None else min(steps, self.max_steps)


def finetune(model, tokenizer, batches, settings, run, evaluate, report=None):
    """Trains a model and leaves its best and its last state in the run folder.

    Args:
        model: a task model, built.
        tokenizer: saved beside the model in both checkpoints.
        batches: the training TextBatches.
        settings: FinetuneSettings.
        run: a RunFolder.
        evaluate: called after every epoch without arguments; returns dev metrics as {name: number}, of
            which the first decides which epoch was best, unless `settings.choose` is "last".
        report: called as `report(step, total_steps, note)` after each step, to show progress; or None.

    Returns:
        The chosen epoch's dev metrics, with its `epoch` and `step`.

    Raises:
        InputError: the loss is no longer a number; the message says at which step. What was saved
            before stays.
    """
    total = settings.total_steps(batches.steps_per_epoch)
    watcher = _Watcher(model, tokenizer, run, evaluate, report, total, settings.choose)
    with shared_spelling(model, tokenizer, settings.spelling_ngrams):
        _fit(model, batches, settings, watcher)
    run.close()
    return watcher.best


def _fit(model, batches, settings, watcher):
    steps_per_epoch, total = batches.steps_per_epoch, watcher.total
    model.compile(
        optimizer=make_optimizer(
            settings.learning_rate,
            total,
            settings.warmup_ratio,
            settings.weight_decay,
            average_momentum=settings.average_momentum,
        ),
    )
    dataset = batches.training_dataset(settings.epochs, settings.seed, mask_rate=settings.mask_rate)
    epochs = -(-total // steps_per_epoch)
    # Before the watcher, which then finds the averages in the model; after the last epoch they stay in it.
    averages = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if settings.average_momentum else []
    model.fit(
        dataset,
        epochs=epochs,
        steps_per_epoch=min(steps_per_epoch, total),
        callbacks=[*averages, watcher],
        shuffle=False,
        verbose=0,
    )


class _Watcher(keras.callbacks.Callback):
    """Logs, evaluates and saves while `fit` runs."""

    def __init__(self, model, tokenizer, run, evaluate, report, total, choose):
        super().__init__()
        self.trained, self.tokenizer, self.run, self.evaluate = model, tokenizer, run, evaluate
        self.report, self.total = report or (lambda step, total, note: None), total
        self.choose = choose
        self.step = 0
        self.best = None

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        loss = logs["loss"]  # the mean since the last reset
        if not math.isfinite(loss):
            raise InputError(f"the loss is {loss} at step {self.step}: training stopped; try a lower learning rate.")
        self.report(self.step, self.total, f"loss {loss:.3f}")
        if self.step % LOG_EVERY == 0 or self.step == self.total:
            self.run.log(self.step, loss=loss)
            self.trained.reset_metrics()
        if self.step == self.total:
            self.trained.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        metrics = self.evaluate()
        self.run.log(self.step, epoch=epoch + 1, **{f"dev_{name}": value for name, value in metrics.items()})
        decisive = next(iter(metrics))
        if self.best is None or self.choose == "last" or metrics[decisive] > self.best[decisive]:
            self.best = {"epoch": epoch + 1, "step": self.step, **metrics}
            self._save(self.run.best)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
        self.report(self.step, self.total, f"dev {shown}")
        if self.step >= self.total:
            self._save(self.run.last)

    def _save(self, directory):
        self.tokenizer.save_pretrained(directory)
        with spelling_in_table(self.trained):
            self.trained.save_pretrained(directory)
