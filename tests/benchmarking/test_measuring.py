"""The order in which candidates take turns, and what is kept."""

import pytest

from rembert_tf.benchmarking.measuring import Group, Measurement, measure, measure_starts
from rembert_tf.benchmarking.worker_process import Candidate, WorkerError


class FakeWorker:
    """Answers with the next of its seconds, and writes down that it was asked."""

    def __init__(self, name, cases, seconds, log):
        self.name, self.cases, self.seconds, self.log = name, cases, iter(seconds), log

    def __enter__(self):
        self.log.append(f"{self.name} starts")
        return self

    def __exit__(self, *exception):
        self.log.append(f"{self.name} ends")

    def run(self, case, repeat=False):
        self.log.append(f"{self.name} {case}")
        seconds = next(self.seconds)
        if seconds is None:
            raise WorkerError(f"{self.name}: it broke")
        return {"seconds": seconds, "cpu_seconds": seconds / 2, "result": len(self.log), "peak_bytes": 10 * seconds}


def group(*names, repeats=3, warmup=1):
    candidates = [Candidate(name, "file", "function", {}) for name in names]
    return Group("forward", "float32", candidates, repeats, warmup)


def starter(log, **seconds):
    cases = {"a": ["x", "y"], "b": ["y", "z"]}
    return lambda candidate, threads: FakeWorker(candidate.name, cases[candidate.name], seconds[candidate.name], log)


def test_candidates_take_turns_case_by_case():
    log, notes = [], []
    start = starter(log, a=[9, 9, 1, 2, 3, 4, 5, 6], b=[9, 9, 1, 1, 1, 1, 1, 1])
    found, failed = measure(group("a", "b"), 1, lambda *note: notes.append(note), start)
    assert log[:2] == ["a starts", "b starts"]
    assert log[2:-2] == ["a x", "a y", "b y", "b z"] * 4
    assert sorted(log[-2:]) == ["a ends", "b ends"]
    assert failed == {}
    assert notes[-1][:2] == (4, 4)
    assert {(m.candidate, m.case): m.repeats for m in found} == dict.fromkeys(
        [("a", "x"), ("a", "y"), ("b", "y"), ("b", "z")], 3
    )


def test_the_warm_up_does_not_count():
    start = starter([], a=[100, 100, 1, 20, 3, 30, 8, 10])
    found, _ = measure(group("a"), 1, lambda *note: None, start)
    x, y = sorted(found, key=lambda m: m.case)
    assert (x.median, x.least, x.cpu, x.peak_bytes) == (3, 1, 1.5, 80)
    assert (y.median, y.least, y.repeats) == (20, 10, 3)


def test_a_candidate_that_breaks_is_left_out_and_named():
    log = []
    start = starter(log, a=[1, 1, 1, None], b=[1] * 8)
    found, failed = measure(group("a", "b"), 1, lambda *note: None, start)
    assert failed == {"a": "a: it broke"}
    assert {m.candidate for m in found} == {"b"}
    assert log.count("a y") == 2 and log.count("b y") == 4


def test_one_that_does_not_start_does_not_stop_the_others():
    def start(candidate, threads):
        if candidate.name == "a":
            raise WorkerError("a: no compiler")
        return FakeWorker("b", ["y"], [1] * 4, [])

    found, failed = measure(group("a", "b"), 1, lambda *note: None, start)
    assert failed == {"a": "a: no compiler"}
    assert [m.candidate for m in found] == ["b"]


def test_starts_are_measured_in_new_processes_in_turns():
    log = []
    runs = iter([1.0, 5.0, 3.0, 4.0])
    start = lambda candidate, threads: FakeWorker(candidate.name, ["first"], [next(runs)], log)  # noqa: E731
    found, failed = measure_starts(group("a", "b", repeats=2, warmup=0), 1, lambda *note: None, start)
    assert log == [f"{name} {what}" for _ in range(2) for name in "ab" for what in ("starts", "first", "ends")]
    assert {m.candidate: (m.median, m.least) for m in found} == {"a": (2.0, 1.0), "b": (4.5, 4.0)}
    assert failed == {}


def test_a_measurement_knows_its_group():
    reply = {"seconds": 1.0, "cpu_seconds": 2.0, "result": None}
    found = Measurement.of(group("a"), "x", "a", [reply])
    assert (found.part, found.variant, found.case, found.candidate) == ("forward", "float32", "x", "a")
    assert found.peak_bytes is None
    assert found.median == pytest.approx(1.0)
