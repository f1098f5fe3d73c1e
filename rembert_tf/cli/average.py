"""`rembert average`: the mean of several models' weights."""

import json

import click

from rembert_tf.cli.console import progress
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import example


def _numbers(ctx, param, value):
    """Turns `0.2,0.8` into a list."""
    try:
        return None if value is None else [float(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter(f"expected numbers, such as 0.2,0.8, not {value!r}") from None


@click.command("average", epilog=example("rembert average runs/a/best runs/b/best runs/c/best --output averaged"))
@click.argument("directories", nargs=-1, required=True, metavar="DIR...")
@click.option("--output", required=True, metavar="OUT", help="The new directory.")
@click.option("--weights", callback=_numbers, metavar="A,B,...", help="Each one's share; equal unless given.")
@click.option("--max-shard-size", metavar="SIZE", help="The largest file of weights, such as 2GB.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directories, output, weights, max_shard_size, as_json):
    """Write the element-wise mean of the models in two or more DIRs.

    They must be of one architecture and have the same labels and vocabulary; checkpoints of one run, or runs
    that began from the same model, are. OUT gets the configuration and the vocabulary of the first.
    """
    from rembert_tf.checkpoints_tools.surgery.average import average

    models = [model_path(each) for each in directories]
    with progress("averaging") as report:
        done = average(models, output, weights, report, max_shard_size=max_shard_size)
    click.echo(json.dumps(done.to_dict(), ensure_ascii=False) if as_json else "\n".join(done.lines()))
