"""A whole benchmark: inputs, models, one group of candidates after the other, the machine's load, the targets."""

import dataclasses
import tempfile
from pathlib import Path

from rembert_tf.benchmarking.inputs import write_inputs
from rembert_tf.benchmarking.machine import Load, describe
from rembert_tf.benchmarking.measuring import measure, measure_starts
from rembert_tf.benchmarking.peer import peer_versions
from rembert_tf.benchmarking.plan import Plan
from rembert_tf.benchmarking.settings import (
    BFLOAT16,
    FLOAT32,
    FORWARD,
    GROWTH,
    MAX_LENGTH,
    PEAK,
    SIZES,
    START,
    TEXT,
)
from rembert_tf.benchmarking.targets import Outcome, verdicts
from rembert_tf.benchmarking.worker_process import Candidate, WorkerProcess, cores


def run_benchmark(settings, stage):
    """Measures what the settings ask for.

    Args:
        settings: BenchSettings.
        stage: called as `stage(description)`; returns a context that gives `report(done, total, note)`.

    Returns:
        An Outcome.

    Raises:
        InputError: a file or the peer's interpreter cannot be used; nothing was measured.
        WorkerError: the models could not be made.
    """
    size, load = SIZES[settings.size], Load()
    machine = describe(settings.threads)
    if settings.peer_python:
        machine["peer_versions"] = peer_versions(settings.peer_python)
    measured, failed = [], {}
    with tempfile.TemporaryDirectory(prefix="rembert-bench-") as name:
        folder = Path(name)
        vocabulary, texts = write_inputs(folder, settings, size)
        with stage("making models") as report:
            weights = write_models(folder, vocabulary, settings, size, report)
        for group in Plan(settings, size, folder).groups():
            with stage(f"{group.part} {group.variant}".strip()) as report:
                run = measure_starts if group.part == START else measure
                found, broken = run(group, settings.threads, report)
            measured += found
            failed |= {f"{group.part} {group.variant} {name}": reason for name, reason in broken.items()}
    fields = {"num_hidden_layers": settings.layers, **size.fields}
    outcome = Outcome({**machine, **load.finish()}, settings, fields, measured, failed, weights, texts)
    return dataclasses.replace(outcome, verdicts=verdicts(outcome))


def write_models(folder, vocabulary, settings, size, report):
    """Writes the directories and exports that the parts need; returns {number type: bytes of the full-size export}."""
    dtypes = list(dict.fromkeys([FLOAT32, *settings.dtypes]))
    common = {"sentencepiece": vocabulary, "dtypes": dtypes, "max_length": MAX_LENGTH}
    cases = [f"directory-{FLOAT32}"]
    if {FORWARD, GROWTH} & set(settings.parts):
        cases += [f"{kind}-{dtype}" for dtype in settings.dtypes for kind in with_lean("ids", dtype)]
    if TEXT in settings.parts:
        cases.append(f"text-{settings.dtypes[0]}")
    full = [f"{kind}-{dtype}" for dtype in settings.dtypes for kind in ("directory", *with_lean("text", dtype))]
    fields = {"num_hidden_layers": settings.layers, **size.fields}
    jobs = [] if set(settings.parts) <= {PEAK, START} else [(folder, fields, cases)]
    if START in settings.parts:
        (folder / "full").mkdir()
        jobs.append((folder / "full", size.full, full))
    for place, wanted, names in jobs:
        making = Candidate("the models", "models", "write", {"folder": str(place), "fields": wanted, **common})
        # All cores: only what is measured is held to `threads`.
        with WorkerProcess(making, threads=cores()) as worker:
            for number, name in enumerate(names):
                report(number, len(names), name)
                worker.run(name)
    report(1, 1, "")
    return {
        dtype: stored_bytes(folder / "full" / f"text-{dtype}") for dtype in settings.dtypes if START in settings.parts
    }


def with_lean(kind, dtype):
    """Returns the kinds of exports that are measured in a number type: copies of weights are kept in bfloat16 alone."""
    return (kind, f"lean-{kind}") if dtype == BFLOAT16 else (kind,)


def stored_bytes(export):
    """Returns the size of an export's weights."""
    return sum(path.stat().st_size for path in export.glob("1/variables/variables.data-*"))
