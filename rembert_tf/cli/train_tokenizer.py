"""`rembert train-tokenizer`: a SentencePiece vocabulary with RemBERT's layout."""

import json

import click

from rembert_tf.cli.console import console, say
from rembert_tf.cli.options import COLUMNS_HELP, ManyValuesCommand, column_names, example


@click.command(
    "train-tokenizer",
    cls=ManyValuesCommand,
    epilog=example("rembert train-tokenizer train.csv --output vocabulary --vocab-size 16000"),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--output", required=True, metavar="DIR", help="Directory for sentencepiece.model and the report.")
@click.option("--vocab-size", required=True, type=int, help="Pieces, the 315 reserved ones included.")
@click.option("--text-column", default="text", show_default=True, help="Column of a .csv or .tsv file with the text.")
@click.option("--languages-from-column", metavar="NAME", help="Sample languages in proportion to size ** 0.5.")
@click.option("--columns", callback=column_names, metavar="A,B", help=COLUMNS_HELP)
@click.option("--byte-fallback", is_flag=True, help="Spell characters without a piece in bytes, not as unknown.")
@click.option("--character-coverage", default=0.9995, show_default=True, help="Share of characters with pieces.")
@click.option("--report-on", multiple=True, metavar="FILE...", help="Texts for the report, instead of the FILEs.")
@click.option("--seed", default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    files,
    output,
    vocab_size,
    text_column,
    languages_from_column,
    columns,
    byte_fallback,
    character_coverage,
    report_on,
    seed,
    as_json,
):
    """Train a SentencePiece unigram vocabulary with RemBERT's layout.

    [PAD] is 0, </s> 1, <unk> 2, [CLS] 312, [SEP] 313, [MASK] 314. FILEs are .txt (a text a line), .csv or
    .tsv. A report says, by language, how many pieces are unknown and how many a word takes; it is printed,
    and written to vocabulary_report.json in DIR.
    """
    from rembert_tf.tokenization.tokenizer_base import TokenizerBase
    from rembert_tf.tokenization.train_vocabulary import train_vocabulary_files
    from rembert_tf.tokenization.vocabulary_report import texts_and_languages, vocabulary_report, write_report

    where = {"text_column": text_column, "language_column": languages_from_column, "columns": columns}
    # SentencePiece says nothing while it trains: where there is a terminal, a moving sign shows that it does.
    with console.status("reading the files") as status:
        # Read first: a mistake in these files must not cost the training.
        measured = texts_and_languages(report_on or files, **where)
        size, texts = train_vocabulary_files(
            files,
            output,
            vocab_size,
            **where,
            on_step=status.update,
            byte_fallback=byte_fallback,
            character_coverage=character_coverage,
            seed=seed,
        )
        status.update("measuring the vocabulary")
        report = vocabulary_report(TokenizerBase.from_pretrained(output).vocabulary, *measured)
        write_report(output, report, report_on or files)
    say(f"{size} pieces from {texts} texts, in {output}")
    if as_json:
        click.echo(json.dumps({"output": output, "pieces": size, "texts": texts, "report": report}, ensure_ascii=False))
    else:
        _print_table(report, byte_fallback)


def _print_table(report, byte_fallback):
    from rich.console import Console
    from rich.table import Table

    from rembert_tf.tokenization.vocabulary_report import UNSPACED

    table = Table(box=None, pad_edge=False)
    table.add_column("language")
    for title in ("texts", "words", "pieces per word", "unknown", *(["bytes"] if byte_fallback else [])):
        table.add_column(title, justify="right")
    for language, row in report.items():
        rates = [row["unknown_rate"], *([row["byte_rate"]] if byte_fallback else [])]
        per_word = "-" if row["pieces_per_word"] is None else f"{row['pieces_per_word']:.2f}"
        shares = ["-" if rate is None else f"{rate:.2%}" for rate in rates]
        table.add_row(language, str(row["texts"]), str(row["words"]), per_word, *shares)
    Console(highlight=False, width=100).print(table)
    click.echo(f"Words are what spaces separate; in {', '.join(UNSPACED)} each character counts as one.")
