"""`rembert finetune`: train a model on a task."""

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.options import COLUMNS_HELP, ManyValuesCommand, column_names, example

# The released checkpoint wants small steps; weights that start from nothing need larger ones.
RATE_FROM_MODEL, RATE_FROM_NOTHING = 1e-5, 1e-3


@click.command(
    cls=ManyValuesCommand,
    epilog=example("rembert finetune csv --model google-rembert --train train.csv --dev dev.csv --output runs/topic"),
)
@click.argument("task", type=click.Choice(["csv"]))
@click.option("--model", metavar="DIR", help="Model directory to start from.")
@click.option("--config", metavar="FILE", help="Instead of --model: config.json of a new model.")
@click.option("--sentencepiece", metavar="FILE", help="With --config: the vocabulary, which also decides vocab_size.")
@click.option("--train", required=True, multiple=True, metavar="FILE...", help="Tables with the columns text, label.")
@click.option("--dev", required=True, multiple=True, metavar="FILE...", help="Held-out tables of the same kind.")
@click.option("--output", required=True, metavar="DIR", help="Run folder, new or empty.")
@click.option("--epochs", default=3, show_default=True, help="Passes over the training rows.")
@click.option("--max-steps", type=int, help="Stop after this many steps.")
@click.option("--batch-size", default=32, show_default=True)
@click.option("--learning-rate", type=float, help="Peak; default 1e-5 with --model, 1e-3 with --config.")
@click.option("--max-length", default=128, show_default=True, help="Pieces of a text or pair.")
@click.option("--seed", default=0, show_default=True)
@click.option("--label-column", default="label", show_default=True)
@click.option("--columns", callback=column_names, metavar="A,B", help=COLUMNS_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    task,
    model,
    config,
    sentencepiece,
    train,
    dev,
    output,
    epochs,
    max_steps,
    batch_size,
    learning_rate,
    max_length,
    seed,
    label_column,
    columns,
    as_json,
):
    """Fine-tune a model with model.fit; the best and the last state become model directories.

    TASK csv: one label a row. Files have the columns text, optionally text_pair, and label: .csv
    (comma, quoted) or .tsv (tab, never quoted).
    """
    if bool(model) == bool(config) or bool(config) != bool(sentencepiece):
        raise click.UsageError("give either --model DIR, or both --config FILE and --sentencepiece FILE.")
    import json

    from rembert_tf.config import RemBertConfig
    from rembert_tf.tasks.classification import finetune_csv, from_directory, from_nothing
    from rembert_tf.training.finetune import FinetuneSettings

    settings = FinetuneSettings(
        epochs=epochs,
        max_steps=max_steps,
        batch_size=batch_size,
        learning_rate=learning_rate or (RATE_FROM_MODEL if model else RATE_FROM_NOTHING),
        max_length=max_length,
        seed=seed,
    )
    start = from_directory(model) if model else from_nothing(RemBertConfig.from_pretrained(config), sentencepiece)
    with progress("training") as report:
        best = finetune_csv(start, list(train), list(dev), output, settings, columns, label_column, report)
    if as_json:
        click.echo(json.dumps({"model": f"{output}/best", **best}))
    else:
        click.echo(f"{output}/best  dev accuracy {best['accuracy']:.4f}  macro F1 {best['macro_f1']:.4f}")
        say(
            f"pictures, metrics.jsonl and TensorBoard logs are in {output}; "
            f"next: rembert export {output}/best models/mine"
        )
