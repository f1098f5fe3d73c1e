"""The bucc task: files, mining with a tuned threshold, submission files, mistakes."""

import gzip
import json

import keras
import numpy as np
import pytest

from rembert_tf import RemBertModel
from rembert_tf.errors import InputError
from rembert_tf.tasks.retrieval.bucc import XTREME, Bucc
from rembert_tf.tasks.retrieval.embeddings import sentence_embeddings
from rembert_tf.tasks.retrieval.settings import RetrievalSettings

SENTENCES = ["the red house", "a cat sleeps", "we went home late", "nobody knows", "snow fell all night", "who is it"]


def lines(side, rows):
    return "".join(f"{side}-{row:09d}\t{text}\n" for row, text in rows)


def write_split(folder, split, source, target, gold):
    """Writes a language's files of one split; `gold` are pairs of row numbers, or None."""
    contents = {"de": lines("de", source), "en": lines("en", target)}
    if gold is not None:
        contents["gold"] = "".join(f"de-{one:09d}\ten-{other:09d}\n" for one, other in gold)
    paths = []
    for ending, content in contents.items():
        paths.append(folder / f"de-en.{split}.{ending}")
        paths[-1].write_text(content, encoding="utf-8")
    return paths


@pytest.fixture(scope="module")
def model(text_config):
    keras.utils.set_random_seed(1)
    return RemBertModel(text_config)


@pytest.fixture
def files(tmp_path):
    # A new model finds equal sentences, and nothing else. In dev sentence 3 has no equal; in test one
    # sentence stands twice on the English side, and a gold pair is of different sentences.
    dev = write_split(
        tmp_path,
        "dev",
        [(row, SENTENCES[row]) for row in (0, 1, 2, 3)],
        [(10 + row, SENTENCES[row]) for row in (2, 1, 0, 5, 4)],
        [(0, 10), (1, 11), (2, 12)],
    )
    test = write_split(
        tmp_path,
        "test",
        [(row, SENTENCES[row]) for row in (5, 4, 3, 2)],
        [(15, SENTENCES[5]), (14, SENTENCES[4]), (24, SENTENCES[4]), (11, SENTENCES[1]), (13, SENTENCES[3])],
        [(5, 15), (4, 14), (3, 13), (2, 11)],
    )
    return dev + test


def task():
    # The cosine of equal sentences is 1, whatever the weights are.
    return Bucc(RetrievalSettings(layer=1), margin="absolute", retrieval="forward")


def test_reads_both_splits(files):
    examples = task().read(files)
    dev, test = examples.groups
    assert (dev.language, dev.split, len(dev), test.split, len(test)) == ("de", "dev", 4, "test", 4)
    assert dev.source.ids[1] == "de-000000001" and dev.target.texts[3] == SENTENCES[5]
    assert test.gold >= {("de-000000005", "en-000000015")}
    assert [group.split for group in task().read_parts(files)["de"].groups] == ["dev", "test"]
    assert len(examples) == 8 and examples.languages == ["de"] * 8


def test_bucc_s_own_names_and_compressed_files(tmp_path):
    for name, text in {
        "ru-en.sample.ru": "r1\tда\n",
        "ru-en.sample.en": "e1\tyes\n",
        "ru-en.training.gold": "",
    }.items():
        with gzip.open(tmp_path / f"{name}.gz", "wt", encoding="utf-8") as file:
            file.write(text)
    [group] = task().read([tmp_path / "ru-en.sample.ru.gz", tmp_path / "ru-en.sample.en.gz"]).groups
    assert (group.language, group.split, group.source.texts, group.gold) == ("ru", "dev", ["да"], None)


def test_threshold_of_dev_is_used_on_test(model, small_tokenizer, files):
    examples = task().read(files)
    predictions = task().predict(model, small_tokenizer, examples, max_length=64)
    assert [[target for target, _ in found] for found in predictions[:3]] == [
        ["en-000000010"],
        ["en-000000011"],
        ["en-000000012"],
    ]
    scores = [found[0][1] for found in predictions[:3]]
    assert scores == pytest.approx([1, 1, 1], abs=1e-5)
    assert predictions[3][0][1] < task().thresholds(examples, predictions)["de"] < min(scores)
    # Of the sentence that stands twice there is no prediction; 5 and 3 are found.
    assert predictions[5] == []
    threshold = task().thresholds(examples, predictions)["de"]
    above = [target for found in predictions[4:] for target, score in found if score >= threshold]
    assert {"en-000000015", "en-000000013"} <= set(above) and "en-000000014" not in above
    metrics = task().score(examples, predictions)
    assert metrics["recall"] == 0.5
    assert metrics["precision"] == pytest.approx(2 / len(above))
    assert metrics["f1"] == pytest.approx(2 * 2 / (len(above) + 4))


def xtreme_mining(sources, targets, k=4):
    """XTREME's `mine_bitext` with its defaults, as loops: {(source, target): score}."""
    cosines = [[float(one @ other) for other in targets] for one in sources]
    by_target = [list(column) for column in zip(*cosines, strict=True)]
    means = [[sum(sorted(row)[-k:]) / k for row in rows] for rows in (cosines, by_target)]
    scored = []
    for direction, rows in enumerate((cosines, by_target)):
        for one, row in enumerate(rows):
            near = sorted(range(len(row)), key=lambda other: -row[other])[:k]
            ratios = {other: row[other] / ((means[direction][one] + means[1 - direction][other]) / 2) for other in near}
            best = max(near, key=ratios.get)
            scored.append((ratios[best], (one, best) if direction == 0 else (best, one)))
    chosen = {}
    for score, (one, other) in sorted(scored, key=lambda item: -item[0]):
        if all(one != pair[0] and other != pair[1] for pair in chosen):
            chosen[one, other] = score
    return chosen


def test_mines_what_xtremes_script_does(model, small_tokenizer, tmp_path):
    words = ["red", "house", "cat", "snow", "night", "late", "home", "nobody", "water", "stone"]
    source = [(row, f"{words[row % 10]} {words[row * 7 % 9]}, {row}") for row in range(14)]
    target = [(row, f"{words[row * 3 % 10]} and {words[row % 9]} {row}") for row in range(17)]
    examples = Bucc().read(write_split(tmp_path, "dev", source, target, []))
    predictions = Bucc(RetrievalSettings(layer=1)).predict(model, small_tokenizer, examples, max_length=64)
    sides = [
        sentence_embeddings(model, small_tokenizer, [text for _, text in side], 1, max_length=64).astype("float64")
        for side in (source, target)
    ]
    expected = xtreme_mining(*(side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides))
    found = {(row, int(name[3:])): score for row, pairs in enumerate(predictions) for name, score in pairs}
    assert found.keys() == expected.keys()
    assert json.loads(json.dumps(predictions)) == predictions
    assert [found[pair] for pair in expected] == pytest.approx(list(expected.values()), abs=1e-5)


def test_evaluate_sweeps_layers(model, small_tokenizer, files):
    dev = [path for path in files if ".dev." in path.name]
    done = []
    found = task().evaluate(
        model, small_tokenizer, task().read(dev), "all", max_length=64, report=lambda *step: done.append(step)
    )
    assert [row["layer"] for row in found["by_layer"]] == [0, 1, 2]
    assert found["layer"] == 1 and found["f1"] == 1.0  # on dev itself, where the threshold is tuned
    assert 0 < found["by_language"]["de"]["threshold"] < 1
    assert done[-1] == (4, 4)


def test_submission(model, small_tokenizer, files, tmp_path):
    examples = task().read(files)
    predictions = [[] for _ in range(8)]
    predictions[0] = [["en-000000010", 2.0]]
    predictions[1] = [["en-000000010", 1.0]]
    predictions[4] = [["en-000000015", 1.6]]
    predictions[5] = [["en-000000013", 1.5]]
    predictions[6] = [["en-000000011", 1.4]]
    assert task().thresholds(examples, predictions) == {"de": 1.5}  # between 2 and 1
    [file] = task().write_predictions(examples, predictions, tmp_path / "bucc2018")
    assert file.name == "test-de.tsv"
    assert file.read_text() == "de-000000004\ten-000000013\nde-000000005\ten-000000015\n"
    # One of two pairs is right, of four gold ones.
    assert task().score(examples, predictions) == {"precision": 0.5, "recall": 0.25, "f1": pytest.approx(1 / 3)}
    mistakes, counts = task().mistakes(examples, predictions)
    assert counts == {("translation", "translation"): 1, ("none", "translation"): 1, ("translation", "none"): 3}
    assert {(mistake.text, mistake.expected, mistake.predicted) for mistake in mistakes} == {
        (SENTENCES[4], SENTENCES[4], SENTENCES[3]),  # a wrong pair
        (SENTENCES[3], SENTENCES[3], "no translation"),
        (SENTENCES[2], SENTENCES[1], "no translation"),
    }


def test_given_thresholds_need_no_dev_split(files):
    examples = Bucc().read([path for path in files if ".test." in path.name])
    predictions = [[["en-000000015", 1.2]], [], [], []]
    given = Bucc(thresholds={"de": 1.1})
    assert given.score(examples, predictions)["precision"] == 1.0
    assert given.thresholds(examples, predictions) == {"de": 1.1}
    with pytest.raises(InputError, match="tuned on the dev split.*a threshold for de"):
        Bucc().score(examples, predictions)


def test_unknown_gold_can_be_predicted_but_not_scored(files, tmp_path):
    examples = task().read([path for path in files if not path.name.endswith("test.gold")])
    predictions = [[["en-000000010", 2.0]], *[[] for _ in range(7)]]
    assert task().write_predictions(examples, predictions, tmp_path / "out")[0].read_text() == ""
    assert task().mistakes(examples, predictions) == ([], {})
    with pytest.raises(InputError, match="ends in .gold"):
        task().score(examples, predictions)


def test_default_is_xtremes_or_the_last_layer(model, small_tokenizer, files):
    assert (XTREME.layer, XTREME.pooling, XTREME.neighbours) == (8, "cls", 4)
    dev = Bucc().read([path for path in files if ".dev." in path.name])
    assert Bucc().evaluate(model, small_tokenizer, dev, max_length=64)["layer"] == 2
    with pytest.raises(InputError, match="no layer 8"):
        Bucc(XTREME).evaluate(model, small_tokenizer, dev, max_length=64)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"de-en.dev.de": "a\n"}, "de-en.dev.de, line 1: expected an id, a tab and a sentence"),
        ({"de-en.dev.en": "e\tx\ne\ty\n"}, "de-en.dev.en, line 2: the id 'e' occurs twice"),
        ({"de-en.dev.en": ""}, "de-en.dev.en' is empty"),
        ({"de-en.dev.gold": "de-9\ten-9\n"}, "de-en.dev.gold, line 1: no sentence has the id 'de-9'"),
        ({"de-en.dev.gold": "de-9\n"}, "de-en.dev.gold, line 1: expected two ids"),
        ({"de-en.train.de": "a\tb\n"}, "not named as BUCC's files are"),
        ({"de-en.dev.fr": "a\tb\n"}, "not named as BUCC's files are"),
        ({"fr-en.dev.fr": "a\tb\n"}, "the file that ends in .en is missing"),
        ({"de-en.sample.de": "a\tb\n"}, "holds the same part already"),
    ],
)
def test_says_what_is_wrong_and_where(tmp_path, changes, message):
    paths = write_split(tmp_path, "dev", [(1, "a")], [(2, "b")], [(1, 2)])
    for name, content in changes.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        Bucc().read(sorted({*paths, *(tmp_path / name for name in changes)}))


def test_refuses_settings():
    with pytest.raises(InputError, match="margin must be one of ratio, distance, absolute"):
        Bucc(margin="quotient")
    with pytest.raises(InputError, match="retrieval must be one of forward, backward, intersection, max"):
        Bucc(retrieval="both")
