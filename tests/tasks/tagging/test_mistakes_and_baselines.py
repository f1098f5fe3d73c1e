"""The error analysis and the baselines, against cases worked by hand."""

import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.tagging.baselines import most_frequent_tag, most_frequent_tag_of_word
from rembert_tf.tasks.tagging.tag_mistakes import word_in_context
from rembert_tf.tasks.tagging.udpos import UdPos
from tests.tasks.tagging.conftest import UDPOS

TASK = UdPos()


def test_a_mistake_shows_the_word_and_how_sure_the_model_was(write):
    data = TASK.read([write(UDPOS, "test-de.tsv")])
    predictions = [
        {"tags": ["DET", "VERB", "VERB", "PUNCT"], "scores": [0.9, 0.7, 0.6, 1.0]},
        {"tags": ["PROPN", "NOUN"], "scores": [0.8, 0.4]},
    ]
    mistakes, counts = TASK.mistakes(data, predictions)
    first, second = mistakes
    assert first.text == "The >>dog<< barks ."
    assert (first.expected, first.predicted, first.badness) == ("NOUN", "VERB", 0.7)
    assert (first.language, first.length) == ("de", 4)
    assert (second.text, second.badness) == ("New York >>sleeps<<", 0.4)
    assert counts == {
        ("DET", "DET"): 1,
        ("NOUN", "VERB"): 1,
        ("VERB", "VERB"): 1,
        ("PUNCT", "PUNCT"): 1,
        ("PROPN", "PROPN"): 1,
        ("VERB", "NOUN"): 1,
    }


def test_long_sentences_show_only_the_neighbourhood():
    words = [str(number) for number in range(30)]
    assert word_in_context(words, 15) == "... 7 8 9 10 11 12 13 14 >>15<< 16 17 18 19 20 21 22 23 ..."
    assert word_in_context(words, 0) == ">>0<< 1 2 3 4 5 6 7 8 ..."
    assert word_in_context(words[:10], 8) == "0 1 2 3 4 5 6 7 >>8<< 9"


TRAINING = "run\tVERB\nrun\tVERB\nrun\tNOUN\n\na\tDET\nb\tNOUN\nb\tVERB\nc\tNOUN\nd\tNOUN\n"


def test_most_frequent_tag(write):
    training = TASK.read([write(TRAINING)])
    test = TASK.read([write("run\nx\n", "test-en.tsv")])
    # NOUN 4, VERB 3, DET 1.
    assert most_frequent_tag(training, test) == [{"tags": ["NOUN", "NOUN"], "scores": [0.5, 0.5]}]


def test_most_frequent_tag_of_a_word(write):
    training = TASK.read([write(TRAINING)])
    test = TASK.read([write("run\nRun\nb\na\n", "test-en.tsv")])
    [prediction] = most_frequent_tag_of_word(training, test)
    assert prediction["tags"] == ["VERB", "NOUN", "NOUN", "DET"]
    assert prediction["scores"] == [pytest.approx(2 / 3), 0.5, 0.5, 1.0]


def test_baselines_are_scored_like_models(write):
    training = TASK.read([write(TRAINING)])
    scores = TASK.score(training, most_frequent_tag_of_word(training, training))
    assert scores["accuracy"] == 6 / 8


@pytest.mark.parametrize("baseline", [most_frequent_tag, most_frequent_tag_of_word])
def test_baselines_need_tags(write, baseline):
    untagged = TASK.read([write("a\nb\n")])
    with pytest.raises(InputError, match="line 1: no tag; .* for a baseline"):
        baseline(untagged, untagged)
