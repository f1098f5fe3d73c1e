"""`rembert predict`: label the texts of a file."""

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.options import COLUMNS_HELP, column_names, example


@click.command(epilog=example("rembert predict runs/topic/best --input new.csv --output labelled.jsonl"))
@click.argument("model", metavar="DIR")
@click.option(
    "--input", "source", required=True, metavar="FILE", help=".csv, .tsv (column text) or .txt (a text a line)."
)
@click.option("--output", "destination", default="-", metavar="FILE", help=".jsonl, .csv or .tsv; - prints JSON lines.")
@click.option("--max-length", type=int, help="Pieces of a text or pair; default: what the model can take.")
@click.option("--batch-size", default=64, show_default=True)
@click.option("--columns", callback=column_names, metavar="A,B", help=COLUMNS_HELP)
def command(model, source, destination, max_length, batch_size, columns):
    """Label every text of a file with the classifier in DIR."""
    from rembert_tf.tasks.prediction_file import predict_file

    with progress("predicting") as report:
        rows = predict_file(model, source, destination, columns, max_length, batch_size, report)
    say(f"{rows} rows" + ("" if destination == "-" else f" written to {destination}"))
