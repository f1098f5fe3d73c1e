"""`rembert load-test`: how much load a model server takes."""

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.load_test_options import load_test_options

EPILOG = """\b
Examples:
  rembert load-test http://127.0.0.1:8501
  rembert load-test grpc://127.0.0.1:8500 --concurrency 1,4,16 --batch-size 1,32 --output load/
  rembert load-test http://127.0.0.1:8501 --rate 10,20,40 --seconds 30
  rembert load-test http://127.0.0.1:8501 --pid 4711 --target-p99 200 --expected-rate 300
"""
STOPPED, INTERRUPTED_EXIT = 2, 130


@click.command("load-test", epilog=EPILOG)
@click.argument("url")
@load_test_options
def command(url, source, pairs, concurrency, target_p99, expected_rate, utilization, output, as_json, **options):
    """Presses the model server at URL with more and more requests, and prints what it answers and how fast.

    URL is http://host:port for REST or grpc://host:port for gRPC; https and grpcs use TLS. Every load is measured
    with every batch size; a whole test takes an hour and a million requests at most. Other machines than this one
    are refused. Ctrl-C ends the test and keeps what was measured.
    """
    from rembert_tf.load_testing import report
    from rembert_tf.load_testing.capacity import plans
    from rembert_tf.load_testing.point import INTERRUPTED
    from rembert_tf.load_testing.report_folder import write_report
    from rembert_tf.load_testing.run import run_load_test
    from rembert_tf.load_testing.settings import LoadTestSettings

    if concurrency and options["rates"]:
        raise click.UsageError("Give either --concurrency or --rate.")
    target = _target(target_p99, expected_rate, utilization)
    settings = LoadTestSettings(url=url, **({"concurrency": concurrency} if concurrency else {}), **options)
    texts, pairs = _texts(source, pairs)

    with progress("Load test") as moved:
        outcome = run_load_test(settings, texts, pairs, moved, _KeptOnTheWay(output, target))
    click.echo((report.as_json if as_json else report.markdown)(outcome, plans(outcome.points, target)), nl=False)
    if output:  # behind what was measured, which a full disk must not take away
        picture = bool(outcome.points)
        write_report(output, outcome, target, picture)
    if outcome.stopped is None:
        return 0
    say(f"rembert: {outcome.stopped}; {len(outcome.points)} of {len(settings.points)} points were measured")
    return INTERRUPTED_EXIT if outcome.stopped == INTERRUPTED else STOPPED


class _KeptOnTheWay:
    """Writes the report of an unfinished test; a disk that gets full meanwhile is named once and ends no test.

    Args:
        output: the folder, or None to write nothing.
        target: the `Target` of capacity planning, or None.
    """

    def __init__(self, output, target):
        self._output, self._target = output, target
        self._warned = False

    def __call__(self, outcome):
        from rembert_tf.errors import InputError
        from rembert_tf.load_testing.report_folder import write_report

        if not self._output:
            return
        try:
            write_report(self._output, outcome, self._target)
        except InputError as problem:
            if not outcome.points:  # nothing is lost yet
                raise
            if not self._warned:
                say(f"{problem} The test goes on, prints what it measures, and tries again at its end.")
            self._warned = True


def _target(p99, rate, utilization):
    from rembert_tf.load_testing.capacity import UTILIZATION, Target

    if (p99 is None) != (rate is None):
        raise click.UsageError("--target-p99 and --expected-rate go together.")
    if p99 is None and utilization != UTILIZATION:
        raise click.UsageError("--utilization goes with --target-p99 and --expected-rate.")
    return None if p99 is None else Target(p99, rate, utilization)


def _texts(source, pairs):
    """Returns the texts and pairs to send; no texts are the load test's own."""
    from rembert_tf.cli.query_texts import read_texts
    from rembert_tf.errors import InputError

    if not source:
        return [], list(pairs)
    texts, pairs = read_texts((), source, pairs)
    if not texts:
        raise InputError("standard input holds no text: --texts takes a text a line.")
    return texts, pairs
