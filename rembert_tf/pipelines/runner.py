"""Running a pipeline on the runner that its flags name, with errors that a user can read."""

import contextlib
import io
import logging
import re

from rembert_tf.errors import InputError, MissingExtraError
from rembert_tf.pipelines.progress import listening

# Beam's own local runner. Its `DirectRunner` chooses among several, one of which it would have to download.
LOCAL = "FnApiRunner"
_LOCAL_RUNNERS = {"fnapirunner", "directrunner", "direct"}
# Beam puts the name of the step behind a message; other processes send the whole traceback as text.
_OURS = re.compile(r"rembert_tf\.errors\.\w+: (.+?)(?: \[while running|\n|$)", re.DOTALL)
_STEP = re.compile(r" \[while running .*", re.DOTALL)


def import_beam(purpose):
    """Imports Apache Beam without what it says about other packages that are not there.

    Args:
        purpose: what it is needed for, for the message.

    Raises:
        MissingExtraError: it is not installed.
    """
    logging.disable(logging.WARNING)
    try:
        import apache_beam

        return apache_beam
    except ImportError:
        raise MissingExtraError(purpose, "beam") from None
    finally:
        logging.disable(logging.NOTSET)


def pipeline_options(flags):
    """Returns Beam's PipelineOptions for a runner's flags.

    Args:
        flags: list of strings, such as ["--runner", "FlinkRunner", "--flink_master", "localhost:8081"].

    Raises:
        InputError: Beam does not understand them; flags of other runners than the local one are theirs to check.
    """
    from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

    flags, said = list(flags), io.StringIO()
    try:
        with contextlib.redirect_stderr(said), _quiet():
            options = PipelineOptions(flags)
            named = options.view_as(StandardOptions).runner
            known = PipelineOptions([]).get_all_options()
            asked = options.get_all_options(retain_unknown_options=True)
    except SystemExit:
        raise InputError(f"the runner's flags {' '.join(flags)!r}: {_last_line(said.getvalue())}.") from None
    if named is None:
        options.view_as(StandardOptions).runner = LOCAL
    unknown = sorted(asked.keys() - known.keys())
    loose = [flag for flag in flags[:1] if not flag.startswith("-")]
    if loose or (unknown and is_local(options)):
        flag = loose[0] if loose else f"--{unknown[0]}"
        raise InputError(f"the local runner has no flag {flag!r}; Beam's DirectOptions are those it has.")
    return options


def is_local(options):
    """Whether the pipeline runs on this machine alone."""
    from apache_beam.options.pipeline_options import StandardOptions

    return options.view_as(StandardOptions).runner.rsplit(".", 1)[-1].lower() in _LOCAL_RUNNERS


def run(build, options, report=None):
    """Builds a pipeline, runs it and waits for its end.

    Args:
        build: function of a Beam pipeline that adds the steps.
        options: PipelineOptions.
        report: called with (done, total, phase) while the local runner works.

    Raises:
        InputError: a step raised one, or the runner cannot be reached.
    """
    import apache_beam as beam

    local = is_local(options)
    if local:
        _send_only_full_buffers()
    try:
        with listening(report), _quiet() if local else contextlib.nullcontext():
            pipeline = beam.Pipeline(options=options)
            build(pipeline)
            state = pipeline.run().wait_until_finish()
    except Exception as problem:
        if str(problem).startswith("KeyboardInterrupt"):  # Beam makes an error of it, as of all that a step raises
            raise KeyboardInterrupt from problem
        raise _readable(problem, local) from problem
    if state != beam.runners.runner.PipelineState.DONE:
        raise InputError(f"the runner ended the pipeline in state {state}; its own log says why.")


def _send_only_full_buffers():
    """Keeps Beam's local workers from losing elements.

    A second thread of theirs sends each second what a step has written so far: it copies the buffer, sends the copy and
    empties the buffer, without a lock, and what the step wrote in between is gone (apache-beam 2.77,
    `TimeBasedBufferingClosableOutputStream`). With this limit at 0 there is no such thread, as on other runners.
    """
    from apache_beam.runners.portability.fn_api_runner import worker_handlers

    worker_handlers.DATA_BUFFER_TIME_LIMIT_MS = 0


def _readable(problem, local):
    """Returns the error to raise: ours as one sentence, a runner's with its name, a defect as it is."""
    ours = _OURS.search(str(problem))
    if isinstance(problem, InputError):
        return InputError(_STEP.sub("", str(problem)))
    if ours:
        return InputError(ours[1].strip())
    return problem if local else InputError(f"the runner could not run the pipeline: {_last_line(str(problem))}.")


def _last_line(text):
    lines = text.strip().splitlines() or ["it says nothing"]
    return lines[-1].rstrip(".")


@contextlib.contextmanager
def _quiet():
    """Keeps Beam from logging an error with its traceback beside the one that is raised."""
    logger = logging.getLogger("apache_beam")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
