"""`rembert evaluate`: a model's metrics on files in a task's official format."""

import json

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.options import ManyValuesCommand, example
from rembert_tf.cli.task_options import make_task, task_options
from rembert_tf.tasks.catalogue import RETRIEVAL, TASKS


@click.command(
    cls=ManyValuesCommand,
    epilog=example("rembert evaluate udpos runs/pos/best --data test-*.tsv --output runs/pos/test"),
)
@click.argument("task", type=click.Choice(TASKS))
@click.argument("model", metavar="DIR")
@click.option(
    "--data", required=True, multiple=True, metavar="FILE...", help="Files; a language is told from the name."
)
@click.option("--output", metavar="FOLDER", help="Scores, prediction files and an error analysis; a new folder.")
@click.option("--max-length", type=int, help="Pieces of a row. [default: the recipe's]")
@click.option("--batch-size", default=64, show_default=True)
@task_options
@click.option("--layer", type=int, help="tatoeba, bucc: the hidden state that is compared.")
@click.option("--all-layers", is_flag=True, help="tatoeba, bucc: a table of all layers.")
@click.option("--pooling", type=click.Choice(["mean", "cls"]), help="tatoeba, bucc: how states become a vector.")
@click.option("--scoring", type=click.Choice(["cosine", "margin", "distance"]), help="tatoeba, bucc: what is near.")
@click.option("--prefix", help="tatoeba, bucc: stands before each sentence, for models trained so.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    task, model, data, output, max_length, batch_size, layer, all_layers, pooling, scoring, prefix, as_json, **options
):
    """Evaluate the model in DIR on a task, language by language, with the task's official metric."""
    settings = {"layer": layer, "pooling": pooling, "scoring": scoring, "prefix": prefix}
    given = {name: value for name, value in settings.items() if value is not None}
    if task in RETRIEVAL:
        make_task("csv", options)  # refuses what only other tasks take
        return _retrieval(task, model, list(data), output, given, all_layers, batch_size, max_length, as_json)
    if given or all_layers:
        raise click.UsageError(f"--{(list(given) or ['all-layers'])[0]} is for tatoeba and bucc.")
    from rembert_tf.tasks.evaluation import evaluate

    chosen = make_task(task, options)
    with progress("evaluating") as report:
        found = evaluate(chosen, model, list(data), max_length, batch_size, report)
    if output:
        found.write(output)
        say(f"scores, predictions and an error analysis are in {output}")
    click.echo(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else "\n".join(found.lines()))


def _retrieval(task, model, data, output, given, all_layers, batch_size, max_length, as_json):
    from rembert_tf import RemBertModel, RemBertTokenizerFast
    from rembert_tf.tasks.catalogue import get_task
    from rembert_tf.tasks.retrieval.layer_sweep import table_lines

    chosen = get_task(task)
    if given:
        chosen = get_task(task, settings=type(chosen.settings)(**{**vars(chosen.settings), **given}))
    examples = chosen.read(data)
    encoder, tokenizer = RemBertModel.from_pretrained(model), RemBertTokenizerFast.from_pretrained(model)
    arguments = {"batch_size": batch_size, **({"max_length": max_length} if max_length else {})}
    with progress("embedding") as report:
        found = chosen.evaluate(encoder, tokenizer, examples, "all" if all_layers else None, report=report, **arguments)
        if output:
            predictions = chosen.predict(encoder, tokenizer, examples, report=report, **arguments)
            chosen.write_predictions(examples, predictions, output)
    if as_json:
        return click.echo(json.dumps(found))
    if all_layers:
        return click.echo("\n".join(table_lines(found["by_layer"])))
    metrics = list(chosen.metrics)
    click.echo(f"{'language':<12}" + "".join(f"{name:>22}" for name in metrics) + f"   (layer {found['layer']})")
    rows = {**found["by_language"], "mean": found}
    for language, scores in rows.items():
        click.echo(f"{language:<12}" + "".join(f"{scores[name]:>22.4f}" for name in metrics))
