"""BatchingParameters: TensorFlow Serving's defaults, checks and text form."""

import os

import pytest

from rembert_tf.errors import InputError
from rembert_tf.serving.server.batching_parameters import BatchingParameters

TEXT = """
max_batch_size { value: 32 }      # rows
batch_timeout_micros { value: 2000 }
max_enqueued_batches { value: 4 }
num_batch_threads { value: 3 }
allowed_batch_sizes: 1
allowed_batch_sizes: 8
allowed_batch_sizes: 32
thread_pool_name { value: "pool" }
pad_variable_length_inputs: true
"""


def test_defaults_are_those_of_tensorflow_serving():
    parameters = BatchingParameters()
    assert parameters.max_batch_size == 1000
    assert parameters.batch_timeout_micros == 0
    assert parameters.max_enqueued_batches == 10
    assert parameters.num_batch_threads == len(os.sched_getaffinity(0))
    assert parameters.allowed_batch_sizes == ()


def test_text_form(tmp_path):
    file = tmp_path / "batching_parameters.txt"
    file.write_text(TEXT)
    assert BatchingParameters.from_file(file) == BatchingParameters(
        max_batch_size=32,
        batch_timeout_micros=2000,
        max_enqueued_batches=4,
        num_batch_threads=3,
        allowed_batch_sizes=(1, 8, 32),
    )
    file.write_text("")
    assert BatchingParameters.from_file(file) == BatchingParameters()


@pytest.mark.parametrize(
    "text, line",
    [
        ("max_batch_size: 32", 1),
        ("\n\nmax_batch { value: 3 }", 3),
        ("max_batch_size { value: 0 }", 1),
        ("# rows\nmax_batch_size { value: -1 }", 2),
        ("max_batch_size { value: 99999999999999999999 }", 1),
        ("max_batch_size { value: 1 }\nmax_batch_size { value: 2 }", 2),
        ("num_batch_threads { value: 0 }", 1),
        ("max_enqueued_batches { value: 0 }", 1),
        ("batch_timeout_micros { value: -5 }", 1),
        ("max_batch_size { value: 4 }\nallowed_batch_sizes: 1\nallowed_batch_sizes: 2", 2),
        ("max_batch_size { value: 4 }\nallowed_batch_sizes: [2, 1, 4]", 2),
        ("max_batch_size { value: 4 }\nallowed_batch_sizes: [0, 4]", 2),
        ("max_batch_size {", 1),
        ("\nthese are no parameters", 2),
    ],
)
def test_mistakes_are_named_with_file_and_line(tmp_path, text, line):
    file = tmp_path / "batching.txt"
    file.write_text(text)
    with pytest.raises(InputError, match=rf"batching\.txt.* line {line}:") as failure:
        BatchingParameters.from_file(file)
    assert "\n" not in str(failure.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="nowhere.txt cannot be read"):
        BatchingParameters.from_file(tmp_path / "nowhere.txt")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="binary is not UTF-8 text"):
        BatchingParameters.from_file(tmp_path / "binary")


@pytest.mark.parametrize("rows, size", [(1, 1), (2, 4), (4, 4), (5, 8), (8, 8)])
def test_padded_size(rows, size):
    assert BatchingParameters(max_batch_size=8, allowed_batch_sizes=(1, 4, 8)).padded_size(rows) == size
    assert BatchingParameters(max_batch_size=8).padded_size(rows) == rows
