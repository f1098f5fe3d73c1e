"""`rembert pretrain`: teach a model to guess hidden pieces of text in many languages."""

import json
import shlex

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import ManyValuesCommand, example
from rembert_tf.cli.pretraining_options import settings_options
from rembert_tf.pretraining.sizes import SIZES

DEFAULT_SIZE = "small"
TEXT_SETTINGS = ("max_length", "language", "languages_from_column", "held_out")  # a prepared corpus has its own


@click.command(
    cls=ManyValuesCommand,
    epilog=example("rembert pretrain --data text-*.txt --vocab-size 16000 --size tiny --output runs/pretrained"),
)
@click.option(
    "--data",
    required=True,
    multiple=True,
    metavar="PATH...",
    help="A corpus of `rembert prepare-corpus`, or files of raw text, from which one is made in the run folder.",
)
@click.option("--output", required=True, metavar="DIR", help="Run folder, new or empty.")
@click.option("--model", metavar="DIR", help="Model directory to go on from, of any head; it brings its vocabulary.")
@click.option("--config", metavar="FILE", help="config.json of a new model.")
@click.option("--size", type=click.Choice(SIZES), help=f"A new model of ours, instead. [default: {DEFAULT_SIZE}]")
@click.option("--sentencepiece", metavar="FILE", help="Vocabulary of a new model. [default: the corpus' own]")
@click.option("--vocab-size", type=int, help="For raw text: train a vocabulary of so many pieces on it first.")
@click.option("--max-length", type=int, help="Of raw text: pieces of a row. [default: 512]")
@click.option("--language", metavar="CODE", help="Of all raw text whose line names none. [default: the file's name]")
@click.option("--languages-from-column", type=int, metavar="N", help="Of .tsv files: the column with the language.")
@click.option("--held-out", type=float, help="Of raw text: share of the documents to evaluate on. [default: 0.005]")
@settings_options
@click.option("--resume", is_flag=True, help="Go on with the killed run in the output folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(data, output, model, config, size, sentencepiece, vocab_size, resume, as_json, **options):
    """Pre-train a RemBERT with masked language modelling.

    Languages are drawn in proportion to their rows to the power of --sampling-exponent, and every step masks anew.
    Defaults are the paper's (table 14) but for batch size and steps. best/ and last/ in the run folder are what
    `rembert finetune --model` takes.
    """
    if sum(option is not None for option in (model, config, size)) > 1:
        raise click.UsageError("give one of --model DIR, --config FILE and --size.")
    from rembert_tf.config import RemBertConfig
    from rembert_tf.pretraining.corpus.settings import CorpusSettings
    from rembert_tf.pretraining.origin import Origin
    from rembert_tf.pretraining.pretrain import pretrain
    from rembert_tf.pretraining.settings import PretrainSettings
    from rembert_tf.pretraining.sizes import config_of_size
    from rembert_tf.training.distribution import is_chief

    given = {name: value for name, value in options.items() if value is not None}
    text_settings = {name: given.pop(name) for name in TEXT_SETTINGS if name in given}
    settings = PretrainSettings(**given)
    new = None if model else RemBertConfig.from_pretrained(config) if config else config_of_size(size or DEFAULT_SIZE)
    origin = Origin(model_path(model), new, sentencepiece, vocab_size)
    say(
        f"{settings.max_steps} steps of {settings.batch_size} rows, learning rate {settings.learning_rate:g} after "
        f"{settings.steps_of_warmup} steps of warm-up; RemBERT's own: 1,760,000 steps of 2,048 rows, 2e-4, 15,000."
    )
    with progress("pre-training") as report:
        text = CorpusSettings(**text_settings) if text_settings else None
        found = pretrain(list(data), output, settings, origin, text, resume, report)
    if not is_chief(settings.strategy):
        return
    if as_json:
        click.echo(json.dumps({"model": f"{output}/best", **found}, ensure_ascii=False))
        return
    click.echo("\n".join(_table(found)))
    say(f"models, pictures, metrics.jsonl and TensorBoard logs are in {output}")
    best = shlex.quote(f"{output}/best")
    say(f"next: rembert finetune TASK --model {best} --train FILE... --dev FILE... --output DIR")


def _table(found):
    """Yields a line for each language, and one for all: how often it was drawn, and how it is guessed."""
    yield f"{'language':<12}{'share':>8}{'accuracy':>10}{'perplexity':>12}"
    for language, row in found["languages"].items():
        measured = f"{row['accuracy']:>10.4f}{row['perplexity']:>12.1f}" if "accuracy" in row else f"{'-':>10}{'-':>12}"
        yield f"{language:<12}{row['share']:>8.2%}{measured}"
    yield f"{'mean':<12}{'':>8}{found['accuracy']:>10.4f}{found['perplexity']:>12.1f}"
