"""The tatoeba task: directions, languages, layers, submission files, mistakes."""

import dataclasses
import json

import keras
import pytest

from rembert_tf import RemBertModel
from rembert_tf.errors import InputError
from rembert_tf.tasks.retrieval.grouped_examples import GroupedExamples
from rembert_tf.tasks.retrieval.layer_sweep import table_lines
from rembert_tf.tasks.retrieval.parallel_texts import ParallelTexts
from rembert_tf.tasks.retrieval.settings import PAPER, RetrievalSettings
from rembert_tf.tasks.retrieval.tatoeba import Tatoeba

# A new model knows no translations, but equal sentences have equal embeddings: here the "foreign" side is
# the English one in another order, but for one sentence.
SENTENCES = ["the red house", "a cat sleeps", "we went home late", "nobody knows", "snow fell all night", "who is it"]
ORDER = [3, 0, 5, 1, 4, 2]


@pytest.fixture(scope="module")
def model(text_config):
    keras.utils.set_random_seed(1)
    return RemBertModel(text_config)


@pytest.fixture(scope="module")
def examples():
    shuffled = [SENTENCES[row] for row in ORDER]
    gold = [ORDER.index(row) for row in range(6)]
    return GroupedExamples(
        [
            ParallelTexts("xx", shuffled, SENTENCES, gold, "xx-en.tsv"),
            ParallelTexts("yy", SENTENCES[:4], SENTENCES[:4], [0, 1, 3, 2], "yy-en.tsv"),
        ]
    )


@pytest.mark.parametrize(
    "settings",
    [
        RetrievalSettings(layer=1),
        RetrievalSettings(layer=1, scoring="margin"),
        RetrievalSettings(layer=2, pooling="cls", prefix="query: "),
        dataclasses.replace(PAPER, layer=1),
    ],
)
def test_finds_equal_sentences_and_averages_languages(model, small_tokenizer, examples, settings):
    task = Tatoeba(settings)
    predictions = task.predict(model, small_tokenizer, examples, max_length=64)
    assert [found["nearest"] for found in predictions] == [ORDER.index(row) for row in range(6)] + [0, 1, 2, 3]
    assert [found["nearest_english"] for found in predictions] == [*ORDER, 0, 1, 2, 3]
    assert [found["cosine"] for found in predictions] == pytest.approx([1] * 10, abs=1e-5)
    assert json.loads(json.dumps(predictions)) == predictions
    both = {"accuracy": 0.75, "to_english": 0.75}
    assert task.score(examples, predictions) == both
    assert task.score_by_language(examples, predictions) == {
        "xx": {"accuracy": 1.0, "to_english": 1.0},
        "yy": {"accuracy": 0.5, "to_english": 0.5},
    }
    assert len(examples) == 10 and examples.languages == ["xx"] * 6 + ["yy"] * 4


def test_directions_are_told_apart():
    # Foreign sentences 0 and 1 are both nearest to English 0; English 0 to foreign 0, English 1 to foreign 1.
    group = ParallelTexts("xx", ["a", "b"], ["A", "B"], [0, 1], "")
    predictions = [{"nearest": 0, "nearest_english": 0}, {"nearest": 1, "nearest_english": 0}]
    assert Tatoeba().score(GroupedExamples([group]), predictions) == {"accuracy": 1.0, "to_english": 0.5}


def test_of_equal_sentences_the_first_is_the_answer(model, small_tokenizer):
    group = ParallelTexts("xx", ["b", "a", "a", "b"], ["a", "a", "b", "b"], [1, 2, 0, 3], "")
    predictions = Tatoeba(RetrievalSettings(layer=1)).predict(
        model, small_tokenizer, GroupedExamples([group]), max_length=64
    )
    assert [(found["nearest"], found["nearest_english"]) for found in predictions] == [(1, 2), (1, 0), (0, 0), (0, 2)]


def test_sweep_has_a_row_for_each_layer(model, small_tokenizer, examples):
    done = []
    found = Tatoeba().evaluate(
        model, small_tokenizer, examples, "all", max_length=512, report=lambda *step: done.append(step)
    )
    assert [row["layer"] for row in found["by_layer"]] == [0, 1, 2]
    assert found["layer"] == 2 and found["accuracy"] == found["by_layer"][2]["accuracy"] == 0.75
    assert list(found["by_layer"][0]["by_language"]) == ["xx", "yy"]
    assert done[-1] == (10, 10) and done == sorted(done)
    lines = table_lines(found["by_layer"], "accuracy")
    assert lines[0].split() == ["layer", "mean", "xx", "yy"]
    assert lines[3].split() == ["2", "75.0%*", "100.0%*", "50.0%*"]


def test_languages_come_apart_and_nothing_is_trained(tmp_path, small_tokenizer):
    for language in ("ru", "de"):
        (tmp_path / f"{language}-en.tsv").write_text(f"{language}\tyes\n")
    parts = Tatoeba().read_parts(sorted(tmp_path.iterdir()))
    assert {language: part.groups[0].texts for language, part in parts.items()} == {"de": ["de"], "ru": ["ru"]}
    with pytest.raises(InputError, match="tatoeba trains nothing.*rembert evaluate tatoeba"):
        Tatoeba().batches(small_tokenizer, parts["de"], 8, 64)


def test_submission_is_in_xtremes_order(tmp_path):
    # XTREME sorts the English side and hides which foreign row belongs to each line.
    english = ["Who?", "Ah!", "No.", "Come in."]
    group = ParallelTexts("de", ["Wer?", "Ah!", "Nein.", "Herein."], english, [0, 1, 2, 3], "")
    other = ParallelTexts("ru", ["да"], ["Yes."], [0], "")
    predictions = [{"nearest": row} for row in (0, 1, 3, 3)] + [{"nearest": 0}]
    files = Tatoeba().write_predictions(GroupedExamples([group, other]), predictions, tmp_path / "tatoeba")
    assert [file.name for file in files] == ["test-de.tsv", "test-ru.tsv"]
    labels = [row for _, row in sorted(zip(english, range(4), strict=True))]
    assert labels == [1, 3, 2, 0]
    assert files[0].read_text() == "1\n3\n3\n0\n"
    assert files[1].read_text() == "0\n"


def test_one_language_goes_into_one_file(tmp_path):
    group = ParallelTexts("de", ["a"], ["b"], [0], "")
    [file] = Tatoeba().write_predictions(GroupedExamples([group]), [{"nearest": 0}], tmp_path / "mine.tsv")
    assert file.read_text() == "0\n" and file.name == "mine.tsv"
    two = GroupedExamples([group, dataclasses.replace(group, language="ru")])
    with pytest.raises(InputError, match=r"2 languages \(de, ru\)"):
        Tatoeba().write_predictions(two, [{"nearest": 0}] * 2, tmp_path / "ours.tsv")
    assert not (tmp_path / "ours.tsv").exists()


def test_mistakes_show_both_sentences(examples):
    predictions = [{"nearest": row, "nearest_english": 0, "cosine": 0.5 + row / 10} for row in (1, 3, 5, 0, 4, 0)]
    predictions += [{"nearest": row, "nearest_english": 0, "cosine": 0.9} for row in (0, 1, 3, 2)]
    [mistake], confusion = Tatoeba().mistakes(examples, predictions)
    assert confusion == {}
    assert (mistake.text, mistake.language, mistake.badness) == (SENTENCES[5], "xx", 0.5)
    assert (mistake.expected, mistake.predicted) == (SENTENCES[5], SENTENCES[3])


def test_unknown_answers_cannot_be_scored(model, small_tokenizer):
    examples = GroupedExamples([ParallelTexts("de", ["a"], ["b"], None, "de-en.en")])
    with pytest.raises(InputError, match="de-en.en: the English side is sorted.*test-de.tsv"):
        Tatoeba().evaluate(model, small_tokenizer, examples)
    predictions = Tatoeba().predict(model, small_tokenizer, examples, max_length=64)
    assert predictions[0]["nearest"] == 0
    assert Tatoeba().mistakes(examples, predictions) == ([], {})


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"pooling": "max"}, "pooling must be one of mean, cls"),
        ({"scoring": "euclid"}, "scoring must be one of cosine, margin, distance"),
        ({"shift": "median"}, "shift must be one of None, mean"),
        ({"neighbours": 0}, "neighbours must be 1 or more"),
    ],
)
def test_refuses_settings(arguments, message):
    with pytest.raises(InputError, match=message):
        RetrievalSettings(**arguments)
