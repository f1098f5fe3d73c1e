"""`rembert predict-batch`: a SavedModel's answers to all rows of files."""

import json
import logging

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.options import example
from rembert_tf.cli.runner_flags import RUNNER_FLAGS, CommandWithRunner
from rembert_tf.errors import InputError
from rembert_tf.serving.batch.settings import FORMATS, OUTPUT_FORMATS


def _columns(ctx, param, values):
    """Turns `--column text=sentence` into {"text": "sentence"}; a click callback."""
    columns = {}
    for value in values:
        name, _, found = value.partition("=")
        if not name or not found:
            raise click.BadParameter(f"{value!r} is not of the form INPUT=COLUMN.", ctx, param)
        if name in columns:
            raise click.BadParameter(f"the input {name!r} is given twice.", ctx, param)
        columns[name] = tuple(found.split(",")) if "," in found else found
    return columns


@click.command(
    "predict-batch",
    cls=CommandWithRunner,
    epilog=example("rembert predict-batch models/topic --input 'reviews-*.txt' --output answers/reviews"),
)
@click.argument("saved_model", metavar="SAVED_MODEL")
@click.option("--input", "inputs", required=True, multiple=True, metavar="GLOB", help="Files, or a quoted pattern.")
@click.option("--output", required=True, metavar="PREFIX", help="What the names of the answers begin with.")
@click.option("--format", "file_format", type=click.Choice(FORMATS), help="Of the files; default: by their endings.")
@click.option("--output-format", type=click.Choice(OUTPUT_FORMATS), default="jsonl", show_default=True)
@click.option("--signature", metavar="NAME", help="Which one answers. [default: serving_default]")
@click.option(
    "--column",
    "columns",
    multiple=True,
    callback=_columns,
    metavar="INPUT=COLUMN",
    help="The column of an input, where names differ; of choices also several: choices=a,b.",
)
@click.option("--id", "id_column", metavar="COLUMN", help="Column with the rows' names, for the answers.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Further columns that the answers shall have.")
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True, help="Rows in the model at once.")
@click.option("--part-rows", type=click.IntRange(1), default=5000, show_default=True, help="Rows in a file of answers.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--runner", metavar="NAME", help="Beam's runner, and behind it its flags; default: this process.")
@click.pass_context
def command(ctx, saved_model, inputs, output, as_json, keep, runner, **options):
    """Answer every row of files with SAVED_MODEL, which `rembert export` wrote.

    Files are text (a text a line), .csv, .tsv, .jsonl, .parquet or .tfrecord, those of lines also as .gz or .xz.
    Answers go to PREFIX-*.jsonl with file, row and input; rows without an answer to PREFIX.rejected.jsonl, with the
    reason. Where no row at all can be answered, the command fails.

    A command that was stopped or killed goes on when it is typed again: nothing is lost, nothing is there twice.

    The work is an Apache Beam pipeline. It runs in this process, or elsewhere: `--runner FlinkRunner --flink_master
    HOST:8081`.
    """
    from rembert_tf.serving.batch import BatchSettings, predict_files

    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it calls the loader of TensorFlow Serving deprecated
    settings = BatchSettings(keep=tuple(keep), **options)
    try:
        with progress("predicting") as report:
            summary = predict_files(saved_model, inputs, output, settings, ctx.meta[RUNNER_FLAGS], report)
    except KeyboardInterrupt:
        say("what is done stays: the same command goes on with the rest")
        raise
    if as_json:
        click.echo(json.dumps(summary))
    else:
        _print(summary)
    if summary["rows"] and not summary["answered"]:
        raise InputError(f"no row was answered: {summary['rejected_rows']!r} has the reason for each.")


def _print(summary):
    from collections import Counter

    all_before = summary["rows"] and summary["done_before"] == summary["rows"]
    before = f", {summary['done_before']:,} of them before" if summary["done_before"] and not all_before else ""
    click.echo(f"{summary['rows']:,} rows{before}; {summary['answered']:,} answered, {summary['rejected']:,} rejected")
    if all_before:
        click.echo("all was there already: nothing was answered anew")
    else:
        click.echo(f"{summary['seconds']:,.1f} s, {summary['rows_per_second']:,.1f} rows/s")
    for reason, count in Counter(summary["reasons"]).most_common():
        click.echo(f"rejected, {reason}: {count:,} rows")
    if summary["outputs"]:
        count = len(summary["outputs"])
        say(f"answers in {count:,} {'file' if count == 1 else 'files'}, {summary['outputs'][0]} first")
    if summary["rejected"]:
        say(f"rejected rows in {summary['rejected_rows']}")
