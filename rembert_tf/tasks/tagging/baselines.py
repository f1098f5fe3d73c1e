"""What a model must beat: tagging without looking at the sentence."""

import collections


def most_frequent_tag(training, examples):
    """Gives every word the tag that is most frequent in training.

    Args:
        training: TaggedSentences with tags.
        examples: TaggedSentences; tags are not looked at.

    Returns:
        Predictions, as `predict_tags` returns them; a score is the tag's share in training.
    """
    training.require_tags("a baseline")
    counts = collections.Counter(tag for tags in training.tags for tag in tags)
    tag, score = _most_frequent(counts, training.labels)
    return [{"tags": [tag] * len(words), "scores": [score] * len(words)} for words in examples.words]


def most_frequent_tag_of_word(training, examples):
    """Gives every word the tag that it has most often in training, an unknown one the most frequent tag of all.

    Args:
        training: TaggedSentences with tags.
        examples: TaggedSentences; tags are not looked at.

    Returns:
        Predictions, as `predict_tags` returns them; a score is the tag's share among the same words.
    """
    training.require_tags("a baseline")
    by_word, overall = collections.defaultdict(collections.Counter), collections.Counter()
    for words, tags in zip(training.words, training.tags, strict=True):
        overall.update(tags)
        for word, tag in zip(words, tags, strict=True):
            by_word[word][tag] += 1
    best = {word: _most_frequent(counts, training.labels) for word, counts in by_word.items()}
    unknown = _most_frequent(overall, training.labels)
    found = [[best.get(word, unknown) for word in words] for words in examples.words]
    return [{"tags": [tag for tag, _ in row], "scores": [score for _, score in row]} for row in found]


def _most_frequent(counts, labels):
    """Returns (tag, share); of equally frequent ones the first in the labels' order."""
    tag = min(counts, key=lambda tag: (-counts[tag], labels.index(tag)))
    return tag, counts[tag] / counts.total()
