"""The options of a pre-training that are settings: one for each number of PretrainSettings."""

import click

from rembert_tf.cli.options import lean_memory_option
from rembert_tf.pretraining.settings import PretrainSettings
from rembert_tf.training.distribution import STRATEGIES
from rembert_tf.training.settings import CHOICES, PRECISIONS

_HELP = {
    "max_steps": "Steps of the whole training, at whose end the learning rate is 0.",
    "batch_size": "Rows of a step; the paper's 2,048.",
    "learning_rate": "Peak; small new models learn faster at 1e-3.",
    "warmup_steps": "Until the peak. [default: 15,000, or a tenth of the steps]",
    "weight_decay": "AdamW's; never of biases and LayerNorm.",
    "clip_norm": "Largest norm of all gradients together.",
    "mask_rate": "Share of a row's pieces to guess.",
    "sampling_exponent": "Languages are drawn by their rows to this power.",
    "evaluate_every": "Steps between evaluations on held-out rows.",
    "evaluate_rows": "Held-out rows of a language at most.",
    "save_every": "Steps between states to resume from. [default: at evaluations]",
    "accumulate_steps": "Cut each batch into parts: less memory.",
    "seed": "Of new weights, languages, rows and masks.",
}
_WHOLE = {"warmup_steps", "save_every"}  # whose default is none


def _setting(name):
    default = getattr(PretrainSettings, name)
    shown = "" if name in _WHOLE else f" [default: {default}]"
    kind = int if name in _WHOLE else type(default)
    return click.option(f"--{name.replace('_', '-')}", type=kind, help=f"{_HELP[name]}{shown}")


_OPTIONS = (
    *map(_setting, _HELP),
    click.option("--mixed-precision", type=click.Choice(PRECISIONS), help="[default: float32]"),
    click.option("--gradient-checkpointing", is_flag=True, default=None, help="Activations twice: less memory."),
    lean_memory_option,
    click.option("--strategy", type=click.Choice(STRATEGIES), help="Devices that share each batch. [default: auto]"),
    click.option("--choose", type=click.Choice(CHOICES), help="The evaluation in best/. [default: best]"),
)


def settings_options(command):
    """Adds the options to a click command; they arrive under the names of PretrainSettings, None where not given."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
