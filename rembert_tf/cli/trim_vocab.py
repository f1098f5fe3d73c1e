"""`rembert trim-vocab`: a model directory with only the pieces that a corpus needs."""

import json

import click

from rembert_tf.cli.console import progress
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import ManyValuesCommand, example


@click.command(
    "trim-vocab",
    cls=ManyValuesCommand,
    epilog=example("rembert trim-vocab rembert rembert-de-en --corpus german.txt english.txt.xz"),
)
@click.argument("directory", metavar="DIR")
@click.argument("output", metavar="OUT")
@click.option(
    "--corpus", required=True, multiple=True, metavar="FILE...", help="Plain text, a text a line; .gz and .xz too."
)
@click.option("--keep", metavar="FILE", help="Pieces that stay whether they are used or not, one a line.")
@click.option("--min-count", default=1, show_default=True, help="Pieces that are used less often go.")
@click.option("--max-shard-size", metavar="SIZE", help="The largest file of weights, such as 2GB.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory, output, corpus, keep, min_count, max_shard_size, as_json):
    """Copy the model in DIR to OUT without the pieces, and their rows in its tables, that a corpus never uses.

    Every text of the corpus is cut by both vocabularies, and some run through both models: OUT appears only if
    the new ids stand for the old ones and the outputs are the same. With --min-count, texts that are cut
    otherwise are counted instead. Use a corpus of the kind of text that the model will see: what it has no
    piece for is spelled in smaller pieces or bytes, or is unknown.
    """
    from rembert_tf.checkpoints_tools.surgery.trim_vocabulary import trim_vocabulary

    options = {"keep_file": keep, "min_count": min_count, "max_shard_size": max_shard_size}
    with progress("trimming") as report:
        done = trim_vocabulary(model_path(directory), output, corpus, report, **options)
    click.echo(json.dumps(done.to_dict(), ensure_ascii=False) if as_json else "\n".join(done.lines()))
