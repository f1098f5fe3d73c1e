"""The options of a training, shared by the commands that train."""

import click

from rembert_tf.cli.options import lean_memory_option
from rembert_tf.training.distribution import STRATEGIES
from rembert_tf.training.settings import CHOICES, PRECISIONS, FinetuneSettings

# The released checkpoint wants small steps; weights that start from nothing need larger ones.
RATE_FROM_NOTHING = 1e-3


def _setting(option, help_text, **more):
    """Returns an option that is None where it is not given, so that a recipe decides; its help tells the default."""
    name = option.removeprefix("--").replace("-", "_")
    default = getattr(FinetuneSettings, name)
    return click.option(option, default=None, help=f"{help_text} [default: {default}]", type=type(default), **more)


_OPTIONS = (
    click.option("--recipe", metavar="FILE", help="TOML with settings of your own; options count more than it."),
    click.option("--epochs", type=int, help="Passes over the training rows. [default: the task's recipe]"),
    click.option("--max-steps", type=int, help="Stop after this many steps."),
    click.option("--batch-size", type=int, help="Rows of a step. [default: the recipe's]"),
    click.option("--learning-rate", type=float, help="Peak. [default: the recipe's; with --config 1e-3]"),
    click.option("--max-length", type=int, help="Pieces of a row. [default: the recipe's]"),
    _setting("--seed", "Of new weights, dropout and the rows' order."),
    _setting("--warmup-ratio", "Share of the steps that warms up."),
    _setting("--weight-decay", "AdamW's; never of biases and LayerNorm."),
    _setting("--clip-norm", "Largest norm of all gradients together."),
    _setting("--layer-decay", "Rate of a block relative to the next higher."),
    _setting("--label-smoothing", "Share of a label spread over all classes."),
    _setting("--accumulate-steps", "Cut each batch into parts: less memory."),
    click.option("--freeze", multiple=True, metavar="PART", help="Not trained: embeddings, layers:K or encoder."),
    _setting("--lora-rank", "Train adapters of this width; 0 trains all."),
    click.option("--gradient-checkpointing", is_flag=True, help="Compute activations twice: less memory."),
    lean_memory_option,
    click.option("--mixed-precision", type=click.Choice(PRECISIONS), help="[default: float32]"),
    click.option(
        "--static-shapes/--no-static-shapes",
        default=None,
        help="Full batches, few widths: fewer steps to compile. [default: on a GPU or TPU]",
    ),
    click.option(
        "--xla/--no-xla",
        default=None,
        help="Compile the step, once for each shape: it costs a minute and more, and is faster. [default: on one GPU]",
    ),
    click.option(
        "--strategy",
        type=click.Choice(STRATEGIES),
        help="Devices that share each batch. [default: auto, all GPUs, a TPU, or the workers in TF_CONFIG]",
    ),
    click.option("--patience", type=int, help="Stop when the dev metric has not improved for so many epochs."),
    click.option("--save-every", type=int, help="Steps between states to resume from. [default: an epoch]"),
    _setting("--restarts", "New beginnings, each with another seed, after a collapse."),
    click.option("--choose", type=click.Choice(CHOICES), help="The epoch in best/. [default: best]"),
    click.option("--resume", is_flag=True, help="Go on with the killed run in the output folder."),
)


def training_options(command):
    """Adds the options to a click command; they arrive as keywords of these names."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def settings_of(recipe, options, from_nothing):
    """Returns FinetuneSettings: the options that are given, else what the user's recipe says, else the task's.

    Args:
        recipe: the task's Recipe.
        options: dictionary of the options, None where one is not given; `recipe`, the path of the user's, is among
            them.
        from_nothing: whether weights are new, which want a larger learning rate.

    Raises:
        InputError: the user's recipe or a setting cannot be used.
    """
    from rembert_tf.tasks.recipe import read_recipe_settings

    defaults = {
        "epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "max_length": recipe.max_length,
        "learning_rate": RATE_FROM_NOTHING if from_nothing else recipe.learning_rate,
    }
    own = read_recipe_settings(options["recipe"]) if options.get("recipe") else {}
    given = {name: value for name, value in options.items() if name != "recipe" and value not in (None, ())}
    return FinetuneSettings(**{**defaults, **own, **given})
