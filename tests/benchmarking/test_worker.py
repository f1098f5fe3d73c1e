"""A candidate's process: what it is asked, what it answers, how it ends."""

import pytest

from rembert_tf.benchmarking.worker_process import Candidate, WorkerError, WorkerProcess, cores

CANDIDATE = """
import os
import subprocess

def prepare(number, texts):
    print("a library talks")
    os.system("echo and so do its children")
    return {
        "number": lambda: number,
        "texts": lambda: [text.upper() for text in texts],
        "object": lambda: object(),
        "threads": lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
        "variable": lambda: os.environ["OMP_NUM_THREADS"],
        "broken": lambda: 1 // 0,
    }

def refuse():
    raise ImportError("no module of that name")

def die():
    os._exit(3)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("candidates") / "mine.py"
    path.write_text(CANDIDATE)
    return str(path.with_suffix(""))


@pytest.fixture
def worker(file):
    settings = {"number": 7, "texts": ["größer", "猫"]}
    with WorkerProcess(Candidate("mine", file, "prepare", settings), threads=1) as worker:
        yield worker


def test_cases_run_when_asked_and_prints_do_not_disturb(worker):
    assert worker.cases == ["number", "texts", "object", "threads", "variable", "broken"]
    assert worker.run("texts")["result"] == ["GRÖSSER", "猫"]
    reply = worker.run("number")
    assert reply["result"] == 7
    assert reply["seconds"] >= 0 and reply["cpu_seconds"] >= 0
    assert worker.run("object")["result"] is None


def test_a_candidate_has_the_threads_it_is_given(worker):
    assert worker.run("threads")["result"] == 1 <= cores()
    assert worker.run("variable")["result"] == "1"


def test_memory_is_the_processs_own(worker):
    reply = worker.run("number")
    if "peak_bytes" in reply:  # Linux
        assert 1e6 < reply["resident_bytes"] <= reply["peak_bytes"] < 1e8


def test_a_case_that_fails_ends_the_process_with_its_reason(worker):
    with pytest.raises(WorkerError, match="mine: ZeroDivisionError"):
        worker.run("broken")
    worker.close()  # twice does no harm


@pytest.mark.parametrize(("function", "reason"), [("refuse", "no module of that name"), ("die", "without a word")])
def test_a_candidate_that_cannot_start_says_why(file, function, reason):
    with pytest.raises(WorkerError, match=reason):
        WorkerProcess(Candidate("mine", file, function, {}), threads=1)


def test_times_of_a_case_that_does_a_thing_several_times_are_of_one(file, monkeypatch):
    settings = {"number": 1, "texts": []}
    with WorkerProcess(Candidate("mine", file, "prepare", settings, calls=4), threads=1) as worker:
        monkeypatch.setattr(worker, "_ask", lambda content: {"seconds": 2.0, "cpu_seconds": 1.0, "result": content})
        assert worker.run("x") == {"seconds": 0.5, "cpu_seconds": 0.25, "result": {"case": "x"}}
