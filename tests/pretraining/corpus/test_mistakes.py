"""Files, flags and folders that cannot be used are refused in one sentence, before or while the pipeline runs."""

import gzip
import subprocess
import sys

import pytest

from rembert_tf.errors import InputError, MissingExtraError, MissingFileError
from rembert_tf.pretraining.corpus.prepare import prepare_corpus
from rembert_tf.pretraining.corpus.settings import CorpusSettings
from rembert_tf.pretraining.corpus_folder import read_manifest, shard_paths

TABLES = CorpusSettings(languages_from_column=1)


@pytest.fixture
def attempt(small_vocabulary, tmp_path):
    """Makes a corpus of files given as {name: content} in a folder of their own."""

    def attempt(files, settings=None, flags=()):
        folder = tmp_path / "sources"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        paths = [folder / name for name in files]
        return prepare_corpus(paths, small_vocabulary, tmp_path / "corpus", settings, flags)

    return attempt


@pytest.mark.parametrize(
    ("files", "settings", "message"),
    [
        ({"text.txt": "a"}, None, "nothing tells the language of '.*text.txt': say --language CODE"),
        ({"a-de.tsv": "a\tb"}, None, "is a table: say which of its two columns has the language"),
        ({"a-de.txt": "a"}, TABLES, "languages_from_column is for .tsv files"),
        ({"a-de.csv": "a"}, None, "is of an unknown kind: expected plain text, .tsv or .jsonl"),
        ({"a-de.txt.zst": "a"}, None, "is of an unknown kind"),
        ({"a.tsv": "de\tx\n\ty\n"}, TABLES, r"a.tsv, line 2: nothing tells its language; .* --language CODE says"),
        ({"a.tsv": "de\tx\n../../x\ty\n"}, TABLES, r"a.tsv, line 2: '\.\./\.\./x' is no language code"),
        ({"a.jsonl": '{"text": "x"}'}, None, r"a.jsonl, line 1: nothing tells its language"),
        ({"a.jsonl": '{"text": "x", "language": 7}'}, None, r"a.jsonl, line 1: 7 is no language code"),
        ({"a-de.txt.gz": b"plain"}, None, r"a-de.txt.gz, line 1: not readable as .gz"),
        ({"a-de.txt.gz": gzip.compress(b"text\n" * 9)[:-9]}, None, r"line \d+: not readable as .gz \(Comp"),
        ({"a-de.txt.xz": b"plain"}, None, r"a-de.txt.xz, line 1: not readable as .xz"),
    ],
)
def test_files(files, settings, message, attempt, tmp_path):
    with pytest.raises(InputError, match=message) as raised:
        attempt(files, settings)
    assert "[while running" not in str(raised.value) and "\n" not in str(raised.value)
    assert not (tmp_path / "corpus").exists()


def test_a_mistake_that_another_worker_finds(attempt, tmp_path):
    flags = ["--direct_running_mode", "multi_threading", "--direct_num_workers", "2"]
    with pytest.raises(InputError, match=r"a.jsonl, line 1: nothing tells its language; .* name none\.$") as raised:
        attempt({"a.jsonl": '{"text": "x"}'}, flags=flags)
    assert "\n" not in str(raised.value) and not (tmp_path / "corpus").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--runer", "FlinkRunner"], "the local runner has no flag '--runer'"),
        (["FlinkRunner"], "the local runner has no flag 'FlinkRunner'"),
        (["--runner", "Flink-Runner"], "the runner could not run the pipeline: Unexpected pipeline runner"),
        (["--direct_num_workers", "many"], "invalid int value: 'many'"),
    ],
)
def test_runner_flags(flags, message, attempt, tmp_path, capsys):
    with pytest.raises(InputError, match=message):
        attempt({"a-de.txt": "Ein Satz."}, flags=flags)
    assert not (tmp_path / "corpus").exists()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_length": 2}, "max_length must be at least 3, not 2"),
        ({"held_out": 1.0}, "held_out must be at least 0 and below 1, not 1.0"),
        ({"shard_rows": 0}, "shard_rows must be at least 1, not 0"),
        ({"bucket_pieces": 0}, "bucket_pieces must be at least 1"),
        ({"languages_from_column": 3}, "languages_from_column must be 1 or 2, not 3"),
        ({"language": "German language"}, "'German language' is no language code"),
    ],
)
def test_settings(options, message):
    with pytest.raises(InputError, match=message):
        CorpusSettings(**options)


def test_missing_files(small_vocabulary, tmp_path):
    with pytest.raises(MissingFileError, match="there is no file '.*none.txt'"):
        prepare_corpus([tmp_path / "none.txt"], small_vocabulary, tmp_path / "corpus")
    with pytest.raises(MissingFileError, match=r"there is no file '.*\*.txt'"):
        prepare_corpus([str(tmp_path / "*.txt")], small_vocabulary, tmp_path / "corpus")
    with pytest.raises(MissingFileError, match="there is no file to make a corpus of"):
        prepare_corpus([], small_vocabulary, tmp_path / "corpus")
    with pytest.raises(InputError, match=r"cannot read 'gs://.*'"):
        prepare_corpus(["gs://bucket/text-de.txt"], small_vocabulary, tmp_path / "corpus")
    (tmp_path / "a-de.txt").write_text("x")
    with pytest.raises(InputError, match="'.*a-de.txt' is given twice"):
        prepare_corpus([str(tmp_path / "a-*.txt"), tmp_path / "a-de.txt"], small_vocabulary, tmp_path / "corpus")
    with pytest.raises(MissingFileError, match="no vocabulary at"):
        prepare_corpus([tmp_path / "a-de.txt"], tmp_path / "none.model", tmp_path / "corpus")
    with pytest.raises(InputError, match="is not a SentencePiece model"):
        prepare_corpus([tmp_path / "a-de.txt"], tmp_path / "a-de.txt", tmp_path / "corpus")


def test_beam_is_an_extra(small_vocabulary, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(MissingExtraError, match=r"preparing a corpus .* pip install 'rembert-tf\[beam\]'"):
        prepare_corpus(["a-de.txt"], small_vocabulary, "corpus")


def test_reading_a_corpus_imports_neither_beam_nor_tensorflow():
    code = (
        "import sys, rembert_tf.pretraining.corpus_folder, rembert_tf.pretraining.corpus.settings\n"
        "assert not {'apache_beam', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_corpus_without_deduplication_and_with_a_language_for_all(attempt, tmp_path):
    settings = CorpusSettings(language="de", deduplicate=False, languages_from_column=2)
    manifest = attempt({"a-en.txt": "Ja.\nJa.\n", "b.tsv": "Ja.\t\nOui.\tfr\n", "c.json": '{"text": "Ja."}'}, settings)
    assert {code: counts["lines"] for code, counts in manifest["languages"].items()} == {"de": 4, "fr": 1}
    assert manifest == read_manifest(tmp_path / "corpus")
    assert manifest["held_out"] == {"de": [], "fr": []} and manifest["rejected"] == {}
    [path] = shard_paths(tmp_path / "corpus", "train", "fr")
    assert path == str(tmp_path / "corpus" / "train" / "fr" / "fr-00000-of-00001.tfrecord")
    with pytest.raises(InputError, match="has no language 'en': it has de, fr"):
        shard_paths(tmp_path / "corpus", "train", "en")
    with pytest.raises(InputError, match="a corpus has no part 'dev': its parts are train, held_out"):
        shard_paths(tmp_path / "corpus", "dev", "fr")
