"""Reading tables: every form that is accepted, and an error with file and line for every other."""

import gzip
import lzma

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.text_files.tables import read_table, read_tables


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_quoted_cells_keep_commas_quotes_and_line_breaks(write):
    table = read_table(write("a.csv", 'text,label\n"one, ""two""\nthree",x\nfour,y\n'))
    assert table.columns == {"text": ['one, "two"\nthree', "four"], "label": ["x", "y"]}
    assert table.lines == [2, 4]


def test_tsv_cells_are_taken_as_they_are(write):
    table = read_table(write("a.tsv", 'text\tlabel\n"an open quote\tx\n'))
    assert table.columns == {"text": ['"an open quote'], "label": ["x"]}


def test_txt_has_one_text_a_line(write):
    assert read_table(write("a.txt", "eins\r\nzwei, drei\n")).columns == {"text": ["eins", "zwei, drei"]}


def test_byte_order_mark_is_no_part_of_the_first_column(write):
    assert list(read_table(write("a.csv", b"\xef\xbb\xbftext,label\na,b\n")).columns) == ["text", "label"]


def test_named_columns_replace_a_header(write):
    table = read_table(write("a.tsv", "hallo\tx\nwelt\ty\n"), columns=["text", "label"])
    assert table.columns["text"] == ["hallo", "welt"]
    assert table.place(1).endswith("a.tsv, line 2")


def test_blank_lines_are_passed_over(write):
    assert len(read_table(write("a.csv", "text,label\n\na,b\n\n"))) == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "text,label\n", "no rows"),
        ("a.csv", "text,label\na,b\nonly one\n", r"a\.csv, line 3: 1 columns instead of 2"),
        ("a.csv", 'text,label\na,b\n"never closed,c\n', r"a\.csv, line 3: not readable as CSV"),
        ("a.csv", b"text,label\na,b\n\xff\xfe,c\n", r"a\.csv, line 3: not UTF-8"),
        ("a.csv", "text,text\na,b\n", "names a column twice"),
        ("a.parquet", "x", "unknown kind"),
    ],
)
def test_errors_name_the_file_and_the_line(write, name, content, message):
    with pytest.raises(InputError, match=message):
        read_table(write(name, content))


PACKED = {".gz": gzip.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text,label\n"one, ""two""\nthree",x\nfour,y\n'),
        ("a.TSV", 'text\tlabel\n"one\tx\nfour\ty\n'),
        ("a.txt", "one\r\n\nfour"),
    ],
)
def test_a_compressed_table_is_read_as_the_plain_one(write, ending, name, content):
    plain, packed = read_table(write(name, content)), read_table(write(name + ending, PACKED[ending](content.encode())))
    assert (packed.columns, packed.lines) == (plain.columns, plain.lines)
    assert packed.place(1).endswith(f"{name}{ending}, line {plain.lines[1]}")


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text,label\na,b\nonly one\n", r"a\.csv\.{}, line 3: 1 columns instead of 2"),
        (b'text,label\na,b\n"never closed,c\n', r"a\.csv\.{}, line 3: not readable as CSV"),
        (b"text,label\na,b\n\xff,c\n", r"a\.csv\.{}, line 3: not UTF-8"),
        (b"", r"a\.csv\.{}' is empty"),
    ],
)
def test_errors_in_a_compressed_table_name_its_file_and_line(write, ending, content, message):
    with pytest.raises(InputError, match=message.format(ending[1:])):
        read_table(write(f"a.csv{ending}", PACKED[ending](content)))


@pytest.mark.parametrize("ending", PACKED)
def test_a_damaged_table_is_told(write, ending):
    whole = PACKED[ending](("text,label\n" + "".join(f"{i},{i}\n" for i in range(100_000))).encode())
    with pytest.raises(InputError, match=rf"a\.csv\{ending}, line \d+: .*damaged"):
        read_table(write(f"a.csv{ending}", whole[: len(whole) // 2]))
    with pytest.raises(InputError, match=rf"a\.csv\{ending}, line 1: not readable as \{ending}"):
        read_table(write(f"a.csv{ending}", b"text,label\na,b\n"))
    with pytest.raises(InputError, match="unknown kind"):
        read_table(write(f"a{ending}", whole))


def test_missing_file_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.csv"):
        read_table(tmp_path / "nowhere.csv")
    assert issubclass(MissingFileError, InputError)


def test_files_must_have_the_same_columns(write):
    with pytest.raises(InputError, match=r"b\.csv has the columns text, tag"):
        read_tables([write("a.csv", "text,label\na,b\n"), write("b.csv", "text,tag\na,b\n")])


def test_missing_column_is_named_with_those_that_exist(write):
    table = read_table(write("a.csv", "text,tag\na,b\n"))
    with pytest.raises(InputError, match="no column 'label': its columns are text, tag"):
        table.require("label")
