"""The report: a table, what failed, what to know before quoting it, JSON, a picture."""

import json

import pytest

from rembert_tf.load_testing import pictures
from rembert_tf.load_testing.capacity import Target, plans
from rembert_tf.load_testing.failures import MAX_MESSAGE_CHARACTERS, message_of
from rembert_tf.load_testing.notes import notes_on
from rembert_tf.load_testing.pictures import draw
from rembert_tf.load_testing.point import GONE, Resources
from rembert_tf.load_testing.report import as_json, markdown
from rembert_tf.load_testing.report_folder import write_report
from rembert_tf.load_testing.settings import Level
from tests.load_testing.conftest import make_outcome, make_point

PNG = b"\x89PNG"


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def table(text):
    """Returns the rows of the report's table as dicts."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [dict(zip(cells(lines[0]), cells(line), strict=True)) for line in lines[2:]]


def test_the_table():
    latencies = [number / 1000 for number in range(1, 102)]
    points = [
        make_point(latencies=latencies, batch_size=32),
        make_point(8, latencies=(), errors={"TIMEOUT": 3}, ended=GONE),
    ]
    first, second = table(markdown(make_outcome(points, stopped=GONE)))
    assert first == {
        "texts a request": "32",
        "load": "4 at a time",
        "requests/s": "10.1",
        "texts/s": "323.2",
        "p50": "51.0",
        "p90": "91.0",
        "p95": "96.0",
        "p99": "100.0",
        "max ms": "101.0",
        "failed": "0",
        "client cores": "0.10",
        "server cores": "0.50",
        "requests/s a core": "20.2",
        "server MB": "200",
    }
    assert (second["load"], second["requests/s"], second["p99"], second["failed"]) == (
        "8 at a time (cut short)",
        "0.0",
        "-",
        "3",
    )


def test_failures_and_an_early_end():
    text = markdown(make_outcome([make_point(8, errors={"TIMEOUT": 3, "UNAVAILABLE": 1})], stopped=GONE))
    assert "**Ended early (the server stopped answering): 1 of 4 points.**" in text
    assert "- 8 at a time, 1 text a request: 3 x TIMEOUT (`the server's words`)" in text
    assert "1 x UNAVAILABLE" in text


def test_a_servers_words_are_one_short_line():
    hostile = message_of(ValueError("\x1b[31mred\n# heading\r\x9b" + "long " * 1000))
    assert hostile.isprintable() and len(hostile) <= MAX_MESSAGE_CHARACTERS + 3


def test_a_failure_without_words_gets_some():
    assert message_of(TimeoutError()) == "no answer in time"


def test_json_says_the_same():
    points = [make_point(4), make_point(level=Level(rate=2.5), errors={"NOT_SENT": 2})]
    outcome = make_outcome(points, headers={"authorization": "Bearer secret"})
    target = Target(200, 100)
    text = as_json(outcome, plans(points, target))
    assert "secret" not in text and "secret" not in markdown(outcome)
    report = json.loads(text)
    assert report["settings"]["headers"] == ["authorization"]
    first, second = report["points"]
    assert (first["concurrency"], first["rate"], first["answered"], first["failed"]) == (4, None, 200, 0)
    assert (second["concurrency"], second["rate"], second["errors"]) == (None, 2.5, {"NOT_SENT": 2})
    assert first["latency_ms"]["p99"] == pytest.approx(100)
    assert first["resources"]["peak_bytes"] == 2 * 10**8
    assert report["plans"][0]["replicas"] == plans(points, target)[0].replicas


def busy(**changes):
    fields = {"client_cpu": 1.0, "server_cpu": 5.0, "others_cpu": 0.0, "resident_bytes": 1, "peak_bytes": 1}
    return make_point(resources=Resources(**{**fields, **changes}))


@pytest.mark.parametrize(
    "point, note",
    [
        (make_point(latencies=[0.1] * 99), "fewer than 100 answers"),
        (busy(client_cpu=9.0), "the client used up a processor"),
        (busy(server_cpu=0.0), "process 7 used no processor time"),
        (busy(others_cpu=10.0), "other programs kept up to 1.0 of 2 cores busy"),
        (make_point(late=[0.05] * 200), "the client sent requests late"),
    ],
)
def test_notes(point, note):
    (found,) = notes_on(make_outcome([point], pid=7))
    assert found.startswith(note)


def test_nothing_to_note():
    assert notes_on(make_outcome([make_point(), make_point(resources=Resources(1.0)), make_point(latencies=())])) == []


@pytest.mark.parametrize("rates", [(), (5.0, 10.0)])
def test_the_picture(tmp_path, rates):
    levels = [Level(rate=rate) for rate in rates] or [Level(concurrency=4), Level(concurrency=1)]
    points = [make_point(level=level, batch_size=n, errors={"TIMEOUT": 1}) for n in (1, 8) for level in levels]
    points.append(make_point(latencies=(), level=levels[0]))
    outcome = make_outcome(points, rates=rates, batch_sizes=(1, 8))
    assert draw(outcome, tmp_path / "load.png", Target(200, 1)).read_bytes().startswith(PNG)
    assert draw(make_outcome([make_point(latencies=())]), tmp_path / "nothing.png").stat().st_size > 1000


def test_the_picture_shows_every_point(monkeypatch, tmp_path):
    monkeypatch.setattr(pictures, "save", lambda figure, path: figure)
    points = [make_point(n, latencies=[n / 100] * 9 + [n / 10]) for n in (1, 4, 16)]
    rate, latency = pictures.draw(make_outcome(points), tmp_path / "load.png").axes
    for axes, shown in ((rate, [1.0] * 3), (latency, [p.latency["p50"] for p in points])):
        least, most = axes.get_ylim()
        for line in axes.get_lines():
            assert all(least < value < most for value in line.get_ydata())
        assert list(axes.get_lines()[0].get_ydata()) == pytest.approx(shown)
        assert list(axes.get_lines()[0].get_xdata()) == [1, 4, 16]


def test_the_folder(tmp_path):
    folder, outcome = tmp_path / "new" / "load", make_outcome([make_point()])
    write_report(folder, outcome, Target(200, 100), picture=True)
    assert (folder / "load-test.png").read_bytes().startswith(PNG)
    assert json.loads((folder / "load-test.json").read_text())["plans"]
    assert "replicas" in (folder / "load-test.md").read_text()
    write_report(folder, make_outcome([]))  # another test begins: the old picture is not its
    assert sorted(path.name for path in folder.iterdir()) == ["load-test.json", "load-test.md"]
    assert json.loads((folder / "load-test.json").read_text())["points"] == []
