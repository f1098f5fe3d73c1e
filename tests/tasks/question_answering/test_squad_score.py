"""Exact match and F1: equal to Model Garden's copies of the official scripts on random and hostile answers."""

import numpy as np
import pytest

from rembert_tf.tasks.question_answering.squad_score import best_scores, best_scores_or_none, normalized

WORDS = ["the", "a", "An", "tower", "Tower.", "1889", "3,000", "—", "«x»", "Türme", "İ", "東京", "タワー", "the-end"]
HOSTILE = ["", " ", "the", "a an the", "...", "\u00a0", "\u200b", "e\u0301", "é", "ß", "SS", "東京タワー", "١٩٥٨"]
HOSTILE += ["\n1\t", "theatre", "a\u0301n", "THE", "_", "a_b", "¿qué?", "\u2028"]


def random_texts(count, seed):
    random = np.random.default_rng(seed)
    for _ in range(count):
        words = random.choice(WORDS, size=random.integers(0, 6))
        yield random.choice([" ".join(words), random.choice(HOSTILE)])


def data_set(answers):
    qas = [{"id": str(row), "answers": [{"text": text} for text in texts]} for row, texts in enumerate(answers)]
    return [{"paragraphs": [{"qas": qas}]}]


@pytest.mark.interop
def test_squad_1_is_as_the_official_script_counts():
    official = pytest.importorskip("official.nlp.tools.squad_evaluate_v1_1", reason="needs tf-models-official")
    texts = iter(random_texts(4000, seed=1))
    for _ in range(1000):
        prediction, answers = str(next(texts)), [str(next(texts)) for _ in range(3)]
        expected = official.evaluate(data_set([answers]), {"0": prediction})
        ours = best_scores(prediction, answers)
        assert ours == (expected["exact_match"], expected["final_f1"]), (prediction, answers)


@pytest.mark.interop
def test_squad_2_is_as_the_official_script_counts():
    official = pytest.importorskip("official.nlp.tools.squad_evaluate_v2_0", reason="needs tf-models-official")
    texts = iter(random_texts(4000, seed=2))
    random = np.random.default_rng(3)
    for _ in range(1000):
        prediction, answers = str(next(texts)), [str(next(texts)) for _ in range(random.integers(0, 3))]
        expected = official.evaluate(data_set([answers]), {"0": prediction})
        exact, f1 = best_scores_or_none(prediction, answers)
        assert (100 * exact, 100 * f1) == (expected["exact"], expected["f1"]), (prediction, answers)


@pytest.mark.interop
def test_hostile_texts_are_compared_as_the_official_script_does():
    official = pytest.importorskip("official.nlp.tools.squad_evaluate_v1_1", reason="needs tf-models-official")
    for prediction in HOSTILE:
        for answer in HOSTILE:
            expected = official.evaluate(data_set([[answer]]), {"0": prediction})
            assert best_scores(prediction, [answer]) == (expected["exact_match"], expected["final_f1"])


def test_worked_cases():
    assert normalized("The  Eiffel-Tower, (a) «Turm»!") == "eiffeltower «turm»"
    assert best_scores("in Paris", ["Lyon", "Paris, France"]) == (0.0, 0.5)
    assert best_scores("the Paris.", ["paris"]) == (1.0, 1.0)
    # Articles alone: the texts are equal, yet have no word in common.
    assert best_scores("the", ["a"]) == (1.0, 0.0)
    assert best_scores_or_none("the", ["a"]) == (1.0, 1.0)
    assert best_scores_or_none("", []) == (1.0, 1.0)
    assert best_scores_or_none("x", []) == (0.0, 0.0)
    assert best_scores_or_none("", ["x"]) == (0.0, 0.0)
