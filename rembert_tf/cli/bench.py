"""`rembert bench`: how fast this machine runs the library, beside PyTorch where that is at hand."""

import importlib.util
from pathlib import Path

import click

from rembert_tf.benchmarking.settings import ALL, PARTS, QUICK, SIZES, START
from rembert_tf.cli.console import progress, say
from rembert_tf.cli.options import ManyValuesCommand, example


@click.command(
    cls=ManyValuesCommand,
    epilog=example("rembert bench --all --peer-python ~/pytorch/bin/python --output bench/"),
)
@click.option("--all", "everything", is_flag=True, help="Measure all parts but the start of a full-size model.")
@click.option("--full-size", is_flag=True, help="Also the start of a full-size model: minutes, 8 GB of disk.")
@click.option("--parts", multiple=True, type=click.Choice(PARTS), help="Measure these alone.")
@click.option(
    "--peer-python",
    metavar="PYTHON",
    help="Interpreter with torch and transformers: their RemBERT is measured beside ours.",
)
@click.option("--texts", multiple=True, metavar="FILE...", help="A text a line. [default: made-up sentences]")
@click.option("--text-count", type=click.IntRange(1), default=256, show_default=True, help="Texts of each file.")
@click.option("--sentencepiece", metavar="FILE", help="Vocabulary. [default: one is trained on the texts]")
@click.option("--threads", type=click.IntRange(1), help="[default: all cores]")
@click.option("--repeats", type=click.IntRange(1), default=9, show_default=True, help="Rounds, after those to warm up.")
@click.option("--layers", type=click.IntRange(1), default=4, show_default=True)
@click.option(
    "--size", type=click.Choice(list(SIZES)), default="real", show_default=True, help="Widths; tiny only tries it out."
)
@click.option("--json", "json_file", metavar="FILE", help="Write all numbers there.")
@click.option("--output", metavar="DIR", help="Write bench.json, bench.md and pictures there.")
def command(everything, full_size, parts, threads, json_file, output, **options):
    """Measure speed and memory, and print tables in Markdown.

    Alone it measures, in some minutes, the forward pass of exported models of 4 layers in RemBERT's widths and
    the way from a text to its label. Every candidate is a process of its own that stands ready; they take turns.
    """
    from rembert_tf.benchmarking.report import as_json, markdown
    from rembert_tf.benchmarking.run import run_benchmark
    from rembert_tf.weights.atomic_files import write_files

    if parts and everything:
        raise click.UsageError("give either --all or --parts.")
    chosen = set(parts or (ALL if everything else QUICK)) | ({START} if full_size else set())
    settings = settings_of(tuple(part for part in PARTS if part in chosen), everything or bool(parts), threads, options)
    outcome = run_benchmark(settings, progress)
    files = {Path(json_file): as_json(outcome)} if json_file else {}
    if output:
        files |= {Path(output, "bench.json"): as_json(outcome), Path(output, "bench.md"): markdown(outcome)}
    for file, text in files.items():
        write_files(file.parent, {file.name: text.encode()}, last=file.name)
    if output:
        from rembert_tf.benchmarking.pictures import draw

        draw(outcome, Path(output))
    if not outcome.machine["quiet"]:
        say("the machine was not quiet: other programs used it, so do not quote these figures")
    click.echo(markdown(outcome), nl=False)


def settings_of(parts, thorough, threads, options):
    """Returns the BenchSettings of the command's options.

    Args:
        parts: to measure, in order.
        thorough: whether candidates that take long take part.
        threads: a number, or None for all cores.
        options: the options that are settings of the same name.
    """
    from rembert_tf.benchmarking.machine import has_bfloat16
    from rembert_tf.benchmarking.settings import BFLOAT16, FLOAT32, BenchSettings
    from rembert_tf.benchmarking.worker_process import cores
    from rembert_tf.errors import InputError

    if threads is not None and threads > cores():
        raise InputError(f"--threads is {threads}, but this process may use {cores()} cores.")
    dtypes = (BFLOAT16, FLOAT32) if has_bfloat16() else (FLOAT32, BFLOAT16) if thorough else (FLOAT32,)
    garden = thorough and importlib.util.find_spec("official") is not None
    return BenchSettings(
        parts=parts,
        dtypes=dtypes,
        garden=garden,
        predict=thorough,
        threads=threads or cores(),
        **options,
    )
