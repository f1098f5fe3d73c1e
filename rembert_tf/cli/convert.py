"""`rembert convert`: bring a checkpoint of any format in, or take a model directory out."""

import json

import click

from rembert_tf.cli.console import progress
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import example

FROM = ("google", "hf", "bleurt", "garden", "bert")
TO = ("hf", "garden", "google")


@click.command(epilog=example("rembert convert rembert_google/ rembert/ --verify"))
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.option("--from", "source_format", type=click.Choice(FROM), help="The source's format. [default: found out]")
@click.option(
    "--to", "target", type=click.Choice(TO), default="hf", show_default=True, help="The destination's format."
)
@click.option(
    "--config",
    metavar="FILE",
    help="The file that describes the model (JSON; of Model Garden YAML), where it lies elsewhere.",
)
@click.option("--sentencepiece", metavar="FILE", help="The SentencePiece model, where it is not beside the weights.")
@click.option(
    "--hidden-act",
    type=click.Choice(["gelu", "gelu_new"]),
    help="gelu: the erf form; gelu_new: tanh. [default: decided from the source, and printed]",
)
@click.option(
    "--dtype", type=click.Choice(["float32", "float16", "bfloat16"]), help="Of the result. [default: float32]"
)
@click.option(
    "--max-shard-size", metavar="SIZE", help="Split the weights into files of at most this size, such as 2GB."
)
@click.option(
    "--output-embedding",
    type=click.Choice(["VO", "OV"]),
    help="How a square output matrix lies: a row (VO) or a column (OV) a piece.",
)
@click.option("--dry-run", is_flag=True, help="Print the whole plan, weight by weight, and write nothing.")
@click.option("--verify", is_flag=True, help="Read everything back, compare bit for bit, run the model twice.")
@click.option("--overwrite", is_flag=True, help="Replace a checkpoint at DST.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(source, destination, source_format, dry_run, as_json, **settings):
    """Convert the checkpoint SRC into the directory DST.

    SRC is a folder (or a TensorFlow checkpoint's prefix): Google's original release, a Hugging Face
    directory in any file flavour, BLEURT-20 or its distilled sizes, a Model Garden checkpoint, or another
    encoder of the BERT family. One tensor is in memory at a time; SRC is never changed, and DST appears
    only when it is complete.
    """
    from rembert_tf.checkpoints_tools.conversion import convert

    with progress("converting") as report:
        found = convert(model_path(source), destination, source_format, dry_run=dry_run, report=report, **settings)
    if as_json:
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False))
    else:
        click.echo("\n".join(found.lines(every=dry_run)))
