"""Fine-tuning with `model.fit`: evaluation after every epoch, best and last checkpoints, a run that can be resumed."""

import contextlib
import math

import keras

from rembert_tf.errors import InputError
from rembert_tf.native_log import keep_to_log_level
from rembert_tf.training import state
from rembert_tf.training.distribution import current_place
from rembert_tf.training.optimizer import make_optimizer
from rembert_tf.training.parts import freeze, learning_rate_factors
from rembert_tf.training.settings import FinetuneSettings as FinetuneSettings
from rembert_tf.training.spelling import shared_spelling, spelling_in_table, spelling_seeds

LOG_EVERY = 20


def finetune(model, tokenizer, batches, settings, run, evaluate, report=None):
    """Trains a model and leaves its best and its last state in the run folder.

    A run that was killed goes on where its last saved state stood, and ends with the weights of one that was not.

    Args:
        model: a task model, built.
        tokenizer: saved beside the model in both checkpoints.
        batches: the training Batches.
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
    place = current_place()
    if settings.xla is True and place.strategy is not None:
        raise InputError("xla must not be True where several devices or a TPU train: there TensorFlow decides.")
    with contextlib.ExitStack() as stack:
        with place.model_scope():
            freeze(model, settings.freeze)
            if settings.lora_rank:
                model.enable_lora(settings.lora_rank)
            model.micro_batches, model.label_smoothing = settings.accumulate_steps, settings.label_smoothing
            stack.enter_context(shared_spelling(model, tokenizer, settings.spelling_ngrams))
            watcher = _Watcher(model, tokenizer, run, evaluate, report, settings, batches.steps_per_epoch)
            _compile(model, settings, watcher.total)
        watcher.resume()
        _fit(model, batches, settings, watcher)
    run.close()
    return watcher.best


def _compile(model, settings, total):
    factors = learning_rate_factors(model, settings.layer_decay) if settings.layer_decay < 1 else None
    optimizer = make_optimizer(
        settings.learning_rate,
        total,
        settings.warmup_ratio,
        settings.weight_decay,
        settings.clip_norm,
        settings.average_momentum,
        factors,
    )
    keep_to_log_level()  # XLA may compile the step
    model.compile(optimizer=optimizer, jit_compile=settings.xla)
    model.optimizer.build(model.trainable_variables)


def _fit(model, batches, settings, watcher):
    if watcher.done:
        return
    dataset = watcher.place.training_dataset(batches, settings, watcher.step)
    # To Keras all epochs are one: ours may begin in the middle.
    steps = watcher.total - watcher.step
    model.steps_per_execution = watcher.steps_at_once()
    model.fit(dataset, epochs=1, steps_per_epoch=steps, callbacks=[watcher], shuffle=False, verbose=0)


class _Watcher(keras.callbacks.Callback):
    """Logs, evaluates and saves while `fit` runs."""

    def __init__(self, model, tokenizer, run, evaluate, report, settings, steps_per_epoch):
        super().__init__()
        self.trained, self.tokenizer, self.run, self.evaluate = model, tokenizer, run, evaluate
        self.place = current_place()
        quiet = report is None or not self.place.is_chief
        self.report, self.settings = (lambda step, total, note: None) if quiet else report, settings
        self.total, self.steps_per_epoch = settings.total_steps(steps_per_epoch), steps_per_epoch
        self.averages = keras.callbacks.SwapEMAWeights() if settings.average_momentum else None
        self.step, self.first_step, self.best, self.done = 0, 0, None, False
        self.running_means = None
        self.with_tokenizer = set()

    def resume(self):
        """Goes back to the run's newest state, where it has one."""
        if self.averages is not None:
            self.averages.set_model(self.trained)
        position = self.place.by_chief(lambda: state.read_position(self.run.path))
        if position is None:
            return
        state.restore_state(self.run.path, self.trained, spelling_seeds(self.trained))
        self.step, self.best = position["step"], position["best"]
        self.first_step = self.step
        self.run.forget_after(position["rows"])
        self.running_means = [variable.numpy() for variable in self.trained.metrics_variables]
        self.report(self.step, self.total, "resumed")
        if self._at_epoch_end():
            self._end_epoch()

    def steps_at_once(self):
        """Returns how many steps a TPU makes without returning: as many as nothing happens between; others make 1."""
        if not self.place.is_tpu:
            return 1
        return math.gcd(LOG_EVERY, self.step, self.total, self.steps_per_epoch, self.settings.save_every or 0)

    def on_epoch_begin(self, epoch, logs=None):
        # Keras has just reset them.
        if self.running_means is not None and not self._at_epoch_end():
            for variable, value in zip(self.trained.metrics_variables, self.running_means, strict=True):
                variable.assign(value)

    def on_train_batch_end(self, batch, logs=None):
        self.step = self.first_step + batch + 1
        loss = float(keras.ops.max(logs["loss"]))  # the mean since the last reset
        if not math.isfinite(loss):
            raise InputError(
                f"the loss is {loss} at step {self.step}: training stopped; try a lower learning rate. "
                f"What was saved before is in {str(self.run.path)!r}."
            )
        self.report(self.step, self.total, f"loss {loss:.3f}")
        if self.step % LOG_EVERY == 0 or self.step == self.total:
            self.run.log(self.step, loss=loss)
            self.trained.reset_metrics()
        every = self.settings.save_every
        if self._at_epoch_end() or (every and self.step % every == 0):
            self._check_weights()
            self._save_state()
        if self._at_epoch_end():
            self._end_epoch()

    def _check_weights(self):
        """Raises an InputError where the last step spoiled the weights: the next one's loss would tell too late."""
        for variable in self.trained.trainable_variables:
            if not bool(keras.ops.all(keras.ops.isfinite(variable))):
                raise InputError(
                    f"the weights are no longer numbers after step {self.step}: training stopped; try a lower learning "
                    f"rate. What was saved before is in {str(self.run.path)!r}."
                )

    def _at_epoch_end(self):
        return self.step % self.steps_per_epoch == 0 or self.step == self.total

    def _save_state(self):
        position = {"step": self.step, "best": self.best, "rows": len(self.run.history)}
        state.save_state(self.run.path, self.trained, position, spelling_seeds(self.trained))

    def _end_epoch(self):
        """Evaluates and saves; weights are averages meanwhile, where they are averaged."""
        if self.averages is not None:
            self.averages.on_test_begin()
        epoch = -(-self.step // self.steps_per_epoch)
        metrics = self.place.by_chief(self.evaluate)
        self.run.log(self.step, epoch=epoch, **{f"dev_{name}": value for name, value in metrics.items()})
        decisive = next(iter(metrics))
        if self.best is None or self.settings.choose == "last" or metrics[decisive] > self.best[decisive]:
            self.best = {"epoch": epoch, "step": self.step, **metrics}
            self._save(self.run.best)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
        self.report(self.step, self.total, f"dev {shown}")
        patience = self.settings.patience
        self.done = self.step >= self.total or (patience is not None and epoch - self.best["epoch"] >= patience)
        if self.done:
            self._save(self.run.last)
            self.trained.stop_training = True
        if self.averages is not None:
            self.averages.on_test_end()
        self.trained.reset_metrics()

    def _save(self, directory):
        self.place.by_chief(lambda: self._write(directory))

    def _write(self, directory):
        if directory not in self.with_tokenizer:  # it does not change, and a large one takes seconds to write
            self.tokenizer.save_pretrained(directory)
            self.with_tokenizer.add(directory)
        with spelling_in_table(self.trained):
            self.trained.save_pretrained(directory)
