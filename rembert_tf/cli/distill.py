"""`rembert distill`: train a smaller student of a fine-tuned model."""

import json

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import ManyValuesCommand, example
from rembert_tf.cli.task_options import make_task, task_options
from rembert_tf.cli.training_options import settings_of, training_options
from rembert_tf.tasks.catalogue import TRAINED
from rembert_tf.training.distillation_settings import HIDDEN_LOSSES, NONE

TEACHER_DTYPES = ("float32", "bfloat16", "mixed_bfloat16")


def _layers(ctx, param, value):
    """Turns `4` into a count, `even:4` into ("even", 4) and `0,2` into a list."""
    if value is None:
        return None
    even, digits = value.startswith("even:"), value.removeprefix("even:").removesuffix(",")
    try:
        numbers = [int(part) for part in digits.split(",")]
    except ValueError:
        numbers = []
    if not numbers or (even and "," in value):
        raise click.BadParameter(f"expected a number (4), even:4, or numbers from 0 (0,2), not {value!r}")
    if even:
        return ("even", numbers[0])
    return numbers if "," in value else numbers[0]


@click.command(
    cls=ManyValuesCommand,
    epilog=example("rembert distill runs/topic/best --train train.csv --dev dev.csv --output runs/small --layers 4"),
)
@click.argument("teacher", metavar="TEACHER")
@click.option("--task", type=click.Choice(TRAINED), help="What the teacher was trained for. [default: it tells]")
@click.option("--train", multiple=True, metavar="FILE...", help="Training files in the task's format.")
@click.option(
    "--unlabelled", multiple=True, metavar="FILE...", help="Texts without labels: .txt, or the task's format."
)
@click.option("--dev", multiple=True, metavar="FILE...", help="Held-out files. [default: the training files]")
@click.option("--output", required=True, metavar="DIR", help="Run folder, new or empty.")
@click.option(
    "--layers", callback=_layers, metavar="K|even:K|A,B,...", help="Student: the teacher with these of its blocks."
)
@click.option("--config", metavar="FILE", help="Student: new weights, with input tables taken from the teacher.")
@click.option("--student", metavar="DIR", help="Student: a model directory with the teacher's vocabulary.")
@click.option("--temperature", type=float, help="Softens both models' answers, 1 and more. [default: 2]")
@click.option("--alpha", type=float, help="The teacher's share of the loss. [default: 0.5; without --train 1]")
@click.option("--hidden-loss", type=click.Choice(HIDDEN_LOSSES), help="Hidden states to compare. [default: none]")
@click.option("--hidden-weight", type=float, help="Weight of the hidden states' loss. [default: 1]")
@click.option("--teacher-dtype", type=click.Choice(TEACHER_DTYPES), help="Of the teacher's weights. [default: float32]")
@click.option("--seeds", type=click.IntRange(1), help="Train so many times, and print mean and deviation.")
@training_options
@task_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(teacher, task, train, unlabelled, dev, output, as_json, **options):
    """Train a small model to answer as the model in TEACHER does.

    The student learns from the labels and from the teacher's probabilities for every answer. It is the teacher with
    fewer blocks (--layers), a new model of any size (--config), or a directory (--student). Everything else is as in
    `rembert finetune`, whose options this command has.
    """
    made = [options.pop(name) for name in ("layers", "config", "student")]
    if sum(given is not None for given in made) != 1:
        raise click.UsageError("give one of --layers, --config FILE and --student DIR.")
    teacher = model_path(teacher)
    from rembert_tf.tasks.distill_task import Files, distill_task
    from rembert_tf.training.distribution import is_chief

    chosen = _task_of(teacher, task, options)
    more = {name: options.pop(name) for name in ("seeds", "resume", "gradient_checkpointing", "teacher_dtype")}
    distillation = _distillation(options, chosen, has_labels=bool(train))
    settings = settings_of(chosen.recipe, options, from_nothing=made[1] is not None)
    files = Files(list(train), list(dev), list(unlabelled))
    with progress("training") as report:
        data = (chosen, teacher, _student(teacher, *made), files, output, settings, distillation)
        found = distill_task(*data, report=report, **more)
    if not is_chief(settings.strategy):
        return
    if as_json:
        click.echo(json.dumps(found if more["seeds"] else {"model": f"{output}/best", **found}))
        return
    click.echo("\n".join(_lines(found, output)))
    if not dev:
        say("without --dev these are figures of the training files, and best/ is the last epoch.")
    say(f"pictures, metrics.jsonl and an error analysis are in {output}; times are a hint, no benchmark.")


def _task_of(teacher, name, options):
    """Returns the Task that a teacher was trained for, or the one of a name; takes its options out of `options`."""
    from rembert_tf.tasks.catalogue import task_name_of
    from rembert_tf.tasks.prediction_file import problem_type_of
    from rembert_tf.weights.model_directory import read_config

    config = read_config(teacher)
    name = name or task_name_of(config)
    if name == "csv":
        options["problem_type"] = options["problem_type"] or problem_type_of(config)
    return make_task(name, options)


def _distillation(options, task, has_labels):
    """Returns DistillationSettings; takes its options out of `options`."""
    from rembert_tf.training.distillation_settings import DistillationSettings

    names = ("temperature", "alpha", "hidden_loss", "hidden_weight")
    given = {name: value for name in names if (value := options.pop(name)) is not None}
    if "temperature" in given and getattr(task, "problem_type", None) == "regression":
        raise click.UsageError("--temperature is for probabilities: a regression has none.")
    if "hidden_weight" in given and given.get("hidden_loss", NONE) == NONE:
        raise click.UsageError("--hidden-weight needs --hidden-loss last or layers.")
    return DistillationSettings(**{"alpha": 0.5 if has_labels else 1.0, **given})


def _student(teacher, layers, config, student):
    from rembert_tf.config import RemBertConfig
    from rembert_tf.tasks.student import from_blocks, from_config, from_student

    if layers is not None:
        return from_blocks(teacher, layers)
    return from_config(RemBertConfig.from_pretrained(config)) if config else from_student(model_path(student), teacher)


def _lines(found, output):
    compared = found["comparison"]
    teacher, student = compared["teacher"], compared["student"]
    metrics = [name for name in student if name not in ("directory", "parameters", "layers")]
    if "mean" in found:
        for name in metrics:
            deviation, runs = found["deviation"][name], len(found["runs"])
            yield f"dev {name} {found['mean'][name]:.4f} +- {deviation:.4f} over {runs} seeds"
    folder = student["directory"] if "mean" in found else f"{output}/best"
    yield f"{folder}  " + "  ".join(f"dev {name} {student[name]:.4f} (teacher {teacher[name]:.4f})" for name in metrics)
    share = student["parameters"] / teacher["parameters"]
    yield (
        f"{student['layers']} of {teacher['layers']} blocks, {student['parameters']:,} of {teacher['parameters']:,} "
        f"parameters ({share:.1%}), {compared['time_ratio']:.1f} times as fast"
    )
