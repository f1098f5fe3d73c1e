"""Answers: scores that are planted come out as the text they point at."""

import json

import numpy as np
import pytest

from rembert_tf.tasks.question_answering.answers import Answerer, AnswerSettings
from rembert_tf.tasks.question_answering.squad_file import Question
from rembert_tf.tasks.question_answering.tasks import Xquad
from rembert_tf.tasks.question_answering.windows import answer_positions, make_windows
from tests.tasks.question_answering.squad_data import CHINESE, THAI, TOWER, XTREME_LIKE, needs_real_data

XTREME = AnswerSettings()
LONG = " ".join(f"word{number}" for number in range(60)) + " "


@pytest.fixture
def answer(small_tokenizer):
    """Answers a question about a context from planted scores, {(window or None, text, "start" or "end"): score}."""

    def answer(context, planted, settings=XTREME, max_length=384, order=1, null=0.0, **lengths):
        question = Question("1", "Which?", context)
        windows = make_windows(small_tokenizer, [question], max_length, **lengths)
        answerer = Answerer(windows, [question], settings)
        for window in list(range(len(windows)))[::order]:
            logits = {"start": np.zeros(windows.lengths[window] + 3), "end": np.zeros(windows.lengths[window] + 3)}
            logits["start"][0] = null
            for (chosen, text, side), score in planted.items():
                place = piece_of(windows, window, context, text, side)
                if chosen in (None, window) and place is not None:
                    logits[side][place] = score
            answerer.add(window, logits["start"].astype("float32"), logits["end"].astype("float32"))
        return answerer.answers()[0]

    return answer


def piece_of(windows, window, context, text, side):
    """Returns the position in the row of the piece with the first or the last character of a text."""
    character = context.index(text) + (len(text) - 1 if side == "end" else 0)
    part = windows.context(window)
    spans = windows.offsets[part]
    covering = np.flatnonzero((spans[:, 0] <= character) & (character < spans[:, 1]))
    return int(covering[0] + windows.context_start[window]) if len(covering) else None


def planted(text, score=5.0, window=None):
    return {(window, text, "start"): score, (window, text, "end"): score}


@pytest.mark.parametrize(
    ("context", "text"),
    [(TOWER, "Gustave Eiffel"), (TOWER, "1889"), (THAI, "เมืองหลวง"), (CHINESE, "332.9米"), ("x 𓀀𓀁 y", "𓀁")],
)
def test_the_answer_is_the_contexts_own_text(answer, context, text):
    found = answer(context, planted(text))
    assert text in found["text"] and len(found["text"]) <= len(text) + 1
    assert context[found["start"] : found["end"]] == found["text"]
    assert found["text"] == found["text"].strip()


def test_white_space_of_pieces_is_stripped_and_spans_move_with_it(answer):
    found = answer("A  \u3000 wide\u3000gap  here", planted("wide"))
    assert (found["text"], found["start"], found["end"]) == ("wide", 5, 9)


def test_answers_are_as_long_as_allowed(answer):
    scores = {(None, "word1 ", "start"): 9.0, (None, "word40", "end"): 9.0}
    short = answer(LONG, scores, AnswerSettings(max_answer_length=30))
    assert short["n_best"][0]["start_logit"] + short["n_best"][0]["end_logit"] < 18
    assert answer(LONG, scores, AnswerSettings(max_answer_length=300))["text"].startswith("word1 word2")


def test_an_end_before_the_start_is_no_answer(answer):
    found = answer(TOWER, {(None, "Paris", "start"): 9.0, (None, "1889", "end"): 9.0})
    assert found["end"] > found["start"]
    assert found["n_best"][0]["start_logit"] + found["n_best"][0]["end_logit"] == 9.0


def test_the_question_is_never_the_answer(answer, small_tokenizer):
    question = Question("1", "Paris Paris?", TOWER)
    windows = make_windows(small_tokenizer, [question], 384)
    answerer = Answerer(windows, [question], AnswerSettings())
    logits = np.zeros(windows.lengths[0], "float32")
    logits[1 : windows.context_start[0]] = 100.0
    logits[-1] = 100.0
    answerer.add(0, logits, logits)
    best = answerer.answers()[0]["n_best"][0]
    assert best["start_logit"] == best["end_logit"] == 0.0


def test_the_best_window_wins_in_whatever_order_they_come(answer):
    settings = {"max_length": 40, "doc_stride": 10, "max_question_length": 8}
    scores = {**planted("word10", 4.0), **planted("word50", 6.0)}
    found = answer(LONG, scores, **settings)
    assert found["text"] == "word50"
    assert found == answer(LONG, scores, order=-1, **settings)


def test_a_piece_starts_answers_only_where_it_has_most_context(answer, small_tokenizer):
    settings = {"max_length": 40, "doc_stride": 16, "max_question_length": 8}
    windows = make_windows(small_tokenizer, [Question("1", "Which?", LONG)], **settings)
    spans = windows.offsets[windows.context(1)]
    first = windows.offsets[windows.context(0)]
    # The last whole word of the first window stands in the second one too, with more around it.
    word = [word for word in LONG.split() if LONG.index(f"{word} ") + len(word) <= first[-1, 1]][-1]
    assert spans[0, 0] <= LONG.index(word)
    assert answer(LONG, planted(word, 9.0, window=0), **settings)["text"] != word
    assert answer(LONG, planted(word, 9.0, window=1), **settings)["text"] == word


def test_candidates_are_different_texts_best_first(answer):
    found = answer("tower tower tower hall", {**planted("hall", 3.0)}, AnswerSettings(n_best=4))
    texts = [one["text"] for one in found["n_best"]]
    assert texts[0] == "hall" and len(texts) == len(set(texts)) == 4
    totals = [one["start_logit"] + one["end_logit"] for one in found["n_best"]]
    assert totals == sorted(totals, reverse=True)
    expected = np.exp(np.array(totals) - totals[0])
    np.testing.assert_allclose([one["probability"] for one in found["n_best"]], expected / expected.sum(), rtol=1e-6)


def test_equal_scores_go_to_the_earliest_and_shortest(answer):
    found = answer("alpha beta gamma", {})
    assert "alpha".startswith(found["text"]) and found["start"] == 0


@pytest.mark.parametrize(("threshold", "text"), [(None, "1889"), (0.0, ""), (1.9, ""), (2.0, "1889"), (5.0, "1889")])
def test_no_answer_is_given_where_it_beats_the_best_by_more_than_the_threshold(answer, threshold, text):
    found = answer(TOWER, planted("1889", 4.0), AnswerSettings(null_threshold=threshold), null=10.0)
    assert found["null_score_difference"] == pytest.approx(2.0)
    assert found["text"] == text
    assert (found["start"] is None) == (text == "")


def test_the_least_score_of_no_answer_counts(answer, small_tokenizer):
    windows = make_windows(small_tokenizer, [Question("1", "Which?", LONG)], 40)
    answerer = Answerer(windows, [Question("1", "Which?", LONG)], AnswerSettings())
    for window in range(len(windows)):
        logits = np.zeros(windows.lengths[window], "float32")
        logits[0] = 1.0 + window
        answerer.add(window, logits, logits)
    assert len(windows) > 1 and answerer.answers()[0]["null_score_difference"] == 2.0


@pytest.mark.parametrize("context", ["", " ", "\u200b"])
def test_a_context_without_text_has_the_empty_answer(answer, context):
    found = answer(context, {})
    assert found["text"] == "" and found["n_best"] == [] and found["null_score_difference"] is None


def test_predictions_are_json(answer):
    found = answer(TOWER, planted("1889"))
    assert json.loads(json.dumps(found)) == found


@needs_real_data
@pytest.mark.parametrize("language", ["en", "hi", "ru"])
def test_a_model_that_predicts_the_labels_answers_right(small_tokenizer, language):
    task = Xquad()
    questions = task.read([XTREME_LIKE / "xquad" / f"xquad.{language}.json.xz"])[:250]
    windows = make_windows(small_tokenizer, questions, 384)
    answerer = Answerer(windows, questions, AnswerSettings(max_answer_length=200))
    for window, labels in enumerate(answer_positions(windows, questions)):
        logits = np.zeros((2, windows.lengths[window]), "float32")
        logits[[0, 1], labels] = 9.0
        answerer.add(window, *logits)
    # What is missing are answers that begin or end inside a piece.
    assert task.score(questions, answerer.answers())["f1"] > 0.99
