"""Windows: the tokenizer's own rows, and labels that point at the answer's characters."""

import json

import numpy as np
import pytest

from rembert_tf import RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tasks.question_answering.squad_file import Answer, Question, read_questions
from rembert_tf.tasks.question_answering.windows import answer_positions, make_windows
from tests.golden import fixture
from tests.tasks.question_answering.squad_data import SMALL, THAI, TOWER, XTREME_LIKE, needs_real_data, write


@pytest.fixture(scope="module", params=["udef_bytes_8k", "ctrl_16k"])
def tokenizer(request):
    return RemBertTokenizerFast.from_pretrained(str(fixture(f"tokenizer/models/{request.param}/sentencepiece.model")))


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    return read_questions([write(tmp_path_factory.mktemp("data"), "a.json", SMALL)])


def spelled(windows, window, positions, question):
    """Returns the text that a pair of positions points at."""
    first, last = windows.splits[window] + positions
    return question.context[windows.offsets[first, 0] : windows.offsets[last, 1]].strip()


def asked(context, answer, start=None, text="Which?"):
    answers = () if answer is None else (Answer(answer, context.index(answer) if start is None else start),)
    return Question("1", text, context, answers)


def test_rows_are_those_of_the_tokenizer(tokenizer, questions):
    windows = make_windows(tokenizer, questions, 40, doc_stride=6, max_question_length=8)
    expected = tokenizer.encode_question_windows(
        [question.text for question in questions],
        [question.context for question in questions],
        max_length=40,
        stride=6,
        max_question_length=8,
        padding="max_length",
    )
    assert len(windows) > len(questions)
    assert windows.question.tolist() == expected["overflow_to_sample_mapping"].numpy().tolist()
    dataset, order = windows.batches(tokenizer.pad_token_id, 4).ordered_dataset()
    rows = 0
    for inputs in dataset:
        width = inputs["input_ids"].shape[1]
        chosen = order[rows : rows + len(inputs["input_ids"])]
        assert width == min(-(-windows.lengths[chosen].max() // 32) * 32, windows.lengths.max())
        for name in ("input_ids", "token_type_ids", "attention_mask"):
            np.testing.assert_array_equal(inputs[name], expected[name].numpy()[chosen, :width])
        rows += len(chosen)
    assert rows == len(windows)


def test_many_questions_are_the_same_as_each_alone(tokenizer, questions, monkeypatch):
    whole = make_windows(tokenizer, questions, 32)
    monkeypatch.setattr("rembert_tf.tasks.question_answering.windows.CHUNK", 2)
    parts = make_windows(tokenizer, questions, 32)
    for name in ("ids", "splits", "question", "context_start", "offsets", "answerable"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_labels_cover_the_answer_and_no_more_pieces_than_that(tokenizer, questions):
    windows = make_windows(tokenizer, questions, 384)
    assert len(windows) == len(questions)
    for window, (question, positions) in enumerate(zip(questions, answer_positions(windows, questions), strict=True)):
        answer = question.answers[0]
        spans = windows.offsets[windows.splits[window] : windows.splits[window + 1]]
        first, last = spans[positions[0]], spans[positions[1]]
        assert first[0] <= answer.start < first[1]
        assert last[0] < answer.start + len(answer.text) <= last[1]


@pytest.mark.parametrize("answer", ["Gustave Eiffel", "1889", "Paris", "The", "Mars."])
def test_labels_spell_the_answer_where_pieces_end_with_it(small_tokenizer, answer):
    question = asked(TOWER, answer)
    windows = make_windows(small_tokenizer, [question], 384)
    found = spelled(windows, 0, answer_positions(windows, [question])[0], question)
    assert answer in found and len(found) <= len(answer) + 1


def test_thai_answers_are_not_rounded_to_the_word(small_tokenizer):
    # Without spaces, the whole sentence would be one "word".
    question = asked(THAI, "เมืองหลวง")
    windows = make_windows(small_tokenizer, [question], 384)
    assert spelled(windows, 0, answer_positions(windows, [question])[0], question) == "เมืองหลวง"


def test_a_character_in_byte_pieces_is_found(small_tokenizer):
    question = asked("x 𓀀𓀁 y", "𓀁")
    windows = make_windows(small_tokenizer, [question], 384)
    assert spelled(windows, 0, answer_positions(windows, [question])[0], question) == "𓀁"


def test_white_space_around_an_answer_is_passed_over(tokenizer):
    loose, tight = asked(TOWER, " Paris", TOWER.index(" Paris")), asked(TOWER, "Paris")
    windows = make_windows(tokenizer, [loose, tight], 384)
    positions = answer_positions(windows, [loose, tight])
    assert positions[0].tolist() == positions[1].tolist()


def test_characters_that_normalization_drops_do_not_hide_the_answer(tokenizer):
    context = "\u200bParis\u200b is here"
    question = asked(context, "\u200bParis\u200b")
    windows = make_windows(tokenizer, [question], 384)
    positions = answer_positions(windows, [question])[0]
    assert positions[0] > 0 and "Paris" in spelled(windows, 0, positions, question)


def test_only_windows_with_the_whole_answer_are_labelled_with_it(tokenizer):
    context = " ".join(f"word{number}" for number in range(100))
    question = asked(context, "word50 word51")
    windows = make_windows(tokenizer, [question], 48, doc_stride=16, max_question_length=8)
    positions = answer_positions(windows, [question])
    labelled = [window for window in range(len(windows)) if positions[window].any()]
    assert 1 <= len(labelled) <= 2 < len(windows)
    for window in range(len(windows)):
        spans = windows.offsets[windows.context(window)]
        start = question.answers[0].start
        inside = spans[0, 0] <= start and start + len("word50 word51") <= spans[-1, 1]
        assert inside == (window in labelled)
        if inside:
            assert spelled(windows, window, positions[window], question) == "word50 word51"
        else:
            assert positions[window].tolist() == [0, 0]


def test_consecutive_windows_share_the_stride_and_lose_nothing(tokenizer):
    context = " ".join(f"word{number}" for number in range(60))
    windows = make_windows(tokenizer, [asked(context, "word1")], 40, doc_stride=10, max_question_length=8)
    ids = [windows.ids[windows.context(window)] for window in range(len(windows))]
    joined = np.concatenate([ids[0], *(part[10:] for part in ids[1:])])
    np.testing.assert_array_equal(joined, tokenizer.tokenize_to_ids([context], split_special_tokens=True)[0])


def test_only_the_first_answer_is_trained_on(tokenizer, questions):
    windows = make_windows(tokenizer, questions, 384)
    third = questions[2]
    assert [answer.text for answer in third.answers] == ["Paris", "on the Champ de Mars"]
    assert spelled(windows, 2, answer_positions(windows, questions)[2], third).strip(",") == "Paris"


def test_impossible_questions_train_to_the_first_position(tokenizer):
    impossible = Question("1", "Which?", TOWER, is_impossible=True)
    windows = make_windows(tokenizer, [impossible], 384)
    assert answer_positions(windows, [impossible]).tolist() == [[0, 0]]


def test_questions_without_answers_cannot_be_trained_on(tokenizer):
    unknown = Question("u7", "Which?", TOWER, path="x.json")
    with pytest.raises(InputError, match="x.json, question 'u7': no answer is given"):
        answer_positions(make_windows(tokenizer, [unknown], 384), [unknown])


@pytest.mark.parametrize("context", ["", " ", "\u200b", "\n\n"])
def test_contexts_without_pieces_have_a_window(tokenizer, context):
    windows = make_windows(tokenizer, [asked(context, None), asked(TOWER, "1889")], 384)
    assert windows.question.tolist() == [0, 1]
    assert not windows.answerable[windows.context(0)].any()
    assert answer_positions(windows, [Question("1", "?", context, is_impossible=True), asked(TOWER, "1889")])[1].any()


@pytest.mark.parametrize("max_length", [5, 6, 9, 16, 64, 128])
def test_short_rows_still_advance(tokenizer, max_length):
    question = asked(TOWER, "1889", text="When was the tower built by Gustave Eiffel in the city of Paris? " * 5)
    windows = make_windows(tokenizer, [question], max_length)
    assert windows.lengths.max() <= max_length
    covered = {tuple(span) for window in range(len(windows)) for span in windows.offsets[windows.context(window)]}
    whole = make_windows(tokenizer, [question], 384)
    assert covered == {tuple(span) for span in whole.offsets[whole.context(0)]}


def test_rows_without_room_are_refused(tokenizer):
    with pytest.raises(InputError, match="max_length must be 5 or more .* not 4"):
        make_windows(tokenizer, [asked(TOWER, "1889")], 4)


def test_training_batches_hold_the_labels_of_their_rows(tokenizer, questions):
    windows = make_windows(tokenizer, questions, 32)
    positions = answer_positions(windows, questions)
    batches = windows.batches(tokenizer.pad_token_id, 3, positions)
    seen = []
    for inputs, labels in batches.training_dataset(2, seed=5):
        for ids, mask, start, end in zip(
            inputs["input_ids"].numpy(),
            inputs["attention_mask"].numpy(),
            labels["start_positions"].numpy(),
            labels["end_positions"].numpy(),
            strict=True,
        ):
            seen.append((tuple(ids[mask == 1]), start, end))
    expected = [
        (tuple(windows.ids[windows.splits[row] : windows.splits[row + 1]]), *positions[row])
        for row in range(len(windows))
    ]
    assert sorted(seen) == sorted(2 * expected)
    again = [labels["start_positions"].numpy().tolist() for _, labels in batches.training_dataset(2, seed=5)]
    assert again == [labels["start_positions"].numpy().tolist() for _, labels in batches.training_dataset(2, seed=5)]


def test_labels_hold_every_piece_of_any_answer_in_nasty_texts(tokenizer):
    random = np.random.default_rng(0)
    questions = []
    for text in json.loads(fixture("tokenizer/strings.json").read_text("utf-8")):
        text = text["text"] if isinstance(text, dict) else text
        start, end = sorted(random.integers(0, len(text) + 1, 2).tolist())
        if text[start:end].strip():
            questions.append(asked(text, text[start:end], start))
    assert len(questions) > 150
    windows = make_windows(tokenizer, questions, 64)
    positions = answer_positions(windows, questions)
    for question, group in zip(questions, windows.groups(), strict=True):
        start, end = question.answers[0].start, question.answers[0].start + len(question.answers[0].text)
        for window in group:
            part = windows.context(window)
            spans = windows.offsets[part][windows.answerable[part]]
            first, last = positions[window] - windows.context_start[window]
            if first < 0:
                assert len(group) > 1 or not any(span[0] < end and span[1] > start for span in spans)
                continue
            labelled = windows.offsets[part][first : last + 1]
            assert labelled[0, 1] > start and labelled[-1, 0] < end
            of_answer = [span for span in spans if span[0] < end and span[1] > start and span[1] > span[0]]
            # White space around the answer may belong to a neighbour's piece.
            of_answer = [
                span for span in of_answer if question.context[max(span[0], start) : min(span[1], end)].strip()
            ]
            assert labelled[0, 0] <= of_answer[0][0] and labelled[-1, 1] >= of_answer[-1][1]


@needs_real_data
@pytest.mark.parametrize(
    "name", ["xquad/xquad.hi.json.xz", "xquad/xquad.ru.json.xz", "tydiqa_goldp/tydiqa.goldp.ko.dev.json.xz"]
)
def test_real_answers_are_covered_by_their_labels(small_tokenizer, name):
    questions = read_questions([XTREME_LIKE / name])[:200]
    windows = make_windows(small_tokenizer, questions, 384)
    positions = answer_positions(windows, questions)
    for question, group in zip(questions, windows.groups(), strict=True):
        labelled = [window for window in group if positions[window].any()]
        assert labelled, question.id
        for window in labelled:
            assert question.answers[0].text.strip() in spelled(windows, window, positions[window], question)
