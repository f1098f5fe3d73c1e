"""What docs/guides/batch_prediction.md shows is true: its commands are typed one after the other, on a few rows."""

import json
import re
import shlex
import shutil

import click
import pytest

from rembert_tf.cli.main import rembert
from rembert_tf.serving import export_saved_model
from rembert_tf.tasks.start import architecture_of, load_trained
from tests.packaging.beam_flags import assert_taken
from tests.packaging.guide_files import GUIDES, blocks
from tests.packaging.serving_reader import TOPICS, ServingReader, commands_and_outputs, make_models, same_form

pytest.importorskip("apache_beam", reason="the beam extra is not installed")

from rembert_tf.pipelines import lines
from rembert_tf.pipelines.runner import import_beam
from rembert_tf.serving.batch import BatchSettings, parts, predict

TEXT = (GUIDES / "batch_prediction.md").read_text(encoding="utf-8")
SENTENCES = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
SHOWN = [example for block in blocks("batch_prediction", "console") for example in commands_and_outputs(block)]
[CLUSTERS] = [block.splitlines() for block in blocks("batch_prediction", "text")]
# Other processes take seconds to begin.
ANOTHER_PROCESS = "multi_processing"
SPEED = re.compile(r"^[\d,.]+ s, [\d,.]+ rows/s$", re.MULTILINE)
LONGEST_LINES = 210


def make_rows(folder):
    """Writes the files that the guide names."""
    spanish = ["¿Dónde puedo cambiar mi contraseña?", "¿En qué idioma está escrito?"]
    (folder / "questions-es.txt").write_text("\n".join(spanish), encoding="utf-8")
    (folder / "questions-de.txt").write_bytes(b"Wo ist mein Passwort?\n\xff\nWann?\n")
    pages = [{"key": n, "lang": "en", "question": "When?", "page": f"It was built in {n}."} for n in (1889, 1937)]
    (folder / "faq.jsonl").write_text("\n".join(map(json.dumps, pages)))
    tickets = ["number,message", '1,"Wo ist mein ""Passwort"", bitte?"', '2,"Two', 'lines"', "3,a,b", "4,Wann?"]
    (folder / "tickets.csv").write_text("\n".join(tickets))
    choices = [{"premise": "It rains.", "choice1": "It is wet.", "choice2": "It is dry."}] * 2
    (folder / "xcopa.jsonl").write_text("\n".join(map(json.dumps, choices)))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The guide's rows, and its exports, without warm-up and without the check in a fresh process."""
    folder = tmp_path_factory.mktemp("batch_guide")
    make_models(folder)
    make_rows(folder)
    for command, _ in SHOWN:
        words = shlex.split(command)
        if words[1] == "export":
            model = folder / words[2]
            trained = load_trained(model, architecture_of(model))
            export_saved_model(*trained, folder / words[3], warmup=False, check=False)
    return folder


@pytest.fixture
def reader(exported, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(exported, tmp_path / "work"))
    return ServingReader(capsys, {})


def type_and_compare(reader, command, shown):
    printed = reader.type(command)
    assert SPEED.sub("", printed) == SPEED.sub("", shown) and SPEED.search(printed) and SPEED.search(shown)


def test_commands_and_what_they_print(reader, tmp_path):
    asked = [(command, shown) for command, shown in SHOWN if " export " not in command]
    assert len(asked) == 6
    for command, shown in asked:
        if ANOTHER_PROCESS not in command:
            type_and_compare(reader, command, shown)
    folder = tmp_path / "work"
    table = re.search(r"Then there are, next to each other:\n\n(.*?)\n\n", TEXT, re.DOTALL)[1]
    named = re.findall(r"^\| `(.+?)`", table, re.MULTILINE)
    assert len(named) == 4 and all((folder / name).is_file() for name in named)
    [shown] = map(json.loads, blocks("batch_prediction", "json"))
    [first] = [
        row for path in folder.glob("answers/questions-*.jsonl") for row in read_lines(path) if is_at(row, shown)
    ]
    assert same_form(shown, first) and shown["input"] == first["input"] and shown["output"]["label"] in TOPICS
    answer = read_lines(folder / "answers/faq-00000-00000.jsonl")[0]
    assert answer["id"] == 1889 and answer["input"]["lang"] == "en" and set(answer["output"]) >= {"answer", "start"}
    assert len(read_lines(folder / "answers/xcopa-00000-00000.jsonl")[0]["output"]["probabilities"]) == 2


def read_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def is_at(row, other):
    return (row["file"], row["row"]) == (other["file"], other["row"])


@pytest.mark.slow
def test_several_processes(reader):
    [(command, shown)] = [example for example in SHOWN if ANOTHER_PROCESS in example[0]]
    type_and_compare(reader, command, shown)


def test_the_program_runs(reader):
    [code] = blocks("batch_prediction", "python")
    exec(compile(code, "batch_prediction.md", "exec"), {})
    counts, *answers = reader.capsys.readouterr().out.splitlines()
    assert counts.startswith("4 1 ['answers/python-00000-00000.tfrecord'")
    assert [line.split()[0] for line in answers] == ["1", "3", "1", "2"]
    assert {line.split()[1] for line in answers} <= set(TOPICS)


@pytest.mark.parametrize("line", CLUSTERS, ids=lambda line: re.search(r"--runner (\w+)", line)[1])
def test_flags_of_clusters(line):
    """The command leaves them to Beam, whose parser takes them; no cluster is here to run them."""
    from rembert_tf.cli.predict_batch import command
    from rembert_tf.cli.runner_flags import RUNNER_FLAGS

    import_beam("a test")
    context = command.make_context("predict-batch", shlex.split(line)[2:])
    assert_taken(context.meta[RUNNER_FLAGS])


def test_options_and_reasons_exist():
    command = rembert.get_command(click.Context(rembert), "predict-batch")
    options = {spelling for parameter in command.params for spelling in parameter.opts}
    said = {word for code in re.findall(r"`([^`]+)`", SENTENCES) for word in re.findall(r"(?<!\S)--[a-z][a-z-]*", code)}
    assert said <= options | {"--data", "--sentencepiece", "--workers"}  # of the benchmark


def test_reasons(reader, tmp_path):
    rows = ["", "x", "[]", "{}", '{"text": 1}', '{"text": "\\ud800"}', '{"text": "good"}']
    (tmp_path / "bad.jsonl").write_bytes("\n".join(rows).encode() + b"\n\xff\n")
    for kind, quoted in (("csv", b'text,n\na\n"b"c,1\n'), ("tsv", b"text\tn\nlone\rreturn\t1\n")):
        (tmp_path / f"bad.{kind}").write_bytes(quoted)
    reader.type(f"rembert predict-batch models/topic --input {tmp_path}/bad.* --output {tmp_path}/out")
    again = reader.type(f"rembert predict-batch models/topic --input {tmp_path}/bad.* --output {tmp_path}/out")
    assert again.splitlines()[1] in " ".join(SENTENCES.split())
    reasons = {re.split(r" \(", row["reason"])[0] for row in read_lines(tmp_path / "out.rejected.jsonl")}
    table = re.search(r"## Rows without an answer(.*?)\n## ", TEXT, re.DOTALL)[1]
    listed = {code for row in re.findall(r"^\|([^|]+)\|", table, re.MULTILINE) for code in re.findall("`(.+?)`", row)}
    # Those of records, Parquet, deep objects, endless lines and the model: tests/serving/batch/test_bad_rows.py.
    assert len(reasons) == 10 and reasons <= listed and len(listed - reasons) == 6


def test_figures_are_the_programs():
    flat = " ".join(TEXT.split())
    assert f"at most {BatchSettings().part_rows:,} rows, or {parts.PART_BYTES >> 20} MiB of text" in flat
    assert f"has at most {parts.MOST_PARTS} parts" in flat
    assert f"`longer than {lines.LONGEST_LINE >> 20} MiB`" in flat
    assert f"if the first {predict._ROWS_LOOKED_AT} rows all do" in flat


def test_links_lead_somewhere_and_it_stays_a_guide():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert links and not [link for link in links if not (GUIDES / link).exists()]
    assert len(TEXT.splitlines()) < LONGEST_LINES
