"""What questions are worth without a model: the words that are next to the question's own words."""

import math
import re
from collections import Counter

# A word; of scripts without spaces (Thai, Lao, Khmer, Burmese, Chinese, Japanese) a character.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0eff]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？।؟])|\n+")
LONGEST_ANSWER = 10  # words
WINDOW = 10  # words on each side of a candidate


def overlap_answer(question, context):
    """Returns a span of the context, chosen by its words alone.

    In the sentence that shares most with the question, rare words counting more, it is the longest run of
    words that the question lacks, of equal ones the one with more of the question's words near it.

    Args:
        question: a string.
        context: a string.

    Returns:
        A string, "" for a context without words.
    """
    asked = set(_words(question))
    sentences = [_Sentence(context, *span) for span in _sentences(context)]
    sentences = [sentence for sentence in sentences if sentence.words]
    if not sentences:
        return ""
    holding = Counter(word for sentence in sentences for word in set(sentence.words))
    weight = {word: math.log(1 + len(sentences) / count) for word, count in holding.items()}
    # `fsum`: a set has no order, and rounding must not decide between two sentences.
    best = max(sentences, key=lambda sentence: math.fsum(weight[word] for word in asked & set(sentence.words)))
    return best.longest_run_without(asked)


class _Sentence:
    def __init__(self, context, start, end):
        matches = list(_WORD.finditer(context, start, end))
        self.context = context
        self.words = [match.group().lower() for match in matches]
        self.spans = [match.span() for match in matches]

    def longest_run_without(self, asked):
        runs, run = [], []
        for index, word in enumerate([*self.words, None]):
            if word is not None and word not in asked:
                run.append(index)
                continue
            runs += [run[:LONGEST_ANSWER]] if run else []
            run = []
        runs = runs or [list(range(len(self.words)))[:LONGEST_ANSWER]]
        best = max(runs, key=lambda run: (len(run), self._near(run, asked)))
        return self.context[self.spans[best[0]][0] : self.spans[best[-1]][1]]

    def _near(self, run, asked):
        near = self.words[max(run[0] - WINDOW, 0) : run[0]] + self.words[run[-1] + 1 : run[-1] + 1 + WINDOW]
        return sum(word in asked for word in near)


def _words(text):
    return [match.group().lower() for match in _WORD.finditer(text)]


def _sentences(text):
    start = 0
    for match in _SENTENCE_END.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)
