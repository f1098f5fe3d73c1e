"""Served readers: the answers, places and probabilities of the question-answering tasks."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertForQuestionAnswering
from rembert_tf.errors import InputError
from rembert_tf.serving.options import MOST_ANSWERS, QuestionAnsweringOptions
from rembert_tf.serving.signatures import chunks
from rembert_tf.serving.signatures.question_answering import QuestionAnsweringSignatures
from rembert_tf.tasks.question_answering.answers import MAX_ANSWER_LENGTH, N_BEST, AnswerSettings
from rembert_tf.tasks.question_answering.squad_file import Question, Questions, read_questions
from rembert_tf.tasks.question_answering.tasks import Xquad
from rembert_tf.tasks.question_answering.windows import DOC_STRIDE, MAX_QUESTION_LENGTH
from tests.serving.signatures.served import (
    HOSTILE,
    ask,
    assert_rows_alone_are_the_same,
    assert_servable,
    decoded,
    saved_and_loaded,
)
from tests.tasks.question_answering.squad_data import CHINESE, THAI, TOWER, XTREME_LIKE, needs_real_data

LENGTH = 40
OPTIONS = {"doc_stride": 12, "max_question_length": 10}
PAIRS = [
    ("Who built the tower?", TOWER),
    ("Who built the tower, and when, and why there, and what for?", f"  {TOWER}\n\u3000{TOWER} " * 3),
    ("เมืองหลวงของประเทศไทยคือที่ไหน", THAI),
    ("东京塔有多高？", CHINESE * 5),
    ("", "한 문장."),
    ("What?", " \u2003"),
    ("What?", ""),
    ("Где?", "Москва — столица России. " * 12),
    ("किसकी?", "दिल्ली भारत की राजधानी है। " * 9),
    ("أين؟", "القاهرة عاصمة مصر، وهي مدينة كبيرة."),
    ("Τι;", "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας."),
    ("a a", "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a"),
]


@pytest.fixture(scope="module")
def model(text_config):
    keras.utils.set_random_seed(3)
    return RemBertForQuestionAnswering(text_config.replace(num_labels=2, initializer_range=0.4))


@functools.cache  # tracing is what takes time here
def served(model, tokenizer, length=LENGTH, **options):
    module = QuestionAnsweringSignatures(model, tokenizer, length, QuestionAnsweringOptions(**{**OPTIONS, **options}))
    return module.serving_default()


def by_task(model, tokenizer, pairs, length=LENGTH, doc_stride=12, max_question_length=10, **settings):
    task = Xquad(AnswerSettings(**settings), doc_stride, max_question_length)
    questions = Questions(Question(str(number), *pair) for number, pair in enumerate(pairs))
    return task.predict(model, tokenizer, questions, 4, length)


def asked(function, pairs):
    questions, contexts = zip(*pairs, strict=True)
    return ask(function, question=list(questions), context=list(contexts))


def assert_same_answers(answer, expected, places):
    """Compares answers (batch, places) with the task's; equal up to the order of nearly equal ones."""
    for row, prediction in enumerate(expected):
        best = prediction["n_best"][:places]
        count = len(best)
        np.testing.assert_allclose(answer["score"][row, :count], [one["probability"] for one in best], atol=2e-6)
        known = {one["text"]: one for one in prediction["n_best"]}
        for place in range(count):
            text = answer["answer"][row, place].decode()
            one = known[text]
            assert one["probability"] == pytest.approx(answer["score"][row, place], abs=2e-6)
            assert (answer["start"][row, place], answer["end"][row, place]) == (one["start"], one["end"])
        assert not any(answer["answer"][row, count:])
        for name in ("start", "end", "score"):
            assert not answer[name][row, count:].any()


def test_defaults_are_those_of_the_task():
    options = QuestionAnsweringOptions()
    assert (options.doc_stride, options.max_question_length) == (DOC_STRIDE, MAX_QUESTION_LENGTH)
    assert (options.max_answer_length, MOST_ANSWERS) == (MAX_ANSWER_LENGTH, N_BEST)


@pytest.mark.parametrize("max_answer_length", [3, 30])
def test_answers_are_those_of_the_task(model, small_tokenizer, max_answer_length):
    function = served(model, small_tokenizer, top_k=MOST_ANSWERS, max_answer_length=max_answer_length)
    expected = by_task(model, small_tokenizer, PAIRS, max_answer_length=max_answer_length)
    assert max(len(prediction["n_best"]) for prediction in expected) == MOST_ANSWERS
    assert_same_answers(asked(function, PAIRS), expected, MOST_ANSWERS)


def test_the_best_answer_alone_has_no_dimension_of_its_own(model, small_tokenizer):
    one, many = (asked(served(model, small_tokenizer, top_k=k), PAIRS) for k in (1, MOST_ANSWERS))
    for name in ("answer", "start", "end", "score"):
        assert one[name].shape == (len(PAIRS),)
        np.testing.assert_array_equal(one[name], many[name][:, 0])


def test_answers_stand_where_they_say(model, small_tokenizer):
    contexts = decoded(HOSTILE)
    answer = ask(served(model, small_tokenizer, top_k=MOST_ANSWERS), question=HOSTILE[::-1], context=HOSTILE)
    for row, context in enumerate(contexts):
        for text, start, end in zip(answer["answer"][row], answer["start"][row], answer["end"][row], strict=True):
            assert 0 <= start <= end <= len(context)
            assert text.decode("utf-8") == context[start:end] == context[start:end].strip()
        texts = [text for text in answer["answer"][row] if text]
        assert len(set(texts)) == len(texts)
        # Exactly a context that has pieces has an answer.
        pieces = small_tokenizer([context], add_special_tokens=False, split_special_tokens=True)["input_ids"][0]
        assert bool(texts) == (len(pieces) > 0)


def test_rows_do_not_depend_on_their_batch(model, small_tokenizer):
    questions, contexts = zip(*PAIRS, strict=True)
    function = served(model, small_tokenizer, top_k=MOST_ANSWERS)
    assert_rows_alone_are_the_same(function, {"question": list(questions), "context": list(contexts)})


def test_what_is_not_utf8_is_read_as_python_decodes_it(model, small_tokenizer):
    function = served(model, small_tokenizer, top_k=MOST_ANSWERS)
    raw = asked(function, [(b"wh\xff?", text) for text in HOSTILE])
    clean = asked(function, [("wh\ufffd?", text) for text in decoded(HOSTILE)])
    for name, value in raw.items():
        np.testing.assert_array_equal(value, clean[name])


def test_no_answer_is_told_as_by_the_task(model, small_tokenizer):
    differences = [prediction["null_score_difference"] for prediction in by_task(model, small_tokenizer, PAIRS)]
    known = sorted(difference for difference in differences if difference is not None)
    threshold = (known[len(known) // 2 - 1] + known[len(known) // 2]) / 2
    answer = asked(served(model, small_tokenizer, null_threshold=threshold), PAIRS)
    expected = by_task(model, small_tokenizer, PAIRS, null_threshold=threshold)
    assert len({prediction["text"] == "" for prediction in expected}) == 2
    assert [text.decode() for text in answer["answer"]] == [prediction["text"] for prediction in expected]
    np.testing.assert_allclose(answer["score"], [prediction["probability"] for prediction in expected], atol=2e-6)


def test_an_empty_batch_is_answered(model, small_tokenizer):
    for top_k, shape in ((1, (0,)), (MOST_ANSWERS, (0, MOST_ANSWERS))):
        answer = ask(served(model, small_tokenizer, top_k=top_k), question=[], context=[])
        assert {name: value.shape for name, value in answer.items()} == dict.fromkeys(
            ("answer", "start", "end", "score"), shape
        )


def test_columns_of_different_lengths_are_refused(model, small_tokenizer):
    with pytest.raises(tf.errors.InvalidArgumentError, match="question and context must have as many rows"):
        ask(served(model, small_tokenizer), question=["a", "b"], context=["c"])


@pytest.mark.slow
def test_work_in_small_portions_changes_nothing(model, small_tokenizer, monkeypatch):
    whole = asked(served(model, small_tokenizer, top_k=MOST_ANSWERS), PAIRS)
    monkeypatch.setattr(chunks, "CHUNK_PIECES", 100)
    portions = asked(served.__wrapped__(model, small_tokenizer, top_k=MOST_ANSWERS), PAIRS)
    np.testing.assert_allclose(whole["score"], portions["score"], atol=1e-6)


@pytest.mark.slow
def test_a_written_model_answers_the_same(model, small_tokenizer, tmp_path):
    module = QuestionAnsweringSignatures(model, small_tokenizer, LENGTH, QuestionAnsweringOptions(**OPTIONS))
    function = saved_and_loaded(module, tmp_path / "1")
    assert_servable(function, tmp_path / "1")
    answer, expected = asked(function, PAIRS), asked(module.serving_default(), PAIRS)
    np.testing.assert_allclose(answer.pop("score"), expected.pop("score"), atol=1e-6)
    for name, value in answer.items():
        np.testing.assert_array_equal(value, expected[name])
    assert sorted(module.sample_inputs("x")) == ["context", "question"]


REAL = [
    *(f"xquad/xquad.{code}" for code in ("ar", "de", "el", "en", "es", "hi", "ru", "tr")),
    *(f"tydiqa_goldp/tydiqa.goldp.{name}" for name in ("fi.dev", "id.dev", "ko.dev", "sw.train")),
]


@pytest.mark.slow
@needs_real_data
@pytest.mark.parametrize("name", REAL)
def test_real_questions_are_answered_as_by_the_task(model, small_tokenizer, name):
    questions = read_questions([str(XTREME_LIKE / f"{name}.json.xz")])[::20][:40]
    pairs = [(question.text, question.context) for question in questions]
    function = served(model, small_tokenizer, 64, top_k=MOST_ANSWERS)
    assert_same_answers(asked(function, pairs), by_task(model, small_tokenizer, pairs, 64), MOST_ANSWERS)


@pytest.mark.slow
def test_the_narrowest_windows_answer_too(model, small_tokenizer):
    least = QuestionAnsweringSignatures.least_length(QuestionAnsweringOptions(), False)
    # In windows of two pieces, equal stretches of one context score equally: none may occur twice.
    pairs = [("Where?", "Москва北京Paris"), ("?", "x y"), ("What is it?", "東京タワー"), ("", "")]
    function = served(model, small_tokenizer, least, top_k=MOST_ANSWERS)
    assert_same_answers(asked(function, pairs), by_task(model, small_tokenizer, pairs, least), MOST_ANSWERS)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("top_k", 0, "top_k must be an integer from 1 to 20, not 0"),
        ("top_k", 21, "top_k must be an integer from 1 to 20, not 21"),
        ("doc_stride", -1, "doc_stride must be a number of pieces, 0 or more, not -1"),
        ("max_answer_length", 0, "max_answer_length must be a number of pieces, 1 or more, not 0"),
        ("max_question_length", True, "max_question_length must be a number of pieces, 1 or more, not True"),
        ("null_threshold", "low", "null_threshold must be a number or None, not 'low'"),
        ("null_threshold", float("nan"), "null_threshold must be a number or None, not nan"),
    ],
)
def test_impossible_options(option, value, message):
    with pytest.raises(InputError, match=message):
        QuestionAnsweringOptions(**{option: value})
