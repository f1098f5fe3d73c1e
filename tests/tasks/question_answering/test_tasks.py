"""The tasks as the training loop uses them: files in, batches, answers, scores, mistakes, files out."""

import json

import keras
import numpy as np
import pytest

from rembert_tf import RemBertConfig, RemBertForQuestionAnswering, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tasks.question_answering.answers import AnswerSettings
from rembert_tf.tasks.question_answering.squad_file import Answer, Question, Questions
from rembert_tf.tasks.question_answering.tasks import Mlqa, Tydiqa, Xquad
from tests.golden import fixture
from tests.tasks.question_answering.squad_data import SMALL, TOWER, XTREME_LIKE, entry, needs_real_data, squad, write

TASKS = (Xquad, Mlqa, Tydiqa)


def model_for(tokenizer, layers=1, width=32, **changes):
    keras.utils.set_random_seed(0)
    config = RemBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        input_embedding_size=width // 2,
        output_embedding_size=width,
        intermediate_size=2 * width,
        max_position_embeddings=384,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        **changes,
    )
    return RemBertForQuestionAnswering(config)


@pytest.fixture
def questions(tmp_path):
    return Xquad().read([write(tmp_path, "test-context-en-question-en.json", SMALL)])


@pytest.fixture(scope="module")
def model(small_tokenizer):
    return model_for(small_tokenizer, initializer_range=0.3)


@pytest.mark.parametrize("kind", TASKS)
def test_recipes_have_the_papers_numbers(kind):
    recipe = kind.recipe
    assert (recipe.learning_rate, recipe.batch_size, recipe.epochs, recipe.max_length) == (9e-6, 128, 3, 384)
    assert recipe.command.startswith(f"rembert finetune {kind.name} --model ")
    assert kind().config_fields(None) == {"num_labels": 2}


def test_a_small_model_learns_the_answers_by_heart(small_tokenizer, questions, tmp_path):
    task = Xquad()
    model = model_for(small_tokenizer)
    batches = task.batches(small_tokenizer, questions, 6, 128)
    model.compile(optimizer=keras.optimizers.Adam(5e-3))
    history = model.fit(batches.training_dataset(80, seed=0), steps_per_epoch=80, verbose=0).history["loss"]
    assert len(history) == 1
    reported = []
    found = task.predict(model, small_tokenizer, questions, 4, 128, lambda done, total: reported.append((done, total)))
    assert task.score(questions, found) == {"f1": 1.0, "exact_match": 1.0}
    assert reported[-1] == (6, 6) and all(total == 6 for _, total in reported)
    assert task.mistakes(questions, found) == ([], {})
    task.write_predictions(questions, found, tmp_path / "test-en.json")
    handed_in = json.loads((tmp_path / "test-en.json").read_text("utf-8"))
    assert handed_in["q2"].strip(".") == "1889" and list(handed_in) == ["q1", "q2", "q3", "q4", "q5", "q6"]


def test_answers_do_not_depend_on_the_batch_size(model, small_tokenizer, questions):
    task = Xquad()
    # Windows of many lengths, so that batches are padded differently.
    one, many = (task.predict(model, small_tokenizer, questions, size, 40) for size in (1, 64))
    assert [found["text"] for found in one] == [found["text"] for found in many]
    np.testing.assert_allclose(
        [found["null_score_difference"] for found in one],
        [found["null_score_difference"] for found in many],
        atol=1e-4,
    )


def test_answers_are_not_looked_at_in_prediction(model, small_tokenizer, questions):
    task = Xquad()
    bare = Questions(Question(question.id, question.text, question.context) for question in questions)
    assert task.predict(model, small_tokenizer, bare, 4, 128) == task.predict(model, small_tokenizer, questions, 4, 128)


def test_no_questions_no_answers(model, small_tokenizer):
    assert Xquad().predict(model, small_tokenizer, Questions(), 4, 128) == []
    with pytest.raises(InputError, match="no question to score"):
        Xquad().score(Questions(), [])


@pytest.mark.parametrize("kind", [Xquad, Tydiqa])
def test_scores_are_means_of_the_official_ones(questions, kind):
    texts = ["Eiffel", "in 1889", "nowhere", "กรุงเทพมหานคร", "332.9米", "1958"]
    # By words: 1/1, 2/3 F1, none, the same, the same, and "1958" is another word than "1958年".
    scores = kind().score(questions, texts)
    assert list(scores) == ["f1", "exact_match"]
    assert scores == pytest.approx({"f1": (1 + 2 / 3 + 0 + 1 + 1 + 0) / 6, "exact_match": 3 / 6})


@pytest.mark.interop
@pytest.mark.parametrize("kind", [Xquad, Tydiqa])
def test_scores_of_a_file_are_the_official_scripts(questions, kind):
    official = pytest.importorskip("official.nlp.tools.squad_evaluate_v1_1", reason="needs tf-models-official")
    texts = ["Gustave", "1889.", "Champ de Mars", "", "332.9", "1958年。"]
    expected = official.evaluate(SMALL["data"], {f"q{index + 1}": text for index, text in enumerate(texts)})
    assert kind().score(questions, texts) == {"f1": expected["final_f1"], "exact_match": expected["exact_match"]}


@pytest.mark.interop
def test_scores_with_impossible_questions_are_those_of_squad_2(tmp_path):
    official = pytest.importorskip("official.nlp.tools.squad_evaluate_v2_0", reason="needs tf-models-official")
    qas = [entry("a", "?", TOWER, "1889"), entry("b", "?", TOWER, is_impossible=True)]
    content = squad((TOWER, [*qas, entry("c", "?", TOWER, is_impossible=True)]))
    questions = Xquad().read([write(tmp_path, "dev-v2.0.json", content)])
    for texts in (["1889", "", "x"], ["", "", ""], ["in 1889", "the", "a"]):
        expected = official.evaluate(content["data"], dict(zip("abc", texts, strict=True)))
        ours = Xquad().score(questions, texts)
        assert (100 * ours["f1"], 100 * ours["exact_match"]) == pytest.approx((expected["f1"], expected["exact"]))


def test_mlqa_compares_by_the_language_of_the_context():
    def one(language):
        question = Question("1", "?", "der Turm 米", (Answer("der Turm", 0),), context_language=language)
        return Mlqa().score([question], ["Turm"])["exact_match"]

    assert (one("de"), one("en")) == (1.0, 0.0)
    with pytest.raises(InputError, match="MLQA scores answers in"):
        one("ru")


def test_questions_without_answers_cannot_be_scored():
    with pytest.raises(InputError, match="a.json, question 'x': no answer is given"):
        Xquad().score([Question("x", "?", TOWER, path="a.json")], ["1889"])


def test_no_answer_is_an_answer_where_a_threshold_is_set(model, small_tokenizer, questions):
    always = Xquad(AnswerSettings(null_threshold=-1e9)).predict(model, small_tokenizer, questions, 4, 128)
    never = Xquad().predict(model, small_tokenizer, questions, 4, 128)
    assert all(found["text"] == "" for found in always) and all(found["text"] for found in never)


def test_mistakes_show_the_place_and_begin_with_the_surest(questions):
    predictions = [{"text": "Paris", "probability": 0.9}, {"text": "in 1889", "probability": 0.5}]
    found, classes = Xquad().mistakes(questions[:2], predictions)
    assert classes == {}
    assert found[0].text == f"Who built the tower? | {TOWER.replace('Gustave Eiffel', '[Gustave Eiffel]')}"
    assert (found[0].expected, found[0].predicted) == ("Gustave Eiffel | Eiffel", "Paris")
    assert found[0].badness == pytest.approx(0.9) and found[1].badness == pytest.approx(0.5 / 3)
    assert (found[0].language, found[0].length) == ("en", len(TOWER))


def test_long_contexts_are_shortened_around_the_answer():
    context = "a" * 500 + "1889" + "b" * 500
    found, _ = Xquad().mistakes([Question("1", "When?", context, (Answer("1889", 500),))], ["x"])
    assert found[0].text == f"When? | ...{'a' * 80}[1889]{'b' * 80}..."


def test_a_mistake_where_there_is_no_answer_says_so():
    question = Question("1", "When?", TOWER, is_impossible=True)
    found, _ = Xquad().mistakes([question], ["1889"])
    assert (found[0].expected, found[0].predicted) == ("(no answer)", "1889")


@pytest.mark.slow
@needs_real_data
@pytest.mark.parametrize(
    ("kind", "name"), [(Xquad, "xquad/xquad.en.json.xz"), (Tydiqa, "tydiqa_goldp/tydiqa.goldp.en.train.json.xz")]
)
def test_200_real_questions_are_learned_by_heart(kind, name):
    # 13 of TyDiQA's 200 answers are longer than 30 pieces of this vocabulary: no F1 above 0.94 without this.
    task = kind(AnswerSettings(max_answer_length=100))
    tokenizer = RemBertTokenizerFast.from_pretrained(str(fixture("tokenizer/models/ctrl_16k/sentencepiece.model")))
    read = task.read([XTREME_LIKE / name])
    questions = Questions([question for question in read if len(question.context) < 800][:200])
    # Wider new weights than 0.02: with those, attention of this width is nearly uniform for long.
    model = model_for(tokenizer, layers=2, width=128, initializer_range=0.06)
    batches = task.batches(tokenizer, questions, 16, 384)
    epochs = 60
    steps = epochs * batches.steps_per_epoch
    rate = keras.optimizers.schedules.PolynomialDecay(1e-3, steps, 0.0)
    model.compile(optimizer=keras.optimizers.Adam(rate, clipnorm=1.0))
    model.fit(batches.training_dataset(epochs, seed=0), steps_per_epoch=steps, verbose=0)
    scores = task.score(questions, task.predict(model, tokenizer, questions, 32, 384))
    print(scores)
    assert scores["f1"] >= 0.95
