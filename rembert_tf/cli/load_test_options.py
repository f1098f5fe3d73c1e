"""Options of `rembert load-test`, in groups."""

import click

from rembert_tf.cli.options import ca_file_option, header_option
from rembert_tf.serving.server.defaults import DEFAULT_MODEL_NAME


def _numbers(kind):
    """Returns a click callback that turns `1,2,4` into a tuple."""

    def read(ctx, param, value):
        if value is None:
            return ()
        try:
            return tuple(kind(number) for number in value.split(","))
        except ValueError:
            what = "whole numbers" if kind is int else "numbers"
            raise click.BadParameter(f"{value!r} is no list of {what} like 1,2,4", ctx, param) from None

    return read


LOAD = (
    click.option(
        "--concurrency",
        metavar="N,N...",
        callback=_numbers(int),
        help="Requests under way at a time.  [default: 1,2,4,8]",
    ),
    click.option(
        "--rate",
        "rates",
        metavar="R,R...",
        callback=_numbers(float),
        help="Requests a second, sent on time whatever is still under way, instead of --concurrency.",
    ),
    click.option(
        "--batch-size",
        "batch_sizes",
        metavar="N,N...",
        callback=_numbers(int),
        default="1",
        show_default=True,
        help="Texts of a request.",
    ),
    click.option("--seconds", default=5.0, show_default=True, help="Of each point: a load with a batch size."),
    click.option("--requests", default=10_000, show_default=True, help="Of each point at most."),
    click.option("--warmup", default=1.0, show_default=True, help="Seconds of the same load before each point."),
    click.option("--timeout", default=10.0, show_default=True, help="Seconds that a request may take."),
)
REQUESTS = (
    click.option(
        "--texts", "source", metavar="FILE", help="Texts, as of query --input.  [default: own ones in many languages]"
    ),
    click.option("--pair", "pairs", multiple=True, help="The second input, as of query; repeatable."),
    click.option(
        "--name", "model", default=DEFAULT_MODEL_NAME, show_default=True, help="The model's name on the server."
    ),
    click.option("--version", type=click.IntRange(min=0), help="The model's version; default: the newest."),
    click.option("--label", help="A label of a version, instead of --version."),
    header_option,
    ca_file_option,
    click.option("--allow-remote", is_flag=True, help="Test another machine, whose owner agrees."),
)
CAPACITY = (
    click.option(
        "--pid", type=click.IntRange(1), help="The server's process here: also measure its processors and memory."
    ),
    click.option("--target-p99", type=float, metavar="MS", help="With --expected-rate: how many replicas are needed."),
    click.option("--expected-rate", type=float, metavar="R", help="Requests a second that are expected."),
    click.option(
        "--utilization",
        default=0.7,
        show_default=True,
        help="Share of its measured rate that a replica is planned to get.",
    ),
)
REPORT = (
    click.option("--output", metavar="DIR", help="Write load-test.json, .md and .png there."),
    click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
)


def load_test_options(command):
    """Adds every option to a command, in the order in which its help shows them."""
    for option in reversed(LOAD + REQUESTS + CAPACITY + REPORT):
        command = option(command)
    return command
