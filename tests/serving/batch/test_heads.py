"""What every kind of model answers, row by row, without what fills up a batch."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.serving.batch.answers import answers_of
from tests.serving.batch.test_formats import example


def outputs(found):
    return [answer["output"] for answer in found[0]]


def test_entities(predicting, models):
    found = outputs(predicting(models("entities"), {"a.txt": "one\nOne more word\n\n"}))
    assert [row["num_entities"] for row in found] == [1, 3, 0]
    assert found[1] == {
        "entity": ["W3", "W4", "W4"],
        "start": [0, 4, 9],
        "end": [3, 8, 13],
        "score": [0.3, 0.4, 0.4],
        "num_entities": 3,
    }
    assert found[2] == {"entity": [], "start": [], "end": [], "score": [], "num_entities": 0}


def test_answers(predicting, models):
    rows = [{"question": "who?", "context": "Ünder the bridge"}, {"question": "a", "context": ""}]
    found = outputs(predicting(models("answer"), {"a.jsonl": rows}))
    assert found[0] == {"answer": "Ünde", "start": 0, "end": 4, "score": 0.5}
    assert found[1] == {"answer": "", "start": 0, "end": 0, "score": 0.0}


def test_several_answers(predicting, models):
    rows = [{"question": "who?", "context": "Under"}]
    [found] = outputs(predicting(models("answers"), {"a.jsonl": rows}))
    assert found == {"answer": ["Unde", "U"], "start": [0, 0], "end": [4, 1], "score": [0.5, 0.5]}


def test_masks(predicting, models):
    found = outputs(predicting(models("fill_mask"), {"a.txt": "[MASK] and [MASK]\nnone\n"}))
    assert found[0] == {"token": [["yes", "no"]] * 2, "score": [[0.75, 0.25]] * 2, "num_masks": 2}
    assert found[1] == {"token": [], "score": [], "num_masks": 0}


def test_choices(predicting, models):
    rows = [
        {"prompt": "p", "choices": ["aa", "aaaa", "aa"]},
        {"prompt": "p", "choices": ["b"]},
        {"prompt": "p", "choices": "c"},
        {"prompt": "p", "choices": []},
        {"prompt": "p", "choices": ["d", None]},
    ]
    answers, rejected, _ = predicting(models("choose"), {"a.jsonl": rows})
    assert [answer["output"] for answer in answers] == [
        {"choice": 1, "probabilities": [0.25, 0.5, 0.25]},
        {"choice": 0, "probabilities": [1.0]},
        {"choice": 0, "probabilities": [1.0]},
    ]
    assert rejected == [
        (4, "column 'choices' is an empty list"),
        (5, "column 'choices' holds null instead of text"),
    ]


def test_choices_from_several_columns(predicting, models):
    rows = [{"premise": "p", "choice1": "a", "choice2": "bbb"}]
    columns = {"prompt": "premise", "choices": ("choice1", "choice2")}
    [answer] = predicting(models("choose"), {"a.jsonl": rows}, columns=columns)[0]
    assert answer["output"] == {"choice": 1, "probabilities": [0.25, 0.75]}
    assert answer["input"] == {"premise": "p", "choice1": "a", "choice2": "bbb"}


def test_texts_and_numbers(predicting, models):
    assert outputs(predicting(models("generate"), {"a.txt": "Hé\n"})) == [{"text": "Hé!", "num_tokens": 2}]


def test_a_text_file_for_an_input_of_another_name(predicting, models):
    [answer] = predicting(models("generate"), {"a.txt": "x"})[0]
    assert answer["input"] == {"text": "x"}


def test_pairs(predicting, models):
    rows = [{"sentence": "abc", "text_pair": "d"}]
    found = outputs(predicting(models("multi_label"), {"a.jsonl": rows}, columns={"text": "sentence"}))
    assert found == [{"probabilities": [0.75, 0.5]}]


def test_token_ids(predicting, models):
    found = outputs(predicting(models("embed"), {"a.txt": "ab\nabcd\n"}, signature="tokenize"))
    assert found[0] == {"input_ids": [98, 97], "attention_mask": [1, 1]}
    assert found[1] == {"input_ids": [100, 99, 98, 97], "attention_mask": [1, 1, 1, 1]}


def test_examples_from_columns_and_from_records(predicting, models, tmp_path):
    features = {"text": b"abc", "text_pair": b"d", "size": [1, 2]}
    with tf.io.TFRecordWriter(str(tmp_path / "r")) as writer:
        writer.write(example(features))
        writer.write(b"no example \xff")
        writer.write(example({"text": b"alone"}))
    rows = [{"text": "abc", "text_pair": "d", "size": [1, 2], "none": None, "half": 0.5}, {"text": {"a": 1}}]
    files = {"a.jsonl": rows, "b.tfrecord": (tmp_path / "r").read_bytes()}
    answers, rejected, _ = predicting(models("embed"), files, signature="classify")
    assert [answer["output"] for answer in answers] == [{"classes": ["sport", "天気"], "scores": [0.75, 0.5]}] * 2
    assert answers[0]["input"] == rows[0] and answers[1]["input"] == {"text": "abc", "text_pair": "d", "size": [1, 2]}
    assert rejected[0] == (2, "column 'text' does not fit a feature of a tf.train.Example")
    assert rejected[1] == (2, "not a tf.train.Example")
    assert rejected[2][0] == 3 and rejected[2][1].startswith("the model refuses it: ")


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_numbers_are_those_of_a_direct_call(batch_size, predicting, models):
    texts = [f"{'x' * (number % 7)} {number}" for number in range(50)]
    found = outputs(predicting(models("sentiment"), {"a.txt": "\n".join(texts)}, batch_size=batch_size))
    direct = tf.saved_model.load(str(models("sentiment"))).signatures["serving_default"](text=tf.constant(texts))
    assert [row["label"].encode() for row in found] == direct["label"].numpy().tolist()
    for name in ("score", "probabilities"):
        np.testing.assert_allclose([row[name] for row in found], direct[name], rtol=1e-6)


def test_numbers_are_written_with_the_digits_that_give_them_back():
    values = np.random.default_rng(0).standard_normal((3, 4), np.float32) * np.float32(1e-3)
    found = answers_of({"x": values, "y": np.array([0.1, 1e-30, 16777216], np.float32)}, [{}] * 3)
    assert np.array_equal(np.array([row["x"] for row in found], np.float32), values)
    assert [row["y"] for row in found] == [0.1, 1e-30, 16777216.0]
