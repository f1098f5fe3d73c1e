"""`rembert evaluate`: a model's metrics on files in a task's official format."""

import dataclasses
import json
from pathlib import Path

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import ManyValuesCommand, example
from rembert_tf.cli.task_options import make_task, task_options
from rembert_tf.tasks.catalogue import RETRIEVAL, TASKS

# option -> the tasks that take it; bucc always compares by margins
TAKEN = {**dict.fromkeys(("layer", "all_layers", "pooling", "prefix"), RETRIEVAL), "scoring": ("tatoeba",)}


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
@click.option("--max-length", type=click.IntRange(1), help="Pieces of a row. [default: the recipe's]")
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True)
@task_options
@click.option("--layer", type=int, help="tatoeba, bucc: the hidden state that is compared.")
@click.option("--all-layers", is_flag=True, help="tatoeba, bucc: a table of all layers.")
@click.option("--pooling", type=click.Choice(["mean", "cls"]), help="tatoeba, bucc: how states become a vector.")
@click.option("--scoring", type=click.Choice(["cosine", "margin", "distance"]), help="tatoeba: what is near.")
@click.option("--prefix", help="tatoeba, bucc: stands before each sentence, for models trained so.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    task, model, data, output, max_length, batch_size, layer, all_layers, pooling, scoring, prefix, as_json, **options
):
    """Evaluate the model in DIR on a task, language by language, with the task's official metric."""
    settings = {"layer": layer, "pooling": pooling, "scoring": scoring, "prefix": prefix}
    given = {name: value for name, value in settings.items() if value is not None}
    for option in [*given, *(["all_layers"] if all_layers else [])]:
        if task not in TAKEN[option]:
            raise click.UsageError(f"--{option.replace('_', '-')} is for {' and '.join(TAKEN[option])}.")
    if output and Path(output).exists():
        raise click.UsageError(f"{output!r} exists already: choose another folder for --output, or remove it first.")
    model = model_path(model)
    if task in RETRIEVAL:
        return _retrieval(
            make_task(task, options), model, list(data), output, given, all_layers, batch_size, max_length, as_json
        )
    from rembert_tf.tasks.evaluation import evaluate

    if task == "csv":
        options["problem_type"] = options["problem_type"] or _problem_type(model)
    chosen = make_task(task, options)
    with progress("evaluating") as report:
        found = evaluate(chosen, model, list(data), max_length, batch_size, report)
    _write(found, output)
    click.echo(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else "\n".join(found.lines()))


def _problem_type(model):
    from rembert_tf.tasks.prediction_file import problem_type_of
    from rembert_tf.weights import model_directory

    return problem_type_of(model_directory.read_config(model))


def _write(found, output):
    if output:
        found.write(output)
        say(f"scores, predictions and an error analysis are in {output}")


def _retrieval(chosen, model, data, output, given, all_layers, batch_size, max_length, as_json):
    from rembert_tf.tasks.evaluation import Evaluation, predict_parts
    from rembert_tf.tasks.retrieval.layer_sweep import chosen_layer, table_lines
    from rembert_tf.tasks.retrieval.retrieval_task import MAX_LENGTH
    from rembert_tf.tasks.start import load_encoder

    if given:
        chosen = type(chosen)(settings=dataclasses.replace(chosen.settings, **given))
    parts = chosen.read_parts(data)
    for examples in parts.values():
        chosen.check_gold(examples)
    encoder, tokenizer = load_encoder(model)
    arguments = (batch_size, max_length or MAX_LENGTH)
    with progress("embedding") as report:
        if all_layers:
            table = chosen.evaluate(encoder, tokenizer, chosen.read(data), "all", *arguments, report)["by_layer"]
        if output or not all_layers:
            found = Evaluation(chosen, predict_parts(chosen, encoder, tokenizer, parts, *arguments, report))
            _write(found, output)
    if all_layers:
        lines = table_lines(table, chosen.metrics[0])
        return click.echo(json.dumps({"task": chosen.name, "by_layer": table}) if as_json else "\n".join(lines))
    # bucc's own layer may be above a shallow model's last one, which it then takes
    layer = min(chosen_layer(chosen.settings, encoder), encoder.config.num_hidden_layers)
    say(f"layer {layer}")
    click.echo(json.dumps({**found.to_dict(), "layer": layer}) if as_json else "\n".join(found.lines()))
