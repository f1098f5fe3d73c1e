"""What cannot be used is refused in one sentence, before anything is answered."""

import gzip
import os

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.pipelines import worker_processes
from rembert_tf.serving.batch import BatchSettings
from tests.serving.batch.test_formats import parquet

ROWS = [{"text": "a", "n": 1}]


@pytest.mark.parametrize(
    ("files", "settings", "message"),
    [
        ({"a.doc": "a"}, {}, "nothing tells the format of '.*a.doc': say it with --format, or give .txt, .csv, .tsv"),
        ({"a.csv": "n,text,n\n1,2,3\n"}, {}, "a.csv names the column 'n' twice in its first row: give each its own"),
        ({"a.csv": '"text\na\n'}, {}, r"a.csv: its first row must name the columns, and is not CSV \(a quote is not"),
        ({"a.tsv": b"te\xfft\na\n"}, {}, r"a.tsv: its first row must name the columns, and is not UTF-8 \("),
        (
            {"a.csv": "Good morning,5\nBad,1\n"},
            {},
            "has no column 'text' for .*: its columns are Good morning, 5, as its first row says; --column",
        ),
        ({"a.csv.gz": gzip.compress(b"text\n" * 99)[:-9]}, {}, r"a.csv.gz, line \d+: not readable as .gz \(Comp"),
        ({"a.tsv.bz2": b"text\n"}, {}, "nothing tells the format"),
        ({"a.jsonl.zst": "a"}, {}, "nothing tells the format"),
        ({"a.parquet.gz": b"a"}, {}, "cannot be read: parquet files may not be compressed as .gz"),
        ({"a.txt.gz": b"plain"}, {}, r"a.txt.gz, line 1: not readable as .gz \(Not a gzipped file"),
        ({"a.txt.gz": gzip.compress(b"text\n" * 99)[:-9]}, {}, r"line \d+: not readable as .gz \(Comp"),
        ({"a.parquet": b"no parquet"}, {}, r"a.parquet: not readable as Parquet \("),
        ({"a.parquet": b""}, {}, r"a.parquet: not readable as Parquet \("),
        (
            {"a.tfrecord": b"no record of TensorFlow"},
            {},
            r"a.tfrecord: not readable as TFRecord \(corrupted record",
        ),
        (
            {"a.jsonl": [{"txt": "a"}]},
            {},
            "has no column 'text' for signature 'serving_default': its columns are txt",
        ),
        ({"a.jsonl": [{}]}, {}, "its columns are none; --column INPUT=COLUMN says which of them is which"),
        ({"a.parquet": parquet({"n": [1]})}, {}, "a.parquet has no column 'text'"),
        ({"a.jsonl": ROWS}, {"id_column": "key"}, "a.jsonl has no column 'key'"),
        ({"a.jsonl": ROWS}, {"columns": {"text": "body"}}, "a.jsonl has no column 'body'"),
        ({"a.jsonl": ROWS}, {"columns": {"txt": "n"}}, "has no input 'txt' to give a column: it takes text"),
        ({"a.txt": "a"}, {"columns": {"text": "n"}}, "text files have one text a line"),
        (
            {"a.jsonl": ROWS},
            {"signature": "score"},
            "no signature 'score': it has classify, serving_default, tokenize",
        ),
        ({"a.jsonl": ROWS}, {"signature": "classify", "columns": {"inputs": "n"}}, "it takes columns as they are"),
    ],
)
def test_files_and_columns(files, settings, message, predicting, models, capsys):
    with pytest.raises(InputError, match=message) as raised:
        predicting(models("embed"), files, **settings)
    assert "[while running" not in str(raised.value) and "\n" not in str(raised.value)
    assert not list(predicting.prefix.parent.glob("rows-*"))
    assert "Traceback" not in capsys.readouterr().err


def test_a_directory_instead_of_files(predicting, models):
    with pytest.raises(InputError, match=r"is a directory: give files, or a pattern such as '.*/\*\.jsonl'"):
        predicting(models("embed"), [f"{predicting.folder}/"])


def test_two_columns_that_are_missing(predicting, models):
    with pytest.raises(InputError, match=r"a.jsonl has no column 'context', 'question' for signature"):
        predicting(models("answer"), {"a.jsonl": ROWS})
    with pytest.raises(InputError, match="have one text a line, and .* takes context, question: give .csv, .jsonl"):
        predicting(models("answer"), {"a.txt": "a"})


def test_no_such_file(predicting, models):
    with pytest.raises(MissingFileError, match=r"there is no file '.*none-\*.txt': expected .txt, .csv, .tsv, .jsonl"):
        predicting(models("embed"), [str(predicting.folder / "none-*.txt")])
    with pytest.raises(MissingFileError, match="there is no file to answer"):
        predicting(models("embed"), [])
    [path] = predicting.write({"a.txt": "a"})
    with pytest.raises(InputError, match="is given twice: each of its rows would be answered twice"):
        predicting(models("embed"), [path, path.replace("a.txt", "*.txt")])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(predicting, models):
    [path] = predicting.write({"a.txt": "a"})
    os.chmod(path, 0)
    with pytest.raises(InputError, match="cannot read '.*a.txt': Permission denied"):
        predicting(models("embed"), [path])


def test_no_saved_model(predicting, models, tmp_path):
    files = predicting.write({"a.txt": "a"})
    with pytest.raises(MissingFileError, match="there is no SavedModel '.*none': expected what `rembert export`"):
        predicting(tmp_path / "none", files)
    (tmp_path / "model").mkdir()
    with pytest.raises(InputError, match="model' is no SavedModel: expected what"):
        predicting(tmp_path / "model", files)
    with pytest.raises(InputError, match="a.txt' is no SavedModel"):
        predicting(tmp_path / "a.txt", files)
    (tmp_path / "model" / "config.json").write_text("{}")
    with pytest.raises(
        InputError, match="model' holds a model, not a SavedModel: `rembert export .*model BASE_PATH` first"
    ):
        predicting(tmp_path / "model", files)
    (tmp_path / "run" / "best").mkdir(parents=True)
    for name in ("run.json", "best/config.json"):
        (tmp_path / "run" / name).write_text("{}")
    with pytest.raises(
        InputError, match="run' holds a model, not a SavedModel: `rembert export .*run BASE_PATH` first"
    ):
        predicting(tmp_path / "run", files)
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"\xff\xff")
    with pytest.raises(InputError, match="saved_model.pb' cannot be read as a SavedModel"):
        predicting(tmp_path / "model", files)


def test_a_model_whose_weights_are_damaged(predicting, models, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes((models("embed") / "saved_model.pb").read_bytes()[:-50] + b"\x00" * 50)
    with pytest.raises(InputError, match="SavedModel"):
        predicting(folder, {"a.txt": "a"})


def test_the_latest_version_answers(predicting, models, tmp_path):
    answers, _, _ = predicting(models("embed").parent, {"a.txt": "ab"})
    assert answers[0]["output"] == {"embedding": [2.0, 2.0]}


@pytest.mark.parametrize("name", ["floats", "scalar", "nothing"])
def test_signatures_that_take_no_strings(name, predicting, models):
    with pytest.raises(InputError, match="takes 'x' as float32 of rank|has no inputs: there is nothing to ask it"):
        predicting(models(name), {"a.jsonl": ROWS})


def test_a_signature_without_an_answer_a_row(predicting, models):
    with pytest.raises(InputError, match=r"returns 'a' of shape \(1,\) for 2 rows: it must return"):
        predicting(models("sizes"), {"a.jsonl": [{"a": "x", "b": "y"}] * 2})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1, not 0"),
        ({"part_rows": -1}, "part_rows must be at least 1, not -1"),
        ({"file_format": "x"}, "file_format must be one of text, csv, tsv, jsonl, parquet, tfrecord, not 'x'"),
        ({"output_format": "text"}, "output_format must be one of jsonl, parquet, tfrecord, not 'text'"),
    ],
)
def test_settings(settings, message):
    with pytest.raises(InputError, match=message):
        BatchSettings(**settings)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--runner", "Flink-Runner"], "the runner could not run the pipeline: Unexpected pipeline runner"),
        (["--runer", "FlinkRunner"], "the local runner has no flag '--runer'"),
    ],
)
def test_runners(flags, message, predicting, models):
    with pytest.raises(InputError, match=message):
        predicting(models("embed"), {"a.txt": "a"}, flags)
    assert predicting(models("embed"), {"a.txt": "a"})[2]["answered"] == 1  # nothing is in the way


def test_places_for_answers(predicting, models, tmp_path):
    (tmp_path / "file").write_text("mine")
    files = predicting.write({"a.txt": "a"})
    predicting.prefix = tmp_path / "file" / "rows"
    with pytest.raises(InputError, match="cannot write to '.*rows': '.*file' is a file, not a directory"):
        predicting(models("embed"), files)
    from rembert_tf.serving.batch import predict_files

    summary = predict_files(models("embed"), files, f"{tmp_path}/new/")
    assert summary["outputs"] == [f"{tmp_path}/new/answers-00000-00000.jsonl"]


def test_workers_that_die_again_and_again(monkeypatch):
    done, runs = iter([0, 5, 5, 5, 5]), []
    monkeypatch.setattr(worker_processes, "_run_once", lambda build, flags: runs.append(flags) or 75)
    with pytest.raises(InputError, match="worker processes died 3 times without finishing anything"):
        worker_processes.run_restarted(None, ["--x"], lambda: next(done))
    assert len(runs) == 4
