"""`rembert finetune`: train a model on a task."""

import functools
import json

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import ManyValuesCommand, example
from rembert_tf.cli.task_options import make_task, task_options
from rembert_tf.cli.training_options import settings_of, training_options
from rembert_tf.tasks.catalogue import TRAINED


@click.command(
    cls=ManyValuesCommand,
    epilog=example("rembert finetune csv --model google-rembert --train train.csv --dev dev.csv --output runs/topic"),
)
@click.argument("task", type=click.Choice(TRAINED))
@click.option("--model", metavar="DIR", help="Model directory to start from.")
@click.option("--config", metavar="FILE", help="Instead of --model: config.json of a new model.")
@click.option("--sentencepiece", metavar="FILE", help="With --config: the vocabulary, which also decides vocab_size.")
@click.option("--train", required=True, multiple=True, metavar="FILE...", help="Training files in the task's format.")
@click.option(
    "--dev", required=True, multiple=True, metavar="FILE...", help="Held-out files; the mean over languages counts."
)
@click.option("--output", required=True, metavar="DIR", help="Run folder, new or empty.")
@click.option("--seeds", type=click.IntRange(1), help="Train so many times, and print mean and deviation.")
@training_options
@task_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    task, model, config, sentencepiece, train, dev, output, seeds, resume, gradient_checkpointing, as_json, **options
):
    """Fine-tune a model with model.fit; the best and the last state become model directories.

    TASK names the format of the files and the metric: XTREME's xnli, pawsx, udpos, panx, xquad, mlqa, tydiqa;
    csv (columns text, optionally text_pair, and label); multiple-choice (JSON lines); mlm and clm (plain text).
    Learning rate, batch size, epochs and length are those of the task's recipe unless you say otherwise, in options
    or in a --recipe of your own.
    """
    if bool(model) == bool(config) or bool(config) != bool(sentencepiece):
        raise click.UsageError("give either --model DIR, or both --config FILE and --sentencepiece FILE.")
    from rembert_tf.config import RemBertConfig
    from rembert_tf.tasks.finetune_task import NOT_METRICS, finetune_seeds, finetune_task
    from rembert_tf.tasks.start import from_directory, from_nothing
    from rembert_tf.training.distribution import is_chief

    chosen = make_task(task, options)
    settings = settings_of(chosen.recipe, options, from_nothing=bool(config))
    if model:
        start = from_directory(model_path(model))
    else:
        start = from_nothing(RemBertConfig.from_pretrained(config), sentencepiece)
    if gradient_checkpointing:
        start = _with_checkpointing(start)
    data = (chosen, start, list(train), list(dev), output, settings)
    with progress("training") as report:
        run = functools.partial(finetune_seeds, seeds=seeds) if seeds else finetune_task
        found = run(*data, resume=resume, report=report)
    if not is_chief(settings.strategy):
        return
    if as_json:
        click.echo(json.dumps(found if seeds else {"model": f"{output}/best", **found}))
    elif seeds:
        click.echo("\n".join(_lines_of_seeds(found)))
    else:
        metrics = {name: value for name, value in found.items() if name not in NOT_METRICS}
        click.echo(f"{output}/best  " + "  ".join(f"dev {name} {value:.4f}" for name, value in metrics.items()))
        if found.get("collapsed"):
            say("the training collapsed: one answer whatever is read. A lower --learning-rate helps, or --restarts.")
        say(
            f"pictures, metrics.jsonl, TensorBoard logs and an error analysis are in {output}; "
            f"next: rembert evaluate {task} {output}/best --data FILE..."
        )


def _with_checkpointing(start):
    def started(*arguments):
        model, tokenizer = start(*arguments)
        model.gradient_checkpointing_enable()
        return model, tokenizer

    return functools.update_wrapper(started, start)  # with what a start says of itself


def _lines_of_seeds(found):
    for folder, result in found["runs"].items():
        yield f"{folder}/best  " + "  ".join(f"dev {name} {result[name]:.4f}" for name in found["mean"])
    for name, mean in found["mean"].items():
        yield f"dev {name} {mean:.4f} +- {found['deviation'][name]:.4f} over {len(found['runs'])} seeds"
