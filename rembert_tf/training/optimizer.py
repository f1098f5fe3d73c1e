"""AdamW as BERT-like models are fine-tuned with it."""

import keras
from keras import ops

from rembert_tf.training.in_place_adamw import InPlaceAdamW
from rembert_tf.training.summed_gradients import SummedGradients

# What weight decay leaves alone: biases and LayerNorm scales and offsets.
UNDECAYED = ["bias", "gamma", "beta"]


@keras.saving.register_keras_serializable("rembert_tf")
class WarmupLinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Rises linearly from 0 to the peak, then falls linearly to 0.

    Args:
        peak: the highest learning rate.
        warmup_steps: steps until the peak.
        total_steps: steps until 0.
    """

    def __init__(self, peak, warmup_steps, total_steps):
        super().__init__()
        self.peak = peak
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps

    def __call__(self, step):
        # The first step already learns: it counts as step 1 of the warm-up.
        step = ops.cast(step, "float32")
        rising = (step + 1.0) / max(self.warmup_steps, 1)
        falling = (self.total_steps - step) / max(self.total_steps - self.warmup_steps, 1)
        return self.peak * ops.clip(ops.minimum(rising, falling), 0.0, 1.0)

    def get_config(self):
        return {"peak": self.peak, "warmup_steps": self.warmup_steps, "total_steps": self.total_steps}


@keras.saving.register_keras_serializable("rembert_tf")
class AdamW(SummedGradients, InPlaceAdamW):
    """Keras' AdamW in less memory, whose clipping sees the gradients of all replicas together."""


class LayerwiseAdamW(AdamW):
    """AdamW whose variables learn at rates of their own.

    Args:
        learning_rate: a number or schedule.
        factors: {id of a variable: factor of its learning rate}; others have 1. The decay of weights is not scaled.
        **kwargs: of AdamW.
    """

    def __init__(self, learning_rate, factors, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self._factors = dict(factors)

    def build(self, variables):
        super().build(variables)
        # With TensorFlow a step is given the tensors behind Keras' variables, of which each replica has one.
        self._factors = {self._var_key(v): self._factors[id(v)] for v in variables if id(v) in self._factors}

    def update_step(self, gradient, variable, learning_rate):
        factor = self._factors.get(self._var_key(variable), 1.0)
        super().update_step(gradient, variable, ops.multiply(learning_rate, factor))


def make_optimizer(
    learning_rate,
    total_steps,
    warmup_ratio=0.1,
    weight_decay=0.01,
    clip_norm=1.0,
    average_momentum=0.0,
    factors=None,
):
    """Returns AdamW with warm-up, linear decay and gradient clipping.

    Args:
        learning_rate: the peak.
        total_steps: of the whole training.
        warmup_ratio: share of the steps that warms up.
        weight_decay: of kernels and tables; biases and LayerNorm are left alone.
        clip_norm: largest norm of all gradients together. Betas 0.9 and 0.999, epsilon 1e-6 and clip
            norm 1 are the paper's (table 14).
        average_momentum: of the moving average of the weights that Keras keeps (`use_ema`); 0 keeps none.
        factors: {id of a variable: factor of its learning rate}, or None for one rate.
    """
    schedule = WarmupLinearDecay(learning_rate, round(warmup_ratio * total_steps), total_steps)
    settings = {
        "weight_decay": weight_decay,
        "epsilon": 1e-6,
        "global_clipnorm": clip_norm,
        "use_ema": average_momentum > 0,
        "ema_momentum": average_momentum,
    }
    optimizer = AdamW(schedule, **settings) if factors is None else LayerwiseAdamW(schedule, factors, **settings)
    optimizer.exclude_from_weight_decay(var_names=UNDECAYED)
    return optimizer
