"""Labelled rows: numbering labels, and refusing those that training never saw."""

import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.classification_data import read_classification_data


@pytest.fixture
def table(tmp_path):
    def table(*rows, name="rows.csv", header="text,label"):
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return str(path)

    return table


def test_labels_are_numbered_in_sorted_order(table):
    data = read_classification_data([table("a,pos", "b,neg", "c,pos")])
    assert data.names == ["neg", "pos"]
    assert data.labels.tolist() == [1, 0, 1]
    assert data.pairs is None


def test_pairs_and_other_columns_are_kept(table):
    data = read_classification_data([table("a,b,x,de", "c,d,y,fr", header="text,text_pair,label,language")])
    assert data.pairs == ["b", "d"]
    assert data.extra == {"language": ["de", "fr"]}


def test_several_files_are_read_in_order(table):
    data = read_classification_data([table("a,x", name="1.csv"), table("b,y", name="2.csv")])
    assert data.texts == ["a", "b"]


def test_label_unseen_in_training_names_file_line_and_value(table):
    with pytest.raises(InputError, match=r"rows\.csv, line 3: the label 'maybe' does not occur in training.*no, yes"):
        read_classification_data([table("a,yes", "b,maybe")], names=["no", "yes"])


def test_wrong_label_column(table):
    with pytest.raises(InputError, match=r"rows\.csv has no column 'topic': its columns are text, label"):
        read_classification_data([table("a,x")], label_column="topic")


def test_empty_label(table):
    with pytest.raises(InputError, match=r"line 2: the label \(column 'label'\) is empty"):
        read_classification_data([table("a,", "b,x")])


def test_one_label_is_nothing_to_learn(table):
    with pytest.raises(InputError, match="every row has the label 'x'"):
        read_classification_data([table("a,x", "b,x")])
