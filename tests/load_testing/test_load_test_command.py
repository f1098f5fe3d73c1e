"""`rembert load-test` on the command line."""

import errno
import json
import os

import pytest

from rembert_tf.cli.main import run
from rembert_tf.serving.server import ModelServer

FEW = ("--seconds", "300", "--requests", "10", "--warmup", "0")


@pytest.fixture
def load_test(capfd):
    """Runs the command: (exit code, standard output, standard error)."""

    def load_test(*arguments):
        code = run(["load-test", *map(str, arguments)])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return load_test


def test_a_report_and_a_plan(load_test, server, tmp_path):
    code, out, err = load_test(
        *(server.rest_url, *FEW, "--concurrency", "1,2", "--batch-size", "1,4", "--output", tmp_path / "load"),
        *("--target-p99", 60_000, "--expected-rate", 0.001),
    )
    assert code == 0 and "Traceback" not in err
    assert sum(line.startswith(("| 1 |", "| 4 |")) for line in out.splitlines()) == 4
    assert "**replicas: 0.001 / " in out
    assert sorted(path.name for path in (tmp_path / "load").iterdir()) == [
        f"load-test.{kind}" for kind in ("json", "md", "png")
    ]
    assert (tmp_path / "load" / "load-test.md").read_text() == out


def test_json_over_grpc_at_a_rate(load_test, server):
    code, out, _ = load_test(server.grpc_url, *FEW[2:], "--seconds", 0.1, "--rate", "50,100", "--json")
    report = json.loads(out)
    assert code == 0
    assert [(point["rate"], point["answered"]) for point in report["points"]] == [(50, 5), (100, 10)]


def test_texts_from_a_file(load_test, script, tmp_path):
    (tmp_path / "texts.txt").write_text("eins\nzwei\n")
    assert load_test(script.url, *FEW, "--concurrency", "1", "--texts", tmp_path / "texts.txt")[0] == 0
    assert [body["inputs"]["text"][0] for body in script.predictions[1:5]] == ["eins", "zwei", "eins", "zwei"]


def test_a_server_that_dies_is_reported_and_what_was_measured_is_kept(load_test, base_path, tmp_path, monkeypatch):
    from rembert_tf.load_testing import report_folder

    with ModelServer(base_path, grace=0.0) as server:
        write = report_folder.write_report

        def write_then_stop(folder, outcome, *more):
            write(folder, outcome, *more)
            if outcome.points:
                server.stop()

        monkeypatch.setattr(report_folder, "write_report", write_then_stop)
        code, out, err = load_test(server.rest_url, *FEW, "--concurrency", "1,2,4", "--output", tmp_path)
    assert code == 2
    assert err.splitlines()[-1] == "rembert: the server stopped answering; 2 of 3 points were measured"
    assert "NO_CONNECTION" in out
    report = json.loads((tmp_path / "load-test.json").read_text())
    assert [point["answered"] for point in report["points"]] == [10, 0]


def test_what_was_measured_is_printed_though_the_last_files_cannot_be_written(load_test, server, tmp_path, monkeypatch):
    from rembert_tf.load_testing import pictures

    def full(outcome, path, target=None):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pictures, "draw", full)
    code, out, err = load_test(server.rest_url, *FEW, "--concurrency", "1", "--output", tmp_path / "load")
    assert code == 2 and err.splitlines()[-1].startswith("rembert: cannot write into ")
    assert (tmp_path / "load" / "load-test.md").read_text() == out and "| 1 | 1 at a time |" in out


def test_a_disk_that_gets_full_in_mid_run_takes_no_row_from_the_table(load_test, server, tmp_path, monkeypatch):
    from rembert_tf.weights import atomic_files

    write, left = atomic_files._write, [2]  # a report is two files: the one before the first point fits

    def get_full(path, content):
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left[0] -= 1
        write(path, content)

    monkeypatch.setattr(atomic_files, "_write", get_full)
    code, out, err = load_test(server.rest_url, *FEW, "--concurrency", "1,2,4", "--output", tmp_path / "load")
    assert code == 2
    rows = [line.split(" | ")[1] for line in out.splitlines() if line.startswith("| 1 |")]
    assert rows == ["1 at a time", "2 at a time", "4 at a time"]
    sentence = f"cannot write into '{tmp_path / 'load'}': No space left on device."
    assert [line for line in err.splitlines() if sentence in line] == [
        f"{sentence} The test goes on, prints what it measures, and tries again at its end.",
        f"rembert: {sentence}",
    ]
    report = json.loads((tmp_path / "load" / "load-test.json").read_text())  # what could be written is whole
    assert report["points"] == [] and len(list((tmp_path / "load").iterdir())) == 2


def test_a_disk_that_was_full_for_a_while_loses_nothing(load_test, server, tmp_path, monkeypatch):
    from rembert_tf.weights import atomic_files

    write, writes = atomic_files._write, []

    def be_full_once(path, content):
        writes.append(path)
        if len(writes) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, content)

    monkeypatch.setattr(atomic_files, "_write", be_full_once)
    code, out, _ = load_test(server.rest_url, *FEW, "--concurrency", "1", "--output", tmp_path / "load")
    assert code == 0 and (tmp_path / "load" / "load-test.md").read_text() == out


def test_mistakes(load_test, server, tmp_path):
    url, file = server.rest_url, tmp_path / "file"
    file.write_text("a")
    for arguments, message in [
        (("http://192.0.2.1:8501",), "192.0.2.1 is not this machine"),
        (("nonsense",), "nonsense is no server's URL"),
        (("http://127.0.0.1:1",), "no model server answers at http://127.0.0.1:1"),
        ((url, "--name", "other"), "the server has no model 'other'"),
        ((url, "--concurrency", "1,x"), "'1,x' is no list of whole numbers like 1,2,4"),
        ((url, "--batch-size", ""), "'' is no list of whole numbers"),
        ((url, "--rate", "1", "--concurrency", "2"), "either --concurrency or --rate"),
        ((url, "--rate", "nan"), "rates is nan"),
        ((url, "--seconds", "4000"), "at most 3,600 are allowed"),
        ((url, "--requests", "1000000"), "at most 1,000,000 are allowed"),
        ((url, "--target-p99", "5"), "--target-p99 and --expected-rate go together"),
        ((url, "--target-p99", "5", "--expected-rate", "0"), "--expected-rate is 0"),
        ((url, "--target-p99", "5", "--expected-rate", "1e308"), "--expected-rate is 1e+308; it must be 1e+09 at most"),
        ((url, "--utilization", "0.5"), "--utilization goes with --target-p99"),
        ((url, "--pid", 2**22 + 1), "no process of this machine"),
        ((url, "--texts", tmp_path / "none.txt"), "there is no file"),
        ((url, "--output", file), "it is a file, not a directory"),
    ]:
        code, out, err = load_test(*arguments)
        assert (code, out) == (2, ""), arguments
        assert message in err
        assert len(err.strip().splitlines()) == 1
