"""Raw text as words: where people see them, and as annotated data has them."""

import pytest
import tensorflow as tf

from rembert_tf.serving.signatures.words import split_words
from tests.serving.signatures.served import HOSTILE, decoded
from tests.tasks.tagging.real_data import ROOT


def words_of(texts, pretokenized=False):
    """For each text a list of (word, whether its pieces are units)."""
    points = tf.strings.unicode_decode(texts, "UTF-8").with_row_splits_dtype(tf.int64)
    found = [[] for _ in texts]
    begins = points.row_starts().numpy()
    columns = (column.numpy() for column in split_words(points, pretokenized))
    for text, start, end, unspaced in zip(*columns, strict=True):
        found[text].append((texts[text][start - begins[text] : end - begins[text]], bool(unspaced)))
    return found


def plain(text, pretokenized=False):
    return [word for word, _ in words_of([text], pretokenized)[0]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Angela Merkel, Berlin.", "Angela|Merkel|,|Berlin|."),
        ('("Berlin"), oder?', '(|"|Berlin|"|)|,|oder|?'),
        ("J. Smith of the U.S. Army, i.e. John.", "J.|Smith|of|the|U.S.|Army|,|i.e.|John|."),
        ("well-known, don't; 3.14 at 10:30: 10,000", "well-known|,|don't|;|3.14|at|10:30|:|10,000"),
        ("L'Italie, qu’elle dell'arte O'Brien", "L'|Italie|,|qu’|elle|dell'|arte|O'Brien"),
        ("Berlin,Paris/Rom", "Berlin|,|Paris|/|Rom"),
        ("¿Dónde está Málaga? ¡Aquí!", "¿|Dónde|está|Málaga|?|¡|Aquí|!"),
        ("दिल्ली भारत की राजधानी है।", "दिल्ली|भारत|की|राजधानी|है|।"),
        ("القاهرة، مصر؟", "القاهرة|،|مصر|؟"),
        ("Wait... what?! --", "Wait|...|what|?|!|--"),
        ("👩\u200d🚀🇩🇪 ok 👍🏽e\u0301", "👩\u200d🚀|🇩🇪|ok|👍🏽|e\u0301"),
        ("", ""),
        (" \t\u3000", ""),
    ],
)
def test_words_are_found_as_people_see_them(text, words):
    assert plain(text) == [word for word in words.split("|") if word]


def test_scripts_without_spaces_are_marked():
    found = words_of(["在北京的Apple公司。サーバー 2024年", "ที่ iPhone", "서울은 도시다"])
    chinese = [("在北京的", True), ("Apple", False), ("公司", True), ("。", False), ("サーバー", True)]
    assert found[0] == [*chinese, ("2024", False), ("年", True)]
    assert found[1] == [("ที่", True), ("iPhone", False)]
    assert found[2] == [("서울은", False), ("도시다", False)]


@pytest.mark.parametrize(
    "tokens",
    [
        "Mr. Smith isn't in St. Louis , Missouri .",
        "东京塔 位于 港区 ， 高 3% 。",
        "Am 19. bzw. 20. Mai , ( etwa ) !",
        "Qui est -ce ? !",
        "Paris , France",
        "वह गया ।",
    ],
)
def test_tokens_that_stand_apart_come_back(tokens):
    assert plain(tokens) == tokens.split()
    assert not any(unspaced for _, unspaced in words_of([tokens])[0])


def test_marks_that_some_orthographies_set_apart_do_not_stop_the_rest():
    assert plain("Qui, Paul ? (oui)") == ["Qui", ",", "Paul", "?", "(", "oui", ")"]
    assert plain("« Paris » dit Anne.") == ["«", "Paris", "»", "dit", "Anne", "."]
    assert plain("« Paris », dit Anne.") == ["«", "Paris", "»", ",", "dit", "Anne", "."]


def test_white_space_alone_where_it_is_asked_for():
    assert plain("Berlin, (Paris) 北京市", pretokenized=True) == ["Berlin,", "(Paris)", "北京市"]


def test_texts_do_not_touch_each_other():
    texts = ["Berlin", ", x", "'s", "\u0301a", "", "U", ".", "北", "京", *decoded(HOSTILE)]
    assert words_of(texts) == [words_of([text])[0] for text in texts]


@pytest.mark.parametrize("pretokenized", [False, True])
def test_words_leave_out_nothing_but_white_space(pretokenized):
    for text in decoded(HOSTILE):
        assert "".join(plain(text, pretokenized)) == "".join(text.split())


@pytest.mark.skipif(not ROOT.is_dir(), reason=f"needs {ROOT}, which is not part of the repository")
@pytest.mark.parametrize("language", ["ar", "de", "en", "es", "fr", "hi", "id", "ko", "ru", "zh"])
def test_real_annotated_tokens_come_back(language):
    blocks = (ROOT / "ud_pos" / f"test-{language}.tsv").read_text("utf-8").strip().split("\n\n")
    tokens = [[line.split("\t")[0] for line in block.splitlines()] for block in blocks]
    sentences = [row for row in tokens if not any(any(map(str.isspace, token)) for token in row)]
    found = words_of([" ".join(row) for row in sentences])
    same = sum([word for word, _ in words] == row for words, row in zip(found, sentences, strict=True))
    print(f"{language}: {same} of {len(sentences)}")
    assert same >= 0.98 * len(sentences)
