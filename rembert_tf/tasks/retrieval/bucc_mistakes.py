"""What mining got wrong: pairs that are no translations, and translations that were not found."""

from rembert_tf.tasks.task import Mistake

NO_TRANSLATION = "no translation"


def bucc_mistakes(group, scores, found):
    """Returns the mistakes of one language, and the counts of what was taken for what.

    Args:
        group: ComparableTexts with gold pairs.
        scores: {(source id, target id): score} of the pairs to consider.
        found: set of those that are above the threshold.

    Returns:
        List of Mistake, a found pair's badness being its score and a missed one's 0; and
        {("translation" or "none", "translation" or "none"): count}.
    """
    sources = dict(zip(group.source.ids, group.source.texts, strict=True))
    targets = dict(zip(group.target.ids, group.target.texts, strict=True))
    translations = dict(sorted(group.gold))
    answered = {source for source, _ in found}

    def mistake(source, expected, predicted, badness):
        text = sources[source]
        return Mistake(text, expected, predicted, badness, group.language, len(text))

    wrong = [
        mistake(source, targets.get(translations.get(source), NO_TRANSLATION), targets[target], scores[source, target])
        for source, target in sorted(found - group.gold)
    ]
    missed = [
        mistake(source, targets[target], NO_TRANSLATION, 0.0)
        for source, target in sorted(group.gold - found)
        if source not in answered
    ]
    counts = {
        ("translation", "translation"): len(found & group.gold),
        ("none", "translation"): len(found - group.gold),
        ("translation", "none"): len(group.gold - found),
    }
    return wrong + missed, counts
