"""`rembert keep-layers`: a model directory with some of the encoder's blocks."""

import json

import click

from rembert_tf.cli.console import progress
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import example


def _numbers(ctx, param, value):
    """Turns `6` into a count and `0,2,4` into a list."""
    try:
        numbers = [int(part) for part in value.removesuffix(",").split(",")]
    except ValueError:
        raise click.BadParameter(f"expected a number, such as 6, or numbers, such as 0,2,4, not {value!r}") from None
    return numbers if "," in value else numbers[0]


@click.command("keep-layers", epilog=example("rembert keep-layers rembert rembert-6-layers --layers 6"))
@click.argument("directory", metavar="DIR")
@click.argument("output", metavar="OUT")
@click.option(
    "--layers",
    required=True,
    callback=_numbers,
    metavar="K|A,B,...",
    help="How many to keep, from the first; or the numbers of those to keep, from 0 ('3,' is one number).",
)
@click.option("--max-shard-size", metavar="SIZE", help="The largest file of weights, such as 2GB.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory, output, layers, max_shard_size, as_json):
    """Copy the model in DIR to OUT with some of its layers (blocks of the encoder); all else stays.

    The first layers of a large model are a good start for a small one, which must then be trained.
    """
    from rembert_tf.checkpoints_tools.surgery.keep_layers import keep_layers

    with progress("copying") as report:
        done = keep_layers(model_path(directory), output, layers, report, max_shard_size=max_shard_size)
    click.echo(json.dumps(done.to_dict(), ensure_ascii=False) if as_json else "\n".join(done.lines()))
