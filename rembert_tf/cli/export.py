"""`rembert export`: a SavedModel that takes raw strings."""

import click

from rembert_tf.cli.console import console, say
from rembert_tf.cli.options import example


@click.command(epilog=example("rembert export runs/topic/best models/topic"))
@click.argument("model", metavar="DIR")
@click.argument("base_path")
@click.option("--version", type=int, help="Version number; default: the next free one.")
@click.option("--max-length", type=int, help="Pieces of a text or pair; default: what the model can take.")
@click.option("--pair", is_flag=True, help="Requests hold text and text_pair.")
@click.option("--warmup/--no-warmup", default=None, help="Write warm-up requests; default: where the serving extra is.")
def command(model, base_path, version, max_length, pair, warmup):
    """Export the classifier in DIR to BASE_PATH/VERSION for TensorFlow Serving."""
    from rembert_tf.serving.export import export_saved_model
    from rembert_tf.tasks.start import load_task_model

    with console.status("exporting"):
        path = export_saved_model(
            *load_task_model(model, "RemBertForSequenceClassification"),
            base_path,
            version=version,
            max_length=max_length,
            pair=pair,
            warmup="auto" if warmup is None else warmup,
        )
    say(f"serve it with: rembert serve {base_path}")
    click.echo(path)
