"""CSV and TSV: the first row names the columns; what the csv module cannot read is one row, never those behind it."""

import csv
import gzip
import io

import pytest

from rembert_tf.pipelines import lines
from rembert_tf.serving.batch import delimited_records, parts
from rembert_tf.serving.batch.bad_rows import BadRow
from rembert_tf.serving.batch.sources import Source

HARD = ["", " ", 'say "hi"', '"', '""', "a,b", "a\tb", "two\nlines", "two\r\nlines", "\n", '",\n"', "ü日", "\x00", "'"]
HARD += ["long" * 40_000]  # more than the csv module takes by itself


def written(rows, **options):
    content = io.StringIO()
    csv.writer(content, **options).writerows(rows)
    return content.getvalue().encode()


def read(path, part_rows):
    """Returns (number, row) of all rows of a file in parts, or (number, reason)."""
    source = Source(0, str(path), "tsv" if ".tsv" in path.name else "csv")
    stretches = parts.split(source, part_rows)
    assert [first for first, _, _ in stretches] == [1, *(first + rows for first, rows, _ in stretches[:-1])]
    found = [
        pair for number, each in enumerate(stretches) for pair in parts.read_rows(parts.part_of(source, number, each))
    ]
    return [(number, row.reason if isinstance(row, BadRow) else row) for number, row in found]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("part_rows", [1, 4, 100])
@pytest.mark.parametrize("style", [{}, {"quoting": csv.QUOTE_ALL, "lineterminator": "\n"}])
def test_whatever_the_csv_module_writes(name, part_rows, style, tmp_path):
    rows = [[text, str(number)] for number, text in enumerate(HARD)]
    content = written([["text, of a row", "n"], *rows], **style)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    found = read(tmp_path / name, part_rows)
    assert found == [(int(n) + 1, {"text, of a row": text, "n": n}) for text, n in rows]


@pytest.mark.parametrize("part_rows", [1, 4, 100])
def test_tab_separated_fields_are_never_quoted(part_rows, tmp_path):
    texts = [text for text in HARD if not set(text) & set("\t\r\n")] + ['"Hello," she said', '"all of it"']
    (tmp_path / "a.tsv").write_text("".join(f"{text}\t{n}\n" for n, text in [("n", '"text"'), *enumerate(texts)]))
    assert read(tmp_path / "a.tsv", part_rows) == [
        (n + 1, {'"text"': text, "n": str(n)}) for n, text in enumerate(texts)
    ]


BAD = {
    b"a,1,2": "not as many fields as columns (3 instead of 2)",
    b"a": "not as many fields as columns (1 instead of 2)",
    b'"open,1': "not CSV (',' expected after '\"')",
    b'"shut"x,1': "not CSV (',' expected after '\"')",
    b"caf\xc3,1": "not UTF-8 (invalid continuation byte at byte 3)",
    b'"two\nlin\xffes",1': "not UTF-8 (invalid start byte at byte 3)",
    b"old\rMac,1": "not CSV (new-line character seen in unquoted field)",
}


@pytest.mark.parametrize("part_rows", [1, 3, 100])
def test_bad_rows(part_rows, predicting, models):
    content = b"text,n\n" + b"".join(row + b'\ngood,"5"\n' for row in BAD)
    options = {"part_rows": part_rows, "keep": ("n",)}
    answers, rejected, summary = predicting(models("embed"), {"a.csv": content}, **options)
    assert rejected == [(2 * number + 1, reason) for number, reason in enumerate(BAD.values())]
    assert [answer["row"] for answer in answers] == [2 * number + 2 for number in range(len(BAD))]
    assert all(answer["input"] == {"text": "good", "n": "5"} for answer in answers)
    assert summary["reasons"] == {"not as many fields as columns": 2, "not UTF-8": 2, "not CSV": 3}


def test_a_quote_that_is_not_closed_takes_no_other_row_along(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited_records, "MOST_LINES", 5)
    rows = "".join(f"{number},{number}\n" for number in range(9))
    (tmp_path / "a.csv").write_text(f'a,b\n"long,1\n{rows}"last,2\n')
    found = read(tmp_path / "a.csv", 4)
    assert [number for number, _ in found] == list(range(1, 12))
    assert found[0][1] == found[10][1] == "not CSV (a quote is not closed)"
    assert [row for _, row in found[1:10]] == [{"a": str(number), "b": str(number)} for number in range(9)]


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_lines_that_are_too_long(kind, tmp_path, monkeypatch):
    for module in (lines, delimited_records):
        monkeypatch.setattr(module, "LONGEST_LINE", 10)
    content = b"text\n" + b"x" * 35 + b'\nshort\n"quo\n' + b"y" * 20 + b"\nend\n"
    (tmp_path / f"a.{kind}").write_bytes(content)
    found = read(tmp_path / f"a.{kind}", 2)
    reasons = {1: "longer than", 4: "longer than"} | ({3: "not CSV (a quote is not closed)"} if kind == "csv" else {})
    good = {2: {"text": "short"}, 5: {"text": "end"}} | ({} if kind == "csv" else {3: {"text": '"quo'}})
    assert [number for number, _ in found] == [1, 2, 3, 4, 5]
    assert {number: row for number, row in found if isinstance(row, dict)} == good
    assert all(found[number - 1][1].startswith(reason) for number, reason in reasons.items())


def test_blank_lines_and_empty_fields(predicting, models):
    content = '\n\nkey,text\n\nk1,\r\n\r\n"","x"\n\n'
    answers, rejected, _ = predicting(models("embed"), {"a.csv": content}, id_column="key")
    assert [(answer["row"], answer["id"], answer["input"]["text"]) for answer in answers] == [
        (1, "k1", ""),
        (2, "", "x"),
    ]
    assert rejected == []


def test_files_without_rows(predicting, models):
    files = {"a.csv": "", "b.csv": "text\n", "c.tsv": b"\xef\xbb\xbf", "d.csv": "text\nx"}
    answers, rejected, summary = predicting(models("embed"), files)
    assert [answer["input"] for answer in answers] == [{"text": "x"}] and rejected == []
    assert [file["rows"] for file in summary["files"]] == [0, 0, 0, 1]


def test_columns_for_several_inputs(predicting, models):
    content = written([["premise", "choice1", "choice2"], ["p", "a", "bbb"]])
    columns = {"prompt": "premise", "choices": ("choice1", "choice2")}
    [answer] = predicting(models("choose"), {"a.csv": content}, columns=columns)[0]
    assert answer["output"] == {"choice": 1, "probabilities": [0.25, 0.75]}


def test_a_format_that_endings_do_not_tell(predicting, models):
    answers, _, _ = predicting(models("embed"), {"export.dat": "text\tn\na,b\t1\n"}, file_format="tsv")
    assert answers[0]["input"] == {"text": "a,b"}
