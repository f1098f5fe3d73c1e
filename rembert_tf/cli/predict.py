"""`rembert predict`: what a fine-tuned model says about a file."""

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import COLUMNS_HELP, column_names, example


@click.command(epilog=example("rembert predict runs/topic/best --input new.csv --output labelled.jsonl"))
@click.argument("model", metavar="DIR")
@click.option(
    "--input", "source", required=True, metavar="FILE", help="A file in the task's format; labels are not needed."
)
@click.option(
    "--output", "destination", default="-", metavar="FILE", help="csv: .jsonl, .csv or .tsv; - prints JSON lines."
)
@click.option("--task", metavar="TASK", help="The task, where DIR's config.json does not tell it.")
@click.option(
    "--max-length", type=click.IntRange(1), help="Pieces of a text or pair; default: what the model can take."
)
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True)
@click.option("--columns", callback=column_names, metavar="A,B", help=f"csv: {COLUMNS_HELP}")
@click.option("--top-k", type=int, help="mlm: guesses for each [MASK]. [default: 5]")
@click.option("--max-new-tokens", type=int, help="clm: pieces of a continuation. [default: 30]")
def command(model, source, destination, task, max_length, batch_size, columns, top_k, max_new_tokens):
    """Answer every row of a file with the model in DIR, which was trained for a task by `rembert finetune`.

    csv: .csv or .tsv with a column text, or .txt with a text a line; others: the task's own format. The answer
    to a masked language model's text is a list of words for each [MASK], to a causal one's a continuation.
    """
    from rembert_tf.tasks.prediction_file import predict_file

    with progress("predicting") as report:
        rows = predict_file(
            model_path(model), source, destination, task, columns, max_length, batch_size, top_k, max_new_tokens, report
        )
    say(f"{rows} rows" + ("" if destination == "-" else f" written to {destination}"))
