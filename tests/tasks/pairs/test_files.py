"""XNLI's and PAWS-X's files as XTREME's preparation writes them: with Python's csv writer and a tab."""

import csv
import gzip

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tasks.pairs.task import PawsxTask, XnliTask

ROWS = [
    ["He said.", "He spoke.", "entailment"],
    ['She cried "no".', '"Yes" is what she cried.', "contradiction"],
    ["a\tb", 'ends with a "', "neutral"],
    ["", "यह एक वाक्य है।", "neutral"],
]


@pytest.fixture
def written(tmp_path):
    """Writes rows as XTREME does; returns the path."""

    def written(rows, name="dev-de.tsv"):
        path = tmp_path / name
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t").writerows(rows)
        return path

    return written


def test_quoted_sentences_come_back_as_they_were(written):
    examples = XnliTask().read([written(ROWS)])
    assert [list(row) for row in zip(examples.texts, examples.pairs, strict=True)] == [row[:2] for row in ROWS]
    assert examples.labels.tolist() == [1, 0, 2, 2]
    assert examples.names == ["contradiction", "entailment", "neutral"]
    assert examples.languages == ["de"] * 4


def test_files_without_labels_are_for_prediction(written):
    examples = XnliTask().read([written([row[:2] for row in ROWS], "test-fr.tsv")])
    assert examples.texts == [row[0] for row in ROWS]
    assert examples.labels is None
    with pytest.raises(InputError, match="have no labels"):
        examples.known_labels()


def test_labels_in_the_order_of_a_model(written):
    order = ["entailment", "neutral", "contradiction"]
    examples = XnliTask().read([written(ROWS)], order)
    assert [examples.names[label] for label in examples.labels] == [row[2] for row in ROWS]
    with pytest.raises(InputError, match="xnli has the labels contradiction, entailment, neutral, not a, b"):
        XnliTask().read([written(ROWS)], ["a", "b"])


def test_several_files_compressed_too(written, tmp_path):
    packed = tmp_path / "train-en.tsv.gz"
    packed.write_bytes(gzip.compress(written(ROWS[:1]).read_bytes()))
    examples = XnliTask().read([packed, written(ROWS)])
    assert len(examples) == 5
    assert examples.languages == ["en", "de", "de", "de", "de"]


def test_pawsx_own_files_have_a_header_and_no_quotes(tmp_path):
    folder = tmp_path / "x-final" / "ko"
    folder.mkdir(parents=True)
    path = folder / "dev_2k.tsv"
    path.write_text('id\tsentence1\tsentence2\tlabel\n1\t" A\tB "" C\t1\n2\tD\tE\t0\n', encoding="utf-8")
    examples = PawsxTask().read([path])
    assert examples.texts == ['" A', "D"]
    assert examples.pairs == ['B "" C', "E"]
    assert [examples.names[label] for label in examples.labels] == ["1", "0"]
    assert examples.languages == ["ko", "ko"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tb\tentailment\na\tb\tc\td\n", "dev-de.tsv, line 2: 4 columns; expected sentence1, sentence2 and a label"),
        ("a\tb\tentailment\n\na\tb\n", "dev-de.tsv, line 3: 2 columns, where .*line 1 has 3"),
        ("a\tb\tentailment\na\tb\tmaybe\n", "line 2: the label 'maybe' is none of contradiction, entailment, neutral"),
        ('a\tb\tentailment\n"a" b\tc\tneutral\n', "line 2: the quotation marks are not as Python's csv.writer"),
        ('a\tb\tentailment\n"a\tc\tneutral\n', "line 2: the quotation marks are not as Python's csv.writer"),
        ("one column\n", "line 1: 1 column; expected"),
        ("", "has no rows"),
    ],
)
def test_what_is_wrong_and_where(tmp_path, content, message):
    path = tmp_path / "dev-de.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        XnliTask().read([path])


def test_missing_file(tmp_path):
    with pytest.raises(MissingFileError, match="there is no file"):
        XnliTask().read([tmp_path / "none.tsv"])
