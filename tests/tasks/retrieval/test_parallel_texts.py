"""Tatoeba's files in all their forms, and what is wrong with others."""

import gzip
import lzma

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tasks.retrieval.parallel_texts import read_parallel_texts

GERMAN = [f"Satz {number}" for number in range(10)]
ENGLISH = [f"{word} sentence" for word in ["The", "A", "My", "Your", "His", "Her", "Our", "Their", "No", "One"]]


def write(path, lines, opener=open):
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        file.write("".join(f"{line}\n" for line in lines))
    return path


@pytest.mark.parametrize("ending, opener", [("", open), (".gz", gzip.open), (".xz", lzma.open)])
def test_one_table(tmp_path, ending, opener):
    path = write(tmp_path / f"de-en.tsv{ending}", map("\t".join, zip(GERMAN, ENGLISH, strict=True)), opener)
    [texts] = read_parallel_texts([path])
    assert (texts.language, texts.texts, texts.english, texts.gold) == ("de", GERMAN, ENGLISH, list(range(10)))


@pytest.mark.parametrize(
    "names, language",
    [
        (("tatoeba.deu-eng.deu", "tatoeba.deu-eng.eng"), "de"),
        (("tatoeba.cmn-eng.eng", "tatoeba.cmn-eng.cmn"), "zh"),
        (("tatoeba.gsw-eng.gsw", "tatoeba.gsw-eng.eng"), "gsw"),
        (("tatoeba.de-eng.de", "tatoeba.de-eng.eng"), "de"),
        (("de-en.de", "de-en.en"), "de"),
    ],
)
def test_two_files_in_either_order(tmp_path, names, language):
    paths = [
        write(tmp_path / name, ENGLISH if name.endswith((".eng", ".en")) else [f"{line} \r" for line in GERMAN])
        for name in names
    ]
    [texts] = read_parallel_texts(paths)
    assert (texts.language, texts.texts, texts.english, texts.gold) == (language, GERMAN, ENGLISH, list(range(10)))


def test_a_sorted_english_side_tells_nothing_until_labels_do(tmp_path):
    # As XTREME's tatoeba_preprocess writes it.
    order = sorted(range(10), key=lambda row: ENGLISH[row])
    pair = [write(tmp_path / "de-en.de", GERMAN), write(tmp_path / "de-en.en", [ENGLISH[row] for row in order])]
    assert read_parallel_texts(pair)[0].gold is None
    [texts] = read_parallel_texts([*pair, write(tmp_path / "test-de.tsv", order)])
    assert texts.gold == order
    assert [texts.english[row] for row in range(10)] == [ENGLISH[gold] for gold in texts.gold]


def test_several_languages_keep_their_order(tmp_path):
    paths = [write(tmp_path / f"{code}-en.tsv", ["a\tb"]) for code in ("ru", "ar", "fi")]
    assert [texts.language for texts in read_parallel_texts(paths)] == ["ru", "ar", "fi"]


@pytest.mark.parametrize(
    "files, message",
    [
        ({"de-en.tsv": ["a\tb", "c"]}, "de-en.tsv, line 2: expected a sentence, a tab"),
        ({"de-en.tsv": ["a\tb\tc"]}, "de-en.tsv, line 1: expected a sentence, a tab"),
        ({"de-en.tsv": ["a\t "]}, "de-en.tsv, line 1: expected a sentence, a tab"),
        ({"de-en.tsv": []}, "de-en.tsv' is empty"),
        ({"sentences.tsv": ["a\tb"]}, "tells no pair of languages"),
        ({"de-fr.tsv": ["a\tb"]}, "tells no pair of languages"),
        ({"de-en.de": ["a"]}, "lacks the other side"),
        ({"de-en.de": ["a"], "de-en.en": ["b", "c"]}, "not 1 and 2"),
        ({"de-en.de": ["a", "", "c"], "de-en.en": ["b", "c", "d"]}, "de-en.de, line 2: empty"),
        ({"de-en.de": [], "de-en.en": []}, "de-en.de' is empty"),
        ({"de-en.tsv": ["a\tb"], "tatoeba.deu-eng.deu": ["a"], "tatoeba.deu-eng.eng": ["b"]}, "de is given twice"),
        ({"de-en.tsv": ["a\tb"], "test-de.tsv": ["1"]}, "test-de.tsv, line 1: '1' is no row"),
        ({"de-en.tsv": ["a\tb"], "test-de.tsv": ["x"]}, "test-de.tsv, line 1: 'x' is no row"),
        ({"de-en.tsv": ["a\tb"], "test-de.tsv": ["0", "0"]}, "has 2 labels for the 1 sentences"),
        ({"de-en.tsv": ["a\tb"], "test-ru.tsv": ["0"]}, "labels for ru, whose sentences are not given"),
    ],
)
def test_says_what_is_wrong_and_where(tmp_path, files, message):
    with pytest.raises(InputError, match=message):
        read_parallel_texts([write(tmp_path / name, lines) for name, lines in files.items()])


def test_missing_and_undecodable_files(tmp_path):
    with pytest.raises(MissingFileError, match="de-en.tsv"):
        read_parallel_texts([tmp_path / "de-en.tsv"])
    (tmp_path / "ru-en.tsv").write_bytes(b"a\tb\n" + b"\xff\tb\n")
    with pytest.raises(InputError, match="ru-en.tsv, line 2: not UTF-8"):
        read_parallel_texts([tmp_path / "ru-en.tsv"])
