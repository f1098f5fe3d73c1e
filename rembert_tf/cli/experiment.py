"""`rembert experiment`: the paper's questions, asked of models that this machine trains."""

import json

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.options import ManyValuesCommand, example

NAMES = ("coupling", "output-width", "input-width", "dropped-layers", "layer-transfer", "pretraining", "all")


@click.command(
    cls=ManyValuesCommand,
    epilog=example("rembert experiment coupling --data text-*.txt --tasks download --output experiments"),
)
@click.argument("name", type=click.Choice(NAMES), metavar=f"{{{'|'.join(NAMES)}}}")
@click.option("--data", required=True, multiple=True, metavar="FILE...", help="Raw text, as of `rembert pretrain`.")
@click.option("--tasks", metavar="DIR", help="Folder with udpos/ and tatoeba/, as XTREME's scripts fill it.")
@click.option("--output", required=True, metavar="DIR", help="Folder of everything, new or empty.")
@click.option("--seeds", type=click.IntRange(1), help="Train each model so many times. [default: 3; with --quick 1]")
@click.option("--steps", type=click.IntRange(1), help="Of a pre-training. [default: 1000; with --quick 8]")
@click.option("--vocab-size", type=int, help="Pieces of the vocabulary. [default: 16000; with --quick 4000]")
@click.option("--sentencepiece", metavar="FILE", help="A vocabulary, instead of one that is trained on the text.")
@click.option("--language", metavar="CODE", help="Of all raw text whose line names none. [default: the file's name]")
@click.option("--languages-from-column", type=int, metavar="N", help="Of .tsv files: the column with the language.")
@click.option("--quick", is_flag=True, help="Tiny models and a little of each file: shows that everything works.")
@click.option("--resume", is_flag=True, help="Go on in the output folder: with a killed experiment, or more of it.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def command(name, data, tasks, output, steps, vocab_size, quick, resume, as_json, seeds, **options):
    """Compare models as the paper's ablations do, in small: a table and a picture for each question.

    One corpus is prepared from FILEs, with one vocabulary; each model is pre-trained on the same rows, fine-tuned for
    parts of speech in English, and asked for nearest neighbours. Models that several questions share are trained once.
    The figures hold for models of this size.
    """
    import dataclasses

    from rembert_tf.experiments.run import run_experiment
    from rembert_tf.experiments.scale import FULL, QUICK
    from rembert_tf.experiments.settings import ExperimentSettings

    if vocab_size is not None and options["sentencepiece"] is not None:
        raise click.UsageError("give --vocab-size or --sentencepiece, but not both.")
    given = {name: value for name, value in (("steps", steps), ("vocab_size", vocab_size)) if value is not None}
    scale = dataclasses.replace(QUICK if quick else FULL, **given)
    settings = ExperimentSettings(name, seeds or (1 if quick else 3), scale, **options)
    outcomes = run_experiment(data, output, settings, tasks, resume, say, progress)
    if as_json:
        click.echo(json.dumps([outcome.to_dict() for outcome in outcomes], ensure_ascii=False))
    else:
        click.echo("\n".join(outcome.markdown() for outcome in outcomes), nl=False)
    say(f"tables, pictures and all models are in {output}")
