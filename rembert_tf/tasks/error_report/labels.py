"""What stands in pictures for a name: fonts for all scripts may be missing, and `$` starts a formula."""

import re
from collections import Counter

CLASSES = 30
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+/-]{0,19}")


def shown_classes(confusion, limit=CLASSES):
    """Returns the classes in the picture, by name: those with the most mistakes where there are too many.

    Args:
        confusion: {(expected, predicted): count}.
        limit: how many fit.
    """
    mistakes = Counter({name: 0 for pair in confusion for name in pair})
    for (expected, predicted), count in confusion.items():
        if expected != predicted:
            mistakes[expected] += count
            mistakes[predicted] += count
    return sorted(sorted(mistakes, key=lambda name: (-mistakes[name], name))[:limit])


def ranked_languages(scores):
    """Returns languages from the best score down."""
    return sorted(scores, key=lambda language: (-scores[language], language))


def codes(names):
    """Returns a label for each name: itself if any font can draw it, otherwise its number among them."""
    return [name if _PLAIN.fullmatch(name) else f"#{number}" for number, name in enumerate(names, start=1)]


def code_table(names):
    """Returns (code, name) of the names that codes stand for."""
    return [(code, name) for code, name in zip(codes(names), names, strict=True) if code != name]
