"""Candidates that take turns, and what is kept of their times."""

import contextlib
import dataclasses
import statistics

from rembert_tf.benchmarking.worker_process import WorkerError, WorkerProcess


@dataclasses.dataclass(frozen=True)
class Group:
    """Candidates that are measured side by side: all of them stand ready, and each round runs every case of each.

    Args:
        part: of the benchmark, as the tables name it.
        variant: what the candidates share, a number type for example; "" where there is nothing to say.
        candidates: list of Candidate.
        repeats: rounds that count.
        warmup: rounds before them.
    """

    part: str
    variant: str
    candidates: list
    repeats: int
    warmup: int = 2

    @property
    def rounds(self):
        return self.warmup + self.repeats


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What one candidate took for one case, in seconds; memory in bytes."""

    part: str
    variant: str
    case: str
    candidate: str
    median: float
    least: float
    cpu: float
    repeats: int
    peak_bytes: int | None = None
    result: object = None

    @classmethod
    def of(cls, group, case, candidate, replies):
        seconds = [reply["seconds"] for reply in replies]
        return cls(
            group.part,
            group.variant,
            case,
            candidate,
            median=statistics.median(seconds),
            least=min(seconds),
            cpu=statistics.median(reply["cpu_seconds"] for reply in replies),
            repeats=len(seconds),
            peak_bytes=replies[-1].get("peak_bytes"),
            result=replies[-1]["result"],
        )


def measure(group, threads, report, start=WorkerProcess):
    """Runs a group: A B A B, so that whatever else the machine does slows all alike.

    Args:
        group: a Group.
        threads: cores of each candidate; only one runs at a time.
        report: called as `report(done, total, note)`.
        start: makes a process of (candidate, threads).

    Returns:
        A list of Measurement, and {candidate: reason} of those that failed.
    """
    failed, replies = {}, {}
    with contextlib.ExitStack() as stack:
        workers = []
        for candidate in group.candidates:
            report(0, group.rounds, f"starting {candidate.name}")
            try:
                workers.append(stack.enter_context(start(candidate, threads)))
            except WorkerError as error:
                failed[candidate.name] = str(error)
        for number in range(group.rounds):
            report(number, group.rounds, "warming up" if number < group.warmup else "")
            for case, worker in turns(workers):
                if worker.name in failed:
                    continue
                try:
                    reply = worker.run(case, repeat=True)
                except WorkerError as error:
                    failed[worker.name] = str(error)
                    continue
                if number >= group.warmup:
                    replies.setdefault((case, worker.name), []).append(reply)
    report(group.rounds, group.rounds, "")
    whole = {key: found for key, found in replies.items() if key[1] not in failed}
    return [Measurement.of(group, case, name, found) for (case, name), found in whole.items()], failed


def turns(workers):
    """Yields (case, worker) of one round: case by case, each worker that has it."""
    for case in dict.fromkeys(case for worker in workers for case in worker.cases):
        for worker in workers:
            if case in worker.cases:
                yield case, worker


def measure_starts(group, threads, report, start=WorkerProcess):
    """Runs a group whose every run needs a new process, since it is the first run that counts.

    Args and Returns: as of `measure`; the `result` gains `bare_bytes`, memory before the run, where it has none.
    """
    failed, replies = {}, {}
    for number in range(group.repeats):
        for candidate in group.candidates:
            if candidate.name in failed:
                continue
            report(number, group.repeats, candidate.name)
            try:
                with start(candidate, threads) as worker:
                    for case in worker.cases:
                        replies.setdefault((case, worker.name), []).append(worker.run(case))
            except WorkerError as error:
                failed[candidate.name] = str(error)
    report(group.repeats, group.repeats, "")
    whole = {key: found for key, found in replies.items() if key[1] not in failed}
    return [Measurement.of(group, case, name, found) for (case, name), found in whole.items()], failed
