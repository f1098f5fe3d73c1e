"""Reading SQuAD's format: what every field becomes, and an error with file and question for every fault."""

import copy
import json
import lzma

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tasks.question_answering.squad_file import Answer, read_questions
from tests.tasks.question_answering.squad_data import SMALL, TOWER, XTREME_LIKE, entry, needs_real_data, squad, write


def test_questions_have_contexts_answers_and_languages(tmp_path):
    questions = read_questions([write(tmp_path, "xquad.en.json", SMALL)])
    assert [question.id for question in questions] == ["q1", "q2", "q3", "q4", "q5", "q6"]
    assert questions.languages == ["en"] * 6
    first = questions[0]
    assert (first.text, first.context) == ("Who built the tower?", TOWER)
    assert first.answers == (Answer("Gustave Eiffel", 23), Answer("Eiffel", 31))
    assert not first.is_impossible


@pytest.mark.parametrize(
    ("name", "question", "context"),
    [
        ("test-context-de-question-es.json", "es", "de"),
        ("tydiqa.goldp.ko.train.json", "ko", "ko"),
        ("train-v1.1.json", "", ""),
    ],
)
def test_languages_of_question_and_context_come_from_the_name(tmp_path, name, question, context):
    (tmp_path / "x").mkdir()
    read = read_questions([write(tmp_path / "x", name, SMALL)])[0]
    assert (read.language, read.context_language) == (question, context)


def test_the_original_tydiqa_file_tells_languages_in_its_ids(tmp_path):
    content = squad((TOWER, [entry("finnish-123-0", "?", TOWER, "1889"), entry("telugu-1-1", "?", TOWER, "Paris")]))
    assert read_questions([write(tmp_path, "tydiqa-goldp-v1.1-train.json", content)]).languages == ["fi", "te"]


def test_compressed_files_and_bare_lists_of_articles_are_read(tmp_path):
    (tmp_path / "a.en.json.xz").write_bytes(lzma.compress(json.dumps(SMALL["data"]).encode()))
    assert len(read_questions([tmp_path / "a.en.json.xz"])) == 6


def test_files_without_answers_are_read(tmp_path):
    content = copy.deepcopy(SMALL)
    for article in content["data"]:
        for qa in article["paragraphs"][0]["qas"]:
            qa.pop("answers")
    assert all(question.answers == () for question in read_questions([write(tmp_path, "a.json", content)]))


def test_answers_that_xtreme_emptied_are_no_answers(tmp_path):
    emptied = {"id": "a", "question": "?", "answers": [{"text": "", "answer_start": 0}]}
    assert read_questions([write(tmp_path, "a.json", squad((TOWER, [emptied])))])[0].answers == ()


def test_impossible_questions_are_marked(tmp_path):
    qas = [entry("a", "?", TOWER, is_impossible=True), entry("b", "?", TOWER, "1889", is_impossible=False)]
    questions = read_questions([write(tmp_path, "a.json", squad((TOWER, qas)))])
    assert [question.is_impossible for question in questions] == [True, False]


def test_offsets_count_characters_beyond_the_basic_plane(tmp_path):
    context = "𓀀𓀁 1889"
    question = read_questions([write(tmp_path, "a.json", squad((context, [entry("a", "?", context, "1889")])))])[0]
    assert question.answers == (Answer("1889", 3),)


def test_ids_may_occur_again_in_another_file(tmp_path):
    paths = [write(tmp_path, f"xquad.{language}.json", SMALL) for language in ("en", "de")]
    questions = read_questions(paths)
    assert questions.languages == ["en"] * 6 + ["de"] * 6


def one(**changes):
    """Returns a file's content with one question, some of whose values are changed; None takes a key away."""
    question = {**entry("7b", "When?", TOWER, "1889"), **changes}
    return squad((TOWER, [{key: value for key, value in question.items() if value is not None}]))


FAULTS = {
    "cut off": ('{"data": [\n{"title"', r"a\.json, line 2: not JSON"),
    "empty": ("", r"a\.json is empty"),
    "no data": ({"version": "1.1"}, r"a\.json has no list of articles"),
    "no articles": ({"data": []}, r"a\.json has no questions"),
    "data is no list": ({"data": {"a": 1}}, r"a\.json has no list of articles"),
    "no paragraphs": ({"data": [{"title": "x"}]}, r"article 1: the key 'paragraphs' is missing; its keys are title"),
    "no context": ({"data": [{"paragraphs": [{"qas": []}]}]}, r"article 1, paragraph 1: the key 'context' is missing"),
    "article is text": ({"data": ["x"]}, r"article 1: expected a JSON object with 'paragraphs', not 'x'"),
    "no id": (one(id=None), r"article 1, paragraph 1, question 1: the key 'id' is missing; its keys are question, ans"),
    "id is a number": (one(id=7), r"question 1: 'id' must be a string, not 7"),
    "no question": (one(question=None), r"question '7b': the key 'question' is missing"),
    "answers are text": (one(answers="1889"), r"question '7b': 'answers' must be a list, not '1889'"),
    "no start": (one(answers=[{"text": "1889"}]), r"question '7b': the key 'answer_start' is missing"),
    "start is text": (one(answers=[{"text": "1889", "answer_start": "41"}]), r"must be a whole number, not '41'"),
    "start is true": (one(answers=[{"text": "h", "answer_start": True}]), r"must be a whole number, not True"),
    "off by one": (
        one(answers=[{"text": "1889", "answer_start": 42}]),
        r"question '7b': the answer '1889' should stand at character 42 of the context, where '889\.' stands",
    ),
    "beyond the end": (one(answers=[{"text": "1889", "answer_start": 4000}]), r"at character 4000 .* where '' stands"),
    "before the start": (one(answers=[{"text": "T", "answer_start": -89}]), r"character -89 .* where nothing stands"),
    "blank": (one(answers=[{"text": " ", "answer_start": 3}]), r"'7b': the answer ' ' .* nothing but white space"),
    "impossible, but answered": (one(is_impossible=True), r"'7b': is_impossible, but it has the answer '1889'"),
    "impossible is a word": (one(is_impossible="no"), r"'is_impossible' must be true or false, not 'no'"),
    "twice": (squad((TOWER, [entry("7b", "?", TOWER)] * 2)), r"question '7b': the id occurs twice"),
    "half a pair": (one(question="\ud800"), r"question '7b': 'question' holds half of a surrogate pair"),
    "too deep": ("[" * 100_000, r"a\.json: nested too deeply"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_name_the_file_and_the_question(tmp_path, fault):
    content, message = FAULTS[fault]
    with pytest.raises(InputError, match=message) as caught:
        read_questions([write(tmp_path, "a.json", content)])
    assert "a.json" in str(caught.value) and "\n" not in str(caught.value)
    assert len(str(caught.value).replace(str(tmp_path), "")) < 250


def test_long_texts_are_shortened_in_messages(tmp_path):
    with pytest.raises(InputError) as caught:
        read_questions([write(tmp_path, "a.json", one(answers=[{"text": "x" * 5000, "answer_start": 0}]))])
    assert len(str(caught.value)) < 400


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match="nowhere"):
        read_questions([tmp_path / "nowhere.json"])


@needs_real_data
def test_real_files_are_read_whole():
    counted = {path.name.split(".json")[0]: len(read_questions([path])) for path in XTREME_LIKE.glob("*q*a*/*.json.xz")}
    assert {name: number for name, number in counted.items() if name.startswith("xquad")} == {
        f"xquad.{language}": 1190 for language in ("ar", "de", "el", "en", "es", "hi", "ru", "tr")
    }
    assert counted["tydiqa.goldp.en.train"] == 3696 and counted["tydiqa.goldp.ko.dev"] == 276
