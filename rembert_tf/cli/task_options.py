"""Options that say how a task reads its files."""

import click

from rembert_tf.cli.options import COLUMNS_HELP, column_names

PROBLEM_TYPES = ("single_label_classification", "multi_label_classification", "regression")
_CSV = ("problem_type", "columns", "label_column")
_ANSWERS = ("null_threshold", "max_answer_length")
_LANGUAGE_MODELS = ("line_by_line",)
# task -> the options below that it takes
TAKEN = {
    "csv": _CSV,
    **dict.fromkeys(("xquad", "mlqa", "tydiqa"), _ANSWERS),
    **dict.fromkeys(("mlm", "clm"), _LANGUAGE_MODELS),
}

_OPTIONS = (
    click.option("--problem-type", type=click.Choice(PROBLEM_TYPES), help="csv: what a label is. [default: one class]"),
    click.option("--columns", callback=column_names, metavar="A,B", help=f"csv: {COLUMNS_HELP}"),
    click.option("--label-column", metavar="NAME", help="csv: the column of the label. [default: label]"),
    click.option("--null-threshold", type=float, help="Questions: how much better no answer must be, to be given."),
    click.option("--max-answer-length", type=int, help="Questions: pieces of the longest answer. [default: 30]"),
    click.option("--line-by-line", is_flag=True, default=None, help="mlm, clm: every line is a document of its own."),
)


def task_options(command):
    """Adds the options to a click command; take them out of its keywords with `make_task`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def make_task(name, options, **more):
    """Returns the Task of a name with the options that were given; takes them out of `options`.

    Args:
        name: of the task.
        options: keywords of the command, changed.
        **more: further options of the task.

    Raises:
        click.UsageError: an option was given that the task does not take.
    """
    from rembert_tf.tasks.catalogue import get_task

    names = {name for taken in TAKEN.values() for name in taken}
    given = {name: value for name in names if (value := options.pop(name, None)) is not None}
    taken = TAKEN.get(name, ())
    for option in sorted(given.keys() - set(taken)):
        raise click.UsageError(f"--{option.replace('_', '-')} is no option of the task {name}.")
    if set(given) & set(_ANSWERS):
        from rembert_tf.tasks.question_answering.answers import AnswerSettings

        return get_task(name, settings=AnswerSettings(**given), **more)
    return get_task(name, **given, **more)
