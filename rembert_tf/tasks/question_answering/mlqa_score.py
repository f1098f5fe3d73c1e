"""MLQA's normalisation of answers: each language's own articles, all of Unicode's punctuation."""

import functools
import re
import string
import unicodedata

from rembert_tf.errors import InputError

# facebookresearch/MLQA, mlqa_evaluation_v1.py, version 1.0. Hindi and Chinese have no articles. The Arabic
# one is taken out wherever its two letters stand, also within a word: so does the original.
ARTICLES = {
    "en": r"\b(a|an|the)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "hi": None,
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "ar": "ال",
    "zh": None,
}
# Each of these characters is a word of its own in Chinese; other text in between is cut at white space.
_HAN = re.compile("([\u4e00-\u9fa5])")


def mlqa_normalized(text, language):
    """Returns a text in lower case without punctuation, the language's articles and extra white space.

    Args:
        text: an answer.
        language: of the answer: en, es, hi, vi, de, ar or zh.

    Raises:
        InputError: it is another language.
    """
    if language not in ARTICLES:
        raise InputError(
            f"MLQA scores answers in {', '.join(ARTICLES)}, not in {language or 'an unknown language'!r}; "
            "a file's name tells its languages, as in test-context-de-question-de.json."
        )
    text = "".join(character for character in text.lower() if not _is_punctuation(character))
    if ARTICLES[language]:
        text = re.sub(ARTICLES[language], " ", text)
    if language == "zh":
        text = _HAN.sub(r" \1 ", text)
    return " ".join(text.split())


@functools.cache
def _is_punctuation(character):
    return character in string.punctuation or unicodedata.category(character).startswith("P")
