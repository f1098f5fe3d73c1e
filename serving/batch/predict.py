"""Answering all rows of files with a SavedModel, on one machine or many, once each whatever is killed meanwhile."""

import functools
import time

from rembert_tf.errors import InputError
from rembert_tf.pipelines.runner import import_beam, is_local, pipeline_options, run
from rembert_tf.pipelines.worker_processes import run_restarted, uses_processes
from rembert_tf.serving.batch.bad_rows import BadRow
from rembert_tf.serving.batch.settings import CSV, JSON_LINES, TSV, BatchSettings

_ROWS_LOOKED_AT = 100  # of a file, for columns that no row has


def predict_files(saved_model, inputs, output, settings=None, runner_flags=(), report=None):
    """Answers all rows of files with an Apache Beam pipeline around a SavedModel.

    The same call again does what a killed one has left to do, and nothing twice.

    Args:
        saved_model: what `rembert export` wrote: a SavedModel's directory, or that of its versions (the latest counts).
        inputs: files or patterns of names, as a list: text (a text a line), `.csv`, `.tsv`, `.jsonl`,
            `.parquet`, `.tfrecord` (of tf.train.Example), those of lines also as `.gz` or `.xz`.
        output: what the names of the answers begin with; see `rembert_tf.serving.batch.output`. In a folder that is
            there, or a path that ends in /, they begin with `answers`.
        settings: BatchSettings; None takes the defaults.
        runner_flags: Beam's, as strings: `["--runner", "FlinkRunner", ...]`. Without any, this process does all.
        report: called with (done, total, what is being done) while the work goes on.

    Returns:
        The summary: dict with `rows`, `answered`, `rejected`, `reasons` {why: rows}, `done_before` (rows of earlier
        runs), `seconds` and `rows_per_second` of this run, `files`, `outputs` and `rejected_rows` (their paths).

    Raises:
        MissingExtraError: Apache Beam is not installed.
        MissingFileError: a file or the SavedModel is not there.
        InputError: a file, the SavedModel, a flag or the output cannot be used, or the rows lack a column.
    """
    import_beam("predicting in batches")
    from rembert_tf.serving.batch import signature, steps, summary
    from rembert_tf.serving.batch.answer_columns import check_outputs
    from rembert_tf.serving.batch.one_at_a_time import only_one
    from rembert_tf.serving.batch.output import output_files
    from rembert_tf.serving.batch.sources import list_sources
    from rembert_tf.serving.batch.watching import DoneRows
    from rembert_tf.serving.batch.work import Work

    start = time.monotonic()
    settings = settings or BatchSettings()
    options = pipeline_options(runner_flags)
    files = output_files(output, settings.output_format)
    model = signature.saved_model_directory(saved_model)
    asked = signature.read_signature(model, settings.signature)
    if settings.output_format != JSON_LINES:
        check_outputs(asked, settings.output_format)
    patterns = [inputs] if isinstance(inputs, str) else inputs
    sources = list_sources(patterns, settings.file_format, files.is_own)
    _check_columns(sources, asked, settings)
    identity = _identity(sources, signature.digest(model), asked.name, settings)
    done = files.begin(identity)
    if done is not None:
        files.tidy()
        return summary.nothing_left(done, time.monotonic() - start)
    with only_one(files):
        rows = DoneRows(len(sources), files)
        before, _ = rows.look()
        build = functools.partial(steps.build, sources=sources, work=Work(model, asked, settings, files))
        _run(build, runner_flags, options, rows, report)
        counts = summary.Counts(sources, files)
        made = counts.summary(identity, time.monotonic() - start, before)
        files.finish(made, counts.rejected_lines())
    return made


def _run(build, flags, options, rows, report):
    """Runs the pipeline; progress comes from within this process, and otherwise from what is written."""
    if is_local(options) and not uses_processes(options):
        run(build, options, report)
        return
    from rembert_tf.serving.batch.watching import watching

    with watching(rows, report):
        if uses_processes(options):
            run_restarted(build, flags, lambda: rows.look()[0])
        else:
            run(build, options)


def _identity(sources, digest, signature, settings):
    """Returns what makes a command the same as another, as an object for JSON."""
    from rembert_tf.pipelines import storage

    return {
        "files": [[source.path, *storage.stamp(source.path)] for source in sources],
        "model": digest,
        "settings": {**settings.identity(), "signature": signature},
    }


def _check_columns(sources, signature, settings):
    """Raises an InputError where no row at the beginning of a file has the columns that the signature needs."""
    from rembert_tf.serving.batch.parts import Part, read_rows
    from rembert_tf.serving.batch.requests import RowRequests

    checked = set()
    for source in sources:
        if source.file_format in checked:
            continue
        checked.add(source.file_format)
        required = RowRequests(signature, settings, source.file_format).required
        beginning = read_rows(Part(source, 0, 1, _ROWS_LOOKED_AT, 0))
        rows = [row for _, row in beginning if not isinstance(row, BadRow)]
        if rows and not any(set(required) <= row.keys() for row in rows):
            lacking = [name for name in required if name not in rows[0]]
            named = ", as its first row says" if source.file_format in (CSV, TSV) else ""
            raise InputError(
                f"{source.path} has no column {', '.join(map(repr, lacking))} for signature {signature.name!r}: its "
                f"columns are {', '.join(rows[0]) or 'none'}{named}; --column INPUT=COLUMN says which of them is which."
            )
