"""`rembert inspect`: what is in a checkpoint of any format."""

import json

import click

from rembert_tf.cli.convert import FROM
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import example


@click.command(epilog=example("rembert inspect rembert_google/"))
@click.argument("source", metavar="SRC")
@click.option("--from", "source_format", type=click.Choice(FROM), help="The source's format. [default: found out]")
@click.option(
    "--config",
    metavar="FILE",
    help="The file that describes the model (JSON; of Model Garden YAML), where it lies elsewhere.",
)
@click.option("--sentencepiece", metavar="FILE", help="The SentencePiece model, where it is not beside the weights.")
@click.option("--output-embedding", type=click.Choice(["VO", "OV"]), help="As of `rembert convert`.")
@click.option("--tensors", is_flag=True, help="List every tensor.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(source, source_format, config, sentencepiece, output_embedding, tensors, as_json):
    """Show the sizes, parts, vocabulary and leftovers of the checkpoint SRC, in any format that `convert` reads."""
    from rembert_tf.checkpoints_tools.inspection import inspect

    found = inspect(model_path(source), source_format, config, sentencepiece, output_embedding)
    click.echo(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else "\n".join(found.lines(every=tensors)))
