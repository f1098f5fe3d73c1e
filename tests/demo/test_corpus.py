import csv
import importlib.metadata
import json
import shutil
from collections import Counter
from dataclasses import asdict, replace

import pytest

from rembert_tf.demo.cleaning import same_text_key
from rembert_tf.demo.corpus import HEADER, build_corpus, read_examples
from rembert_tf.demo.languages import BY_CODE, SEEN, UNSEEN
from rembert_tf.demo.leakage import LeakageError, check_no_leakage
from rembert_tf.demo.live_sentences import LIVE_SENTENCES
from rembert_tf.demo.sources import LABELS, SOURCES
from rembert_tf.errors import InputError, MissingFileError


@pytest.fixture(scope="module")
def splits(corpus):
    folder, _ = corpus
    return {split: read_examples(folder / f"{split}.csv") for split in ("train", "dev", "test")}


def test_nothing_leaks(corpus, splits):
    compared = check_no_leakage(corpus[0])
    assert compared["messages"] > 1500
    # The same property, without the library's own check.
    train_texts = {same_text_key(example.text) for example in splits["train"] + splits["dev"]}
    assert not train_texts & {same_text_key(example.text) for example in splits["test"]}
    assert not {e.message for e in splits["train"] + splits["dev"]} & {e.message for e in splits["test"]}


def test_a_planted_leak_is_found(corpus, splits, tmp_path):
    test_row = next(e for e in splits["test"] if e.language == "en")
    train_row = next(e for e in splits["train"] if e.language == "fr")
    leaks = {
        "the text": replace(train_row, text=test_row.text.upper() + " 7!"),
        "the message": replace(train_row, message=test_row.message),
        "the group": replace(train_row, group=test_row.group),
        "kept unseen": replace(train_row, language="uk", split_kind="unseen"),
        "marks the language": replace(train_row, language="uk"),
    }
    for number, (expected, row) in enumerate(leaks.items()):
        folder = shutil.copytree(corpus[0], tmp_path / str(number))
        with open(folder / "train.csv", "a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(asdict(row).values())
        with pytest.raises(LeakageError, match=expected):
            check_no_leakage(folder)


def test_every_seen_language_has_every_label_on_both_sides(splits):
    for split in ("train", "test"):
        found = {(example.language, example.label) for example in splits[split]}
        assert {(language.code, label) for language in SEEN for label in LABELS} <= found


def test_unseen_languages_stand_in_the_test_alone(splits):
    unseen = {language.code for language in UNSEEN}
    assert not unseen & {example.language for example in splits["train"] + splits["dev"]}
    assert {e.language for e in splits["test"] if e.split_kind == "unseen"} == unseen


def test_the_corpus_is_large_and_balanced_enough_to_be_worth_measuring(splits):
    languages = Counter(example.language for example in splits["test"])
    assert set(languages) == set(BY_CODE) and min(languages.values()) >= 90
    assert len({language.script for language in SEEN}) >= 12
    assert 25_000 < len(splits["train"]) < 60_000
    most_frequent = Counter(example.label for example in splits["test"]).most_common(1)[0][1]
    assert most_frequent < 0.4 * len(splits["test"])


def test_labels_are_what_the_messages_are_about(splits):
    label_of = {e.text: e.label for rows in splits.values() for e in rows if e.language == "en"}
    assert label_of["Enter a valid email address."] == "forms"
    assert label_of["Swahili"] == "languages"
    assert label_of["Wednesday"] == "dates"
    assert label_of["Site administration"] == "administration"
    assert label_of["Your password has been set. You may go ahead and log in now."] == "accounts"
    assert label_of["List of all the template tags and their functions."] == "documentation"


def test_the_same_seed_gives_the_same_files_and_another_seed_another_test(corpus, tmp_path):
    folder, _ = corpus
    build_corpus(tmp_path / "again", seed=0)
    build_corpus(tmp_path / "other", seed=1)
    test_set = (folder / "test.csv").read_bytes()
    assert test_set == (tmp_path / "again" / "test.csv").read_bytes()
    assert test_set != (tmp_path / "other" / "test.csv").read_bytes()
    check_no_leakage(tmp_path / "other")


def test_the_summary_counts_what_the_files_hold(corpus, splits):
    folder, summary = corpus
    assert json.loads((folder / "corpus.json").read_text(encoding="utf-8")) == asdict(summary)
    for split, rows in splits.items():
        assert summary.rows[split] == len(rows)
        assert summary.by_label[split] == Counter(row.label for row in rows)
        assert summary.by_language[split] == Counter(row.language for row in rows)
    assert summary.largest_group < 0.05 * summary.messages  # the joining of messages has not swallowed the corpus
    assert sorted(path.name for path in folder.iterdir()) == ["corpus.json", "dev.csv", "test.csv", "train.csv"]


def test_the_licences_named_are_those_of_the_installed_packages(corpus):
    for source in SOURCES:
        metadata = importlib.metadata.metadata(source.distribution)
        assert source.licence == (metadata["License-Expression"] or metadata["License"])


def test_live_sentences_are_not_in_the_corpus(splits):
    known = {same_text_key(example.text) for rows in splits.values() for example in rows}
    assert not known & {same_text_key(sentence.text) for sentence in LIVE_SENTENCES}
    assert {sentence.label for sentence in LIVE_SENTENCES} == set(LABELS)
    assert len({BY_CODE[sentence.language].script for sentence in LIVE_SENTENCES}) >= 8


def test_a_file_that_is_no_corpus_file_is_refused(tmp_path):
    with pytest.raises(MissingFileError, match=r"test\.csv: no such file"):
        read_examples(tmp_path / "test.csv")
    (tmp_path / "test.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"must be {','.join(HEADER)}, not a,b"):
        read_examples(tmp_path / "test.csv")
