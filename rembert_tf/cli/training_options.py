"""The options of a training, shared by the commands that train."""

import click

from rembert_tf.training.settings import CHOICES, PRECISIONS

_OPTIONS = (
    click.option("--epochs", type=int, help="Passes over the training rows. [default: the task's recipe]"),
    click.option("--max-steps", type=int, help="Stop after this many steps."),
    click.option("--batch-size", type=int, help="Rows of a step. [default: the recipe's]"),
    click.option("--learning-rate", type=float, help="Peak. [default: the recipe's; with --config 1e-3]"),
    click.option("--max-length", type=int, help="Pieces of a row. [default: the recipe's]"),
    click.option("--seed", default=0, show_default=True, help="Of new weights, dropout and the rows' order."),
    click.option("--warmup-ratio", default=0.1, show_default=True, help="Share of the steps that warms up."),
    click.option("--weight-decay", default=0.01, show_default=True, help="AdamW's; never of biases and LayerNorm."),
    click.option("--clip-norm", default=1.0, show_default=True, help="Largest norm of all gradients together."),
    click.option("--layer-decay", default=1.0, show_default=True, help="Rate of a block relative to the next higher."),
    click.option("--label-smoothing", default=0.0, show_default=True, help="Share of a label spread over all classes."),
    click.option("--accumulate-steps", default=1, show_default=True, help="Cut each batch into parts: less memory."),
    click.option("--freeze", multiple=True, metavar="PART", help="Not trained: embeddings, layers:K or encoder."),
    click.option("--lora-rank", default=0, show_default=True, help="Train adapters of this width; 0 trains all."),
    click.option("--gradient-checkpointing", is_flag=True, help="Compute activations twice: less memory."),
    click.option("--mixed-precision", type=click.Choice(PRECISIONS), default="float32", show_default=True),
    click.option("--patience", type=int, help="Stop when the dev metric has not improved for so many epochs."),
    click.option("--save-every", type=int, help="Steps between states to resume from. [default: an epoch]"),
    click.option(
        "--restarts", default=0, show_default=True, help="New beginnings, each with another seed, after a collapse."
    ),
    click.option("--choose", type=click.Choice(CHOICES), default="best", show_default=True, help="The epoch in best/."),
    click.option("--resume", is_flag=True, help="Go on with the killed run in the output folder."),
)


def training_options(command):
    """Adds the options to a click command; they arrive as keywords of these names."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def settings_of(recipe, options, from_nothing):
    """Returns FinetuneSettings: the options where they are given, else the recipe's.

    Args:
        recipe: a Recipe.
        options: dictionary of the options.
        from_nothing: whether weights are new, which want a larger learning rate.
    """
    from rembert_tf.training.settings import FinetuneSettings

    rate = RATE_FROM_NOTHING if from_nothing else recipe.learning_rate
    defaults = {
        "epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "max_length": recipe.max_length,
        "learning_rate": rate,
    }
    given = {name: value for name, value in options.items() if value is not None}
    return FinetuneSettings(**{**defaults, **given})


# The released checkpoint wants small steps; weights that start from nothing need larger ones.
RATE_FROM_NOTHING = 1e-3
