"""Nearest neighbours and margins against double loops, and cases worked by hand."""

import numpy as np
import pytest

from rembert_tf.tasks.retrieval import similarity
from rembert_tf.tasks.retrieval.margin import MARGINS, margin_candidates
from rembert_tf.tasks.retrieval.similarity import nearest, nearest_by_distance, shifted_to, unit_rows


@pytest.fixture
def sides():
    random = np.random.default_rng(5)
    return unit_rows(random.normal(size=(23, 6))), unit_rows(random.normal(size=(31, 6)))


@pytest.mark.parametrize("query_chunk, key_chunk", [(1024, 32768), (4, 7), (1, 1), (23, 3)])
def test_nearest_equals_a_double_loop_however_it_is_chunked(sides, monkeypatch, query_chunk, key_chunk):
    monkeypatch.setattr(similarity, "QUERY_CHUNK", query_chunk)
    monkeypatch.setattr(similarity, "KEY_CHUNK", key_chunk)
    queries, keys = (side.astype("float64") for side in sides)
    products, rows = nearest(*sides, 4)
    for number, query in enumerate(queries):
        ranked = sorted(range(len(keys)), key=lambda row: -sum(query[at] * keys[row, at] for at in range(6)))
        assert rows[number].tolist() == ranked[:4]
        assert products[number] == pytest.approx([np.dot(query, keys[row]) for row in ranked[:4]], abs=1e-6)


@pytest.mark.parametrize("key_chunk", [32768, 2])
def test_of_equal_products_the_lowest_row_comes_first(monkeypatch, key_chunk):
    monkeypatch.setattr(similarity, "KEY_CHUNK", key_chunk)
    keys = np.array([[0, 1], [1, 0], [0, 1], [1, 0], [1, 0]], "float32")
    assert nearest(np.array([[1, 0]], "float32"), keys, 4)[1].tolist() == [[1, 3, 4, 0]]


def test_there_are_no_more_neighbours_than_keys():
    products, rows = nearest(np.eye(3, dtype="float32"), np.eye(3, dtype="float32")[:2], 4)
    assert products.shape == rows.shape == (3, 2)


def test_distance_equals_a_double_loop_far_from_the_origin():
    random = np.random.default_rng(6)
    queries = (random.normal(size=(20, 5)) + 100).astype("float32")
    keys = (random.normal(size=(30, 5)) * [1, 2, 3, 4, 5] + 100).astype("float32")
    expected = [min(range(30), key=lambda row: ((query - keys[row]) ** 2).sum()) for query in queries.astype("float64")]
    assert nearest_by_distance(queries, keys).tolist() == expected


def test_a_shift_moves_one_mean_onto_the_other():
    shifted = shifted_to(np.array([[1, 2], [3, 4]], "float32"), np.array([[10, 0], [20, 0], [30, 3]], "float32"))
    assert shifted.tolist() == [[19, 0], [21, 2]]


def test_the_papers_shift_undoes_what_sets_two_languages_apart():
    random = np.random.default_rng(0)
    english = random.normal(size=(40, 6)).astype("float32")
    foreign = english + 5 * random.normal(size=6).astype("float32")
    assert (nearest_by_distance(foreign, english) == np.arange(40)).mean() < 0.5
    assert (nearest_by_distance(shifted_to(foreign, english), english) == np.arange(40)).all()


def test_unit_rows_have_length_one_and_zeros_stay():
    rows = unit_rows([[3, 4], [0, 0]])
    assert rows == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))


def test_margin_worked_by_hand():
    sources = np.array([[1, 0], [0.6, 0.8]], "float32")
    targets = np.array([[1, 0], [0, 1]], "float32")
    found = margin_candidates(sources, targets, "ratio", neighbours=2)
    # Cosines: [[1, 0], [.6, .8]]; averages of sources .5, .7, of targets .8, .4.
    assert found.forward.tolist() == [[0, 1], [1, 0]]
    assert found.forward_scores == pytest.approx(np.array([[1 / 0.65, 0 / 0.45], [0.8 / 0.55, 0.6 / 0.75]]), abs=1e-6)
    assert found.backward.tolist() == [[0, 1], [1, 0]]
    assert found.backward_scores == pytest.approx(np.array([[1 / 0.65, 0.6 / 0.75], [0.8 / 0.55, 0]]), abs=1e-6)
    targets_of, scores = found.best_targets
    assert targets_of.tolist() == [0, 1]
    assert scores == pytest.approx([1 / 0.65, 0.8 / 0.55], abs=1e-6)


@pytest.mark.parametrize("margin", MARGINS)
def test_margins_equal_a_double_loop(sides, margin):
    sources, targets = (side.astype("float64") for side in sides)
    cosines = [[float(np.dot(source, target)) for target in targets] for source in sources]
    rows = [np.mean(sorted(row)[-4:]) for row in cosines]
    columns = [np.mean(sorted(column)[-4:]) for column in zip(*cosines, strict=True)]
    found = margin_candidates(*sides, margin)
    for i in range(len(sources)):
        for j, score in zip(found.forward[i], found.forward_scores[i], strict=True):
            average = (rows[i] + columns[j]) / 2
            expected = {"ratio": cosines[i][j] / average, "distance": cosines[i][j] - average}
            assert score == pytest.approx(expected.get(margin, cosines[i][j]), abs=2e-6)
    for j in range(len(targets)):
        assert found.backward[j].tolist() == sorted(range(len(sources)), key=lambda i: -cosines[i][j])[:4]
