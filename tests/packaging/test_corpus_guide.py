"""What docs/guides/corpus.md shows is true: its commands are typed one after the other, on a little text."""

import gzip
import json
import re
import shlex
import shutil

import click
import pytest

from rembert_tf.cli.main import rembert
from rembert_tf.pipelines import lines
from rembert_tf.pipelines.runner import import_beam
from rembert_tf.pretraining.corpus import cleaning, documents, pipeline, reading
from rembert_tf.pretraining.corpus.work_folder import IN_PROGRESS
from rembert_tf.pretraining.corpus_folder import read_manifest
from tests.golden import fixture
from tests.packaging.beam_flags import assert_taken
from tests.packaging.guide_files import GUIDES, VOCABULARY, blocks
from tests.packaging.serving_reader import ServingReader, commands_and_outputs

TEXT = (GUIDES / "corpus.md").read_text(encoding="utf-8")
SENTENCES = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
INLINE = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", SENTENCES)]
SHOWN = [example for block in blocks("corpus", "console") for example in commands_and_outputs(block)]
[CLUSTERS] = [block.splitlines() for block in blocks("corpus", "text")]
# Other processes take seconds to begin.
ANOTHER_PROCESS = "multi_processing"
LONGEST_LINES = 150


def make_texts(folder):
    """Writes the files that the guide names."""
    german = [
        f"Die Fähre Nummer {n} fährt am Morgen um {n % 12} Uhr.\nAm Abend kommt sie zurück, Tag {n}."
        for n in range(400)
    ]
    english = [f"Ferry number {n} leaves the harbour at {n % 12} o'clock." for n in range(200)]
    swahili = [f"Kivuko namba {n} kinaondoka bandarini saa {n % 12}." for n in range(50)]
    (folder / "text-de.txt").write_text("\n\n".join([*german, german[0]]), encoding="utf-8")
    (folder / "text-en.txt").write_text("\n\n".join([*english, "* * *"]), encoding="utf-8")
    (folder / "text-sw.txt.gz").write_bytes(gzip.compress("\n\n".join(swahili).encode()))
    (folder / "web.tsv").write_text("".join(f"en\t{text}\n" for text in english), encoding="utf-8")
    pages = [{"text": text} for text in english]
    (folder / "pages.jsonl").write_text("\n".join(map(json.dumps, pages)), encoding="utf-8")
    shutil.copy(fixture(VOCABULARY), folder / "sentencepiece.model")


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    pytest.importorskip("apache_beam", reason="the beam extra is not installed")
    folder = tmp_path_factory.mktemp("corpus_guide")
    make_texts(folder)
    return folder


@pytest.fixture
def reader(texts, capsys, tmp_path, monkeypatch):
    folder = shutil.copytree(texts, tmp_path / "work")
    monkeypatch.chdir(folder)
    return ServingReader(capsys, {})


def test_commands_and_what_they_print(reader, tmp_path):
    for command, shown in SHOWN:
        if ANOTHER_PROCESS not in command:
            printed = reader.type(command)
            assert not shown.strip() or printed.split() == shown.split()
    folder = tmp_path / "work" / "corpus"
    manifest = read_manifest("corpus")
    assert list(manifest["languages"]) == ["de", "en", "sw"]
    table = re.search(r"## The folder\n(.*?)\n\n[A-Z]", TEXT, re.DOTALL)[1]
    named = [name for row in re.findall(r"^\|([^|]+)\|", table, re.MULTILINE) for name in re.findall("`(.+?)`", row)]
    assert len(named) == 7 and not [name for name in named if name != "corpus" and not (folder / name).exists()]
    assert read_manifest("corpus-pages")["settings"]["held_out"] == 0.05


@pytest.mark.slow
def test_several_processes(reader):
    [command] = [command for command, _ in SHOWN if ANOTHER_PROCESS in command]
    reader.type(command)
    assert read_manifest("corpus-de")["languages"]["de"]["documents"] == 400


def test_the_program_runs(reader):
    [code] = blocks("corpus", "python")
    exec(compile(code, "corpus.md", "exec"), {})
    assert "'documents': 400" in reader.capsys.readouterr().out


@pytest.mark.parametrize("line", CLUSTERS, ids=lambda line: re.search(r"--runner (\w+)", line)[1])
def test_flags_of_clusters(line):
    """Beam's parser takes them; no cluster is here to run them."""
    pytest.importorskip("apache_beam", reason="the beam extra is not installed")
    import_beam("preparing a corpus")
    words = shlex.split(line)
    assert_taken(words[words.index("--") + 1 :])


def test_options_and_reasons_exist():
    command = rembert.get_command(click.Context(rembert), "prepare-corpus")
    options = {spelling for parameter in command.params for spelling in parameter.opts + parameter.secondary_opts}
    said = {word for code in INLINE for word in re.findall(r"(?<!\S)--[a-z][a-z-]*", code)}
    assert said <= options
    reasons = {value for name, value in vars(documents).items() if name.isupper()}
    assert len(reasons) == 11 and reasons <= set(INLINE)
    assert IN_PROGRESS in INLINE


def test_figures_are_the_programs():
    assert lines.LONGEST_LINE == 64 << 20 and "`too long` (64 MiB)" in TEXT
    assert reading.LONGEST_DOCUMENT == 64 << 10 and "without a blank line for 64 KiB" in TEXT
    assert f"Lines of more than {cleaning.LONGEST_TEXT:,} characters" in TEXT
    assert f"of each reason the first {pipeline.LISTED:,}" in " ".join(TEXT.split())


def test_links_lead_somewhere_and_it_stays_a_guide():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert links and not [link for link in links if not (GUIDES / link).exists()]
    assert len(TEXT.splitlines()) < LONGEST_LINES
