"""Tables for the csv task: three kinds of label cells, and errors that say where."""

import numpy as np
import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.csv_task import CsvTask


@pytest.fixture
def table(tmp_path):
    def table(*rows, name="rows.csv", header="text,label"):
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return str(path)

    return table


MULTI = CsvTask("multi_label_classification")
NUMBERS = CsvTask("regression")


def test_single_labels_are_numbered_in_sorted_order(table):
    examples = CsvTask().read([table("a,pos", "b,neg", "c,pos")])
    assert examples.names == ["neg", "pos"]
    assert examples.labels.tolist() == [1, 0, 1]
    assert CsvTask().config_fields(examples) == {
        "id2label": {0: "neg", 1: "pos"},
        "problem_type": "single_label_classification",
    }


def test_several_labels_in_a_cell(table):
    examples = MULTI.read([table("a,red|round", "b,", "c,red", "d,soft | red")])
    assert examples.names == ["red", "round", "soft"]
    assert examples.labels.tolist() == [[1, 1, 0], [0, 0, 0], [1, 0, 0], [1, 0, 1]]
    assert examples.labels.dtype == np.float32
    assert MULTI.config_fields(examples)["problem_type"] == "multi_label_classification"


def test_numbers(table):
    examples = NUMBERS.read([table("a,3", "b,-0.25", "c,1e2")])
    assert examples.labels.tolist() == [3.0, -0.25, 100.0]
    assert NUMBERS.config_fields(examples) == {"id2label": {0: "label"}, "problem_type": "regression"}


def test_columns_pairs_and_languages(table):
    task = CsvTask(columns=["text", "text_pair", "topic", "language"], label_column="topic")
    examples = task.read([table("b,y,q,fr", header="a,x,p,de")])
    assert examples.pairs == ["x", "y"]
    assert examples.languages == ["de", "fr"]
    assert examples.names == ["p", "q"]


def test_language_from_the_files_name(table):
    path = table("a,x", "b,y", name="train-pt_BR.csv")
    assert CsvTask().read([path]).languages == ["pt_BR", "pt_BR"]


def test_files_without_the_label_column_are_for_prediction(table):
    path = table("a", "b", header="text")
    assert CsvTask().read([path], ["x", "y"]).names == ["x", "y"]
    examples = CsvTask().read([path])
    assert examples.labels is None
    with pytest.raises(InputError, match="the training files have no column 'label'"):
        CsvTask().config_fields(examples)


@pytest.mark.parametrize(
    ("task", "rows", "labels", "message"),
    [
        (CsvTask(), ["a,x", "b,"], None, r"rows\.csv, line 3: the label \(column 'label'\) is empty"),
        (CsvTask(), ["a,x", "b,x"], None, "have the label 'x': two are needed"),
        (CsvTask(), ["a,x", "b,z"], ["x", "y"], r"rows\.csv, line 3: the label 'z' does not occur in training.*x, y"),
        (MULTI, ["a,x|z"], ["x", "y"], r"rows\.csv, line 2: the label 'z' does not occur in training"),
        (MULTI, ["a,x||y"], None, r"rows\.csv, line 2: a label between two '\|' is empty"),
        (MULTI, ["a,", "b,"], None, "have no label in column 'label'"),
        (NUMBERS, ["a,1", "b,two"], None, r"rows\.csv, line 3: 'two' in column 'label' is no number"),
        (NUMBERS, ["a,nan"], None, r"rows\.csv, line 2: 'nan' in column 'label' is no number"),
    ],
)
def test_what_is_wrong_and_where(table, task, rows, labels, message):
    with pytest.raises(InputError, match=message):
        task.read([table(*rows)], labels)


def test_unknown_kind_of_problem():
    with pytest.raises(InputError, match="problem_type must be single_label_classification, .*, not 'ranking'"):
        CsvTask("ranking")
