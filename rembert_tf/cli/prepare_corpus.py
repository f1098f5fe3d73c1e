"""`rembert prepare-corpus`: raw text into the rows that pre-training reads."""

import json

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.options import example
from rembert_tf.cli.runner_flags import RUNNER_FLAGS, CommandWithRunnerFlags


@click.command(
    "prepare-corpus",
    cls=CommandWithRunnerFlags,
    epilog=example("rembert prepare-corpus text-*.txt.gz --sentencepiece sentencepiece.model --output corpus"),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE... [-- RUNNER FLAGS]")
@click.option("--sentencepiece", required=True, metavar="FILE", help="The vocabulary that the model will have.")
@click.option("--output", required=True, metavar="DIR", help="Folder to make; what a killed run left is removed.")
@click.option("--max-length", default=512, show_default=True, help="Most pieces in a row, [CLS] and [SEP] included.")
@click.option("--held-out", default=0.005, show_default=True, help="Share of the documents that are never trained on.")
@click.option("--shard-rows", default=20_000, show_default=True, help="Most rows in a file.")
@click.option("--language", metavar="CODE", help="Of all text whose line doesn't name its own.")
@click.option("--languages-from-column", type=int, metavar="N", help="Column of .tsv files with the language: 1 or 2.")
@click.option("--deduplicate/--no-deduplicate", default=True, show_default=True, help="Keep equal lines once.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
@click.pass_context
def command(ctx, files, sentencepiece, output, as_json, **options):
    """Clean, split, tokenize, pack and count the texts of FILEs, as rows for `rembert pretrain`.

    FILEs are plain text (a text a line, blank lines between documents), .tsv or .jsonl, also as .gz or .xz. The
    language comes from the line, from --language, or from the file's name (text-de.txt). What is left out is counted
    by its reason, and listed in rejected.tsv.

    The work is an Apache Beam pipeline. It runs in this process; what follows -- goes to another runner: `-- --runner
    FlinkRunner --flink_master HOST:8081`.
    """
    from rembert_tf.pretraining.corpus.prepare import prepare_corpus
    from rembert_tf.pretraining.corpus.settings import CorpusSettings

    settings = CorpusSettings(**options)
    with progress("corpus") as report:
        manifest = prepare_corpus(files, sentencepiece, output, settings, ctx.meta[RUNNER_FLAGS], report)
    if as_json:
        click.echo(json.dumps(manifest, ensure_ascii=False))
    else:
        _print_tables(manifest)
    say(f"corpus in {output}; languages.png shows it, rejected.tsv what was left out")


def _print_tables(manifest):
    from rich.console import Console
    from rich.table import Table

    from rembert_tf.pretraining.corpus.picture import SMOOTHING, shares
    from rembert_tf.pretraining.corpus_folder import COUNTS

    languages = manifest["languages"]
    pieces = {code: counts["pieces"] for code, counts in languages.items()}
    drawn = shares(pieces, SMOOTHING)
    table = Table(box=None, pad_edge=False)
    table.add_column("language")
    for title in (*(name.replace("_", " ") for name in COUNTS), "share", "smoothed"):
        table.add_column(title, justify="right")
    for code in sorted(languages, key=lambda code: (-pieces[code], code)):
        numbers = [f"{languages[code][name]:,}" for name in COUNTS]
        table.add_row(code, *numbers, f"{pieces[code] / sum(pieces.values()):.2%}", f"{drawn[code]:.2%}")
    if len(languages) > 1:
        table.add_row("all", *(f"{sum(counts[name] for counts in languages.values()):,}" for name in COUNTS), "", "")
    Console(highlight=False, width=100).print(table)
    for reason, count in manifest["rejected"].items():
        click.echo(f"left out, {reason}: {count:,} lines")
