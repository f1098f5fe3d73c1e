"""Windows: every piece of every document in its place, nothing twice, nothing lost."""

import numpy as np
import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.language_modeling.texts import TextLines
from rembert_tf.tasks.language_modeling.windows import NO_LINE, chained_windows, separate_windows


def rows_of(windows, values):
    return [values[start : start + size].tolist() for start, size in zip(windows.starts, windows.sizes, strict=True)]


def whole(pieces):
    """The pieces of each document, lines after lines."""
    return [[piece for line in document for piece in line] for document in pieces]


def line_numbers(pieces):
    number, owners = 0, []
    for document in pieces:
        owners.append([])
        for line in document:
            owners[-1] += [number] * len(line)
            number += 1
    return owners


@pytest.mark.parametrize("max_length", [3, 7, 16, 64, 500])
def test_separate_windows_hold_each_piece_once(small_tokenizer, lines, pieces, max_length):
    windows = separate_windows(small_tokenizer, lines, max_length)
    rows, owners = rows_of(windows, windows.ids), rows_of(windows, windows.lines)
    room, expected, expected_owners = max_length - 2, [], []
    for document, numbers in zip(whole(pieces), line_numbers(pieces), strict=True):
        for start in range(0, len(document), room):
            expected.append(
                [small_tokenizer.cls_token_id, *document[start : start + room], small_tokenizer.sep_token_id]
            )
            expected_owners.append([NO_LINE, *numbers[start : start + room], NO_LINE])
    assert rows == expected
    assert owners == expected_owners


@pytest.mark.parametrize("max_length", [2, 7, 16, 64, 500])
def test_chained_windows_predict_each_piece_once(small_tokenizer, lines, pieces, max_length):
    windows = chained_windows(small_tokenizer, lines, max_length)
    rows, owners = rows_of(windows, windows.ids), rows_of(windows, windows.lines)
    assert max(map(len, rows)) <= max_length
    assert min(map(len, rows)) >= 2
    predicted = [piece for row in rows for piece in row[1:]]
    assert predicted == [piece for document in whole(pieces) for piece in [*document, small_tokenizer.sep_token_id]]
    # Where a window begins, the one before has ended, or a document begins.
    for before, row in zip([None, *rows], rows, strict=False):
        assert row[0] == small_tokenizer.cls_token_id or row[0] == before[-1]
    assert sum(row[0] == small_tokenizer.cls_token_id for row in rows) == len(pieces)
    numbers = [number for row in owners for number in row[1:]]
    assert numbers == [number for document in line_numbers(pieces) for number in [*document, document[-1]]]


def test_gathering_is_the_same(small_tokenizer, lines):
    windows = separate_windows(small_tokenizer, lines, 7)
    numbers = np.array([3, 0, 2])
    expected = rows_of(windows, windows.ids)
    assert windows.gatherer()(numbers).to_list() == [expected[number] for number in numbers]


def test_no_room_and_no_pieces(small_tokenizer, lines):
    with pytest.raises(InputError, match="at least 3"):
        separate_windows(small_tokenizer, lines, 2)
    with pytest.raises(InputError, match="at least 2"):
        chained_windows(small_tokenizer, lines, 1)
    nothing = TextLines(["\u200b"], np.array([0]), [""])
    for cut in (separate_windows, chained_windows):
        with pytest.raises(InputError, match="no pieces"):
            cut(small_tokenizer, nothing, 16)
