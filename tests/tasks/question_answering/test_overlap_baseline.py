"""The baseline without a model: cases worked by hand, and what it reaches on real questions."""

import pytest

from rembert_tf.tasks.question_answering.overlap_baseline import overlap_answer
from rembert_tf.tasks.question_answering.tasks import Xquad
from tests.tasks.question_answering.squad_data import XTREME_LIKE, needs_real_data

CONTEXT = "The hall was painted green. The tower was built by Gustave Eiffel. Visitors like the hall."


def test_the_answer_is_what_the_best_sentence_adds_to_the_question():
    assert overlap_answer("Who was the tower built by?", CONTEXT) == "Gustave Eiffel"
    assert overlap_answer("What was the hall painted?", CONTEXT) == "green"


def test_rare_words_count_more():
    context = "The the of of a lot. In the zoo lives Bob."
    assert overlap_answer("Of the a zoo in lives?", context) == "Bob"


def test_chinese_is_cut_at_every_character_and_at_its_own_full_stops():
    assert overlap_answer("东京塔高多少？", "大阪很大。东京塔高333米。") == "333米"


@pytest.mark.parametrize(("context", "expected"), [("", ""), ("…!", ""), ("Who?", "Who")])
def test_every_context_has_an_answer(context, expected):
    assert overlap_answer("Who?", context) == expected


def test_answers_stand_in_their_context():
    for question in ("", "tower", "Who was the tower built by, and when?", "塔"):
        assert overlap_answer(question, CONTEXT) in CONTEXT


@needs_real_data
def test_it_finds_something_of_the_answers_of_xquad():
    task = Xquad()
    questions = task.read([XTREME_LIKE / "xquad" / "xquad.en.json.xz"])
    score = task.score(questions, [overlap_answer(question.text, question.context) for question in questions])
    # Far from a model's 0.8 and far from nothing.
    assert 0.10 < score["f1"] < 0.30 and score["exact_match"] < 0.05
