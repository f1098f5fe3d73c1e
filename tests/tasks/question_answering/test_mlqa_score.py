"""MLQA's comparison: worked cases in its seven languages, and the result that XTREME states for its own."""

import functools

import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.question_answering.mlqa_score import mlqa_normalized
from rembert_tf.tasks.question_answering.squad_score import best_scores

NORMALIZED = [
    ("en", "The Tower, a “big” one…", "tower big one"),
    ("en", "der Turm", "der turm"),
    ("es", "¿Las hojas y los lóbulos de un patrón?", "hojas y lóbulos de patrón"),
    ("de", "Der Turm des „Herrn“", "turm herrn"),
    ("de", "the Turm", "the turm"),
    ("vi", "Những cái bàn của tôi là", "bàn tôi"),
    ("hi", "उत्तर पूर्व।", "उत्तर पूर्व"),
    ("ar", "الطرق الترابية،", "طرق ترابية"),
    # The article's two letters also go where they are none.
    ("ar", "شمال", "شم"),
    ("zh", "高332.9 米，tower。", "高 3329 米 tower"),
    ("zh", "「电化电池」", "电 化 电 池"),
    # The last characters of the block, and other scripts, are cut at white space only.
    ("zh", "龥龦か な", "龥 龦か な"),
    ("en", " ", ""),
]


@pytest.mark.parametrize(("language", "text", "expected"), NORMALIZED)
def test_texts_are_normalized_by_their_language(language, text, expected):
    assert mlqa_normalized(text, language) == expected


# google-research/xtreme, mock_test_data (Apache 2.0): answers and a submission for every language of MLQA.
MOCK = {
    "ar": [("الطرق الترابية", "الطرق الترابية"), ("شمال شرق", "شمال شرق")],
    "de": [("3050 und 3350 Meter", "3050 und 3350")],
    "en": [("had sustained skin, liver, and respiratory injuries", "had sustained skin,")],
    "es": [
        (
            "unas estructuras en forma de abanico que seguían un patrón de hojas, lenguas y lóbulos",
            "unas estructuras en",
        )
    ],
    "hi": [("उत्तर पूर्व", "उत्तर पूर्व")],
    "vi": [("Đài Loan", "Đài Loan"), ("Khách Gia", "Khách Gia")],
    "zh": [("电化电池", "电化电池")],
}


def test_the_mock_submission_has_the_score_that_xtreme_states():
    means = []
    for language, pairs in MOCK.items():
        normalize = functools.partial(mlqa_normalized, language=language)
        scores = [best_scores(said, [right], normalize) for right, said in pairs]
        means.append([sum(column) / len(scores) for column in zip(*scores, strict=True)])
    exact, f1 = (100 * sum(column) / len(means) for column in zip(*means, strict=True))
    # evaluate_test.py: TASK2AVG_SCORES["mlqa"]
    assert (exact, f1) == pytest.approx((57.142857142857146, 81.76870748299321), abs=1e-10)


def test_partial_chinese_answers_count_by_characters():
    exact, f1 = best_scores("港区", ["东京都港区"], lambda text: mlqa_normalized(text, "zh"))
    assert exact == 0.0 and f1 == pytest.approx(2 * 1.0 * 0.4 / 1.4)


@pytest.mark.parametrize("language", ["ru", ""])
def test_other_languages_are_refused(language):
    with pytest.raises(InputError, match="en, es, hi, vi, de, ar, zh, not in"):
        mlqa_normalized("x", language)
