"""From the scores of positions to the text of an answer."""

import dataclasses

import numpy as np

from rembert_tf.tasks.question_answering.spans import best_spans, most_context_masks

N_BEST, MAX_ANSWER_LENGTH = 20, 30


@dataclasses.dataclass(frozen=True)
class AnswerSettings:
    """How answers are chosen.

    Args:
        n_best: candidates that are listed for each question.
        max_answer_length: pieces of an answer.
        null_threshold: the answer is "" where no answer scores higher than the best one by more than this;
            None always answers, as SQuAD 1.1 wants it.
    """

    n_best: int = N_BEST
    max_answer_length: int = MAX_ANSWER_LENGTH
    null_threshold: float | None = None


class Answerer:
    """Collects the scores of windows, in any order, and answers the questions at the end.

    Args:
        windows: Windows of the questions.
        questions: list of Question.
        settings: AnswerSettings.
    """

    def __init__(self, windows, questions, settings):
        self.windows = windows
        self.questions = questions
        self.settings = settings
        self._may_start = {}
        self._found = [None] * len(windows)
        self._null = np.full(len(windows), np.inf)
        for group in windows.groups():
            contexts = [windows.context(window) for window in group]
            masks = most_context_masks([part.stop - part.start for part in contexts], windows.doc_stride)
            self._may_start.update(zip(group, masks, strict=True))

    def add(self, window, start_logits, end_logits):
        """Takes the scores of one window.

        Args:
            window: its number.
            start_logits: (length,) of its row, padding included or not.
            end_logits: (length,).
        """
        part = self.windows.context(window)
        row = slice(self.windows.context_start[window], self.windows.context_start[window] + part.stop - part.start)
        answerable = self.windows.answerable[part]
        starts, ends = np.float64(start_logits[row]), np.float64(end_logits[row])
        scores, first, last = best_spans(
            starts,
            ends,
            answerable & self._may_start[window],
            answerable,
            self.settings.max_answer_length,
            self.settings.n_best,
        )
        spans = self.windows.offsets[part]
        self._null[window] = float(start_logits[0]) + float(end_logits[0])
        columns = (-scores, spans[first, 0], spans[last, 1], starts[first], ends[last])
        # The window comes second, so that equal scores always come in the same order.
        self._found[window] = [(score, window, *rest) for score, *rest in zip(*columns, strict=True)]

    def answers(self):
        """Returns a prediction for each question, a dictionary as JSON can hold it.

        `text`, `start` and `end` (characters of the context; None for the answer ""), `probability` among
        the candidates, `null_score_difference` (how much better no answer scores than the best one, None
        where there is no candidate) and `n_best`, a list of `text`, `start`, `end`, `probability`,
        `start_logit`, `end_logit`.
        """
        return [self._answer(*pair) for pair in zip(self.questions, self.windows.groups(), strict=True)]

    def _answer(self, question, group):
        found = sorted(entry for window in group for entry in self._found[window])
        null = min(self._null[window] for window in group)
        candidates, seen = [], set()
        for score, _, start, end, start_logit, end_logit in found:
            covered = question.context[start:end]
            start = int(start) + len(covered) - len(covered.lstrip())
            text = covered.strip()
            if text not in seen and len(candidates) < self.settings.n_best:
                seen.add(text)
                place = {"text": text, "start": start, "end": start + len(text)}
                candidates.append((-score, place, float(start_logit), float(end_logit)))
        difference = float(null - candidates[0][0]) if candidates else None
        n_best = _with_probabilities(candidates)
        threshold = self.settings.null_threshold
        if not n_best or (threshold is not None and difference > threshold):
            chosen = {"text": "", "start": None, "end": None, "probability": 0.0}
        else:
            chosen = {name: n_best[0][name] for name in ("text", "start", "end", "probability")}
        return {**chosen, "null_score_difference": difference, "n_best": n_best}


def _with_probabilities(candidates):
    scores = np.array([score for score, *_ in candidates])
    weights = np.exp(scores - scores[0]) if candidates else scores
    shares = (weights / weights.sum()).tolist()
    return [
        {**place, "probability": share, "start_logit": start_logit, "end_logit": end_logit}
        for share, (_, place, start_logit, end_logit) in zip(shares, candidates, strict=True)
    ]
