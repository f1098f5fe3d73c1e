"""What a tagger got wrong, word by word."""

import collections

from rembert_tf.tasks.task import Mistake

# Words shown on each side of the one in question.
CONTEXT = 8


def tag_mistakes(examples, predictions):
    """Returns a Mistake for every wrong word, and how often each tag was taken for each.

    Args:
        examples: TaggedSentences with tags.
        predictions: what `predict_tags` returned for them.

    Returns:
        (list of Mistake, whose badness is the probability of the wrong tag; {(expected, predicted): count}
        of all words, right ones included, so that shares can be computed from it).
    """
    mistakes, counts = [], collections.Counter()
    for row, prediction in enumerate(predictions):
        words = examples.words[row]
        for place, (right, said) in enumerate(zip(examples.tags[row], prediction["tags"], strict=True)):
            counts[right, said] += 1
            if right != said:
                mistakes.append(
                    Mistake(
                        text=word_in_context(words, place),
                        expected=right,
                        predicted=said,
                        badness=prediction["scores"][place],
                        language=examples.languages[row],
                        length=len(words),
                    )
                )
    return mistakes, dict(counts)


def word_in_context(words, place):
    """Returns a word marked as `>>word<<` between its neighbours."""
    before, after = words[max(place - CONTEXT, 0) : place], words[place + 1 : place + 1 + CONTEXT]
    start = ["..."] if place > CONTEXT else []
    end = ["..."] if place + 1 + CONTEXT < len(words) else []
    return " ".join([*start, *before, f">>{words[place]}<<", *after, *end])
