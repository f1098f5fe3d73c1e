"""Exact match and F1 of answers, as the evaluation scripts of SQuAD 1.1 and 2.0 count them."""

import re
import string
from collections import Counter

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalized(text):
    """Returns a text in lower case without ASCII punctuation, English articles and extra white space.

    XTREME applies it to all languages, so that Unicode punctuation and other articles count.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def best_scores(prediction, answers, normalize=normalized):
    """Returns (exact match, F1) against the answer that fits best, each from 0 to 1 (SQuAD 1.1).

    Args:
        prediction: the predicted text.
        answers: list of right texts, one at least.
        normalize: function of a text; the words of what it returns are compared.
    """
    predicted = normalize(prediction)
    right = [normalize(answer) for answer in answers]
    exact = float(predicted in right)
    return exact, max(_overlap(predicted.split(), answer.split()) for answer in right)


def best_scores_or_none(prediction, answers, normalize=normalized):
    """Returns (exact match, F1) where a question may have no answer (SQuAD 2.0).

    There the prediction "" is right. Answers that normalisation leaves nothing of do not count, and two empty
    texts agree.

    Args:
        prediction: the predicted text, "" for no answer.
        answers: list of right texts, perhaps empty.
        normalize: as of `best_scores`.
    """
    predicted = normalize(prediction)
    right = [answer for answer in map(normalize, answers) if answer] or [""]
    exact = float(predicted in right)
    return exact, max(
        _overlap(predicted.split(), answer.split()) if predicted and answer else float(predicted == answer)
        for answer in right
    )


def _overlap(predicted, right):
    """Returns the F1 of two lists of words; 0 where they have none in common, even if both are empty."""
    same = sum((Counter(predicted) & Counter(right)).values())
    if not same:
        return 0.0
    precision, recall = same / len(predicted), same / len(right)
    return 2 * precision * recall / (precision + recall)
