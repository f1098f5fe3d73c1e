"""`rembert train-tokenizer`: a SentencePiece vocabulary with RemBERT's layout."""

import click

from rembert_tf.cli.console import console, say
from rembert_tf.cli.options import COLUMNS_HELP, column_names, example


@click.command(
    "train-tokenizer",
    epilog=example("rembert train-tokenizer train.csv --output vocabulary --vocab-size 16000"),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--output", required=True, metavar="DIR", help="Directory for sentencepiece.model.")
@click.option("--vocab-size", required=True, type=int, help="Pieces, the 315 reserved ones included.")
@click.option("--text-column", default="text", show_default=True, help="Column of a .csv or .tsv file with the text.")
@click.option("--languages-from-column", metavar="NAME", help="Sample languages in proportion to size ** 0.5.")
@click.option("--columns", callback=column_names, metavar="A,B", help=COLUMNS_HELP)
@click.option("--byte-fallback", is_flag=True, help="Spell characters without a piece in bytes, not as unknown.")
@click.option("--character-coverage", default=0.9995, show_default=True, help="Share of characters with pieces.")
@click.option("--seed", default=0, show_default=True)
def command(
    files,
    output,
    vocab_size,
    text_column,
    languages_from_column,
    columns,
    byte_fallback,
    character_coverage,
    seed,
):
    """Train a SentencePiece unigram vocabulary with RemBERT's layout.

    [PAD] is 0, </s> 1, <unk> 2, [CLS] 312, [SEP] 313, [MASK] 314. FILEs are .txt (a text a line), .csv or
    .tsv.
    """
    from rembert_tf.tokenization.train_vocabulary import train_vocabulary_files

    with console.status("training the vocabulary"):
        size, texts = train_vocabulary_files(
            files,
            output,
            vocab_size,
            text_column=text_column,
            language_column=languages_from_column,
            columns=columns,
            byte_fallback=byte_fallback,
            character_coverage=character_coverage,
            seed=seed,
        )
    say(f"{size} pieces from {texts} texts")
    click.echo(output)
