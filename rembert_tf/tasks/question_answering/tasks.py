"""The tasks `xquad`, `mlqa` and `tydiqa`: find the answer to a question in a text."""

import functools

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.tasks.pairs.kept_graphs import kept_outputs
from rembert_tf.tasks.question_answering.answers import Answerer, AnswerSettings
from rembert_tf.tasks.question_answering.mlqa_score import mlqa_normalized
from rembert_tf.tasks.question_answering.prediction_files import text_of, write_submission
from rembert_tf.tasks.question_answering.squad_file import read_questions
from rembert_tf.tasks.question_answering.squad_score import best_scores, best_scores_or_none, normalized
from rembert_tf.tasks.question_answering.windows import DOC_STRIDE, MAX_QUESTION_LENGTH, answer_positions, make_windows
from rembert_tf.tasks.recipe import recipe_of
from rembert_tf.tasks.task import Mistake, Task
from rembert_tf.text_files.languages import languages_of

AROUND = 80  # characters of the context on each side of an answer, in the error analysis


class QuestionAnswering(Task):
    """What the three tasks share; they differ in name, recipe and normalisation of answers.

    Args:
        settings: AnswerSettings, or None for those of XTREME.
        doc_stride: pieces that consecutive windows of a context share.
        max_question_length: pieces of a question.
    """

    architecture = "RemBertForQuestionAnswering"
    prediction_suffix = ".json"

    def __init__(self, settings=None, doc_stride=DOC_STRIDE, max_question_length=MAX_QUESTION_LENGTH):
        self.settings = settings or AnswerSettings()
        self.doc_stride = doc_stride
        self.max_question_length = max_question_length

    def read(self, paths, labels=None):
        """Returns the Questions of files in the format of SQuAD; see `read_questions`. There are no classes."""
        return read_questions(paths)

    def check_answers(self, examples, purpose):
        for question in examples:
            if not question.answers and not question.is_impossible:
                raise InputError(
                    f"{question.place}: no answer is given, as {purpose} needs; "
                    "a question without one needs is_impossible: true."
                )

    def config_fields(self, examples):
        """Returns the two outputs of the head, in case the model before had another number."""
        return {"num_labels": 2}

    def batches(self, tokenizer, examples, batch_size, max_length):
        """Returns Batches of windows, cut beforehand; a long context makes several rows."""
        windows = self._windows(tokenizer, examples, max_length)
        return windows.batches(tokenizer.pad_token_id, batch_size, answer_positions(windows, examples))

    def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
        """Returns a dictionary for each question, see `Answerer.answers`; `report` counts questions."""
        if not len(examples):
            return []
        windows = self._windows(tokenizer, examples, max_length)
        answerer = Answerer(windows, examples, self.settings)
        dataset, order = windows.batches(tokenizer.pad_token_id, batch_size).ordered_dataset()
        graph, done = kept_outputs(model), 0
        for inputs in dataset:
            outputs = graph(inputs)
            logits = [outputs[name].numpy().astype("float32") for name in ("start_logits", "end_logits")]
            for start_logits, end_logits in zip(*logits, strict=True):
                answerer.add(int(order[done]), start_logits, end_logits)
                done += 1
            if report is not None:
                report(len(examples) * done // len(windows), len(examples))
        return answerer.answers()

    def score(self, examples, predictions):
        """Returns `f1` and `exact_match`, from 0 to 1, as the task's official script counts them.

        With a question marked `is_impossible` among them the rules are those of SQuAD 2.0.

        Args:
            examples: Questions.
            predictions: what `predict` returned, or bare texts.

        Raises:
            InputError: a question has no answer and is not marked as impossible, or there is no question.
        """
        if not len(examples):
            raise InputError("there is no question to score.")
        exact, f1 = np.mean(self.question_scores(examples, predictions), axis=0).tolist()
        return {"f1": f1, "exact_match": exact}

    def question_scores(self, examples, predictions):
        """Returns (exact match, F1) of each question; arguments and errors as of `score`."""
        best = best_scores_or_none if any(question.is_impossible for question in examples) else best_scores
        scores = []
        for question, prediction in zip(examples, predictions, strict=True):
            if not question.answers and not question.is_impossible:
                raise InputError(f"{question.place}: no answer is given, so predictions cannot be scored.")
            answers = [answer.text for answer in question.answers] or [""]
            scores.append(best(text_of(prediction), answers, self.normalization(question)))
        return scores

    def normalization(self, question):
        """Returns the function that a question's answers go through before they are compared."""
        return normalized

    def write_predictions(self, examples, predictions, path):
        """Writes {id: text}; see `write_submission`."""
        write_submission(examples, predictions, path)

    def mistakes(self, examples, predictions):
        """Returns the questions whose F1 is below 1, the confidently wrong ones with the largest badness."""
        scores = self.question_scores(examples, predictions)
        return [
            _mistake(question, prediction, f1)
            for question, prediction, (_, f1) in zip(examples, predictions, scores, strict=True)
            if f1 < 1
        ], {}

    def _windows(self, tokenizer, examples, max_length):
        return make_windows(tokenizer, examples, max_length, self.doc_stride, self.max_question_length)


class Xquad(QuestionAnswering):
    """XQuAD: SQuAD's questions in eleven languages, trained on SQuAD 1.1."""

    name = "xquad"
    recipe = recipe_of(name)


class Mlqa(QuestionAnswering):
    """MLQA: seven languages, trained on SQuAD 1.1; answers are compared by their language's rules."""

    name = "mlqa"
    recipe = recipe_of(name)

    def language(self, path):
        """Returns the context's and the question's language: files of one pair only share no question."""
        return "-".join(dict.fromkeys(languages_of(path)))

    def normalization(self, question):
        """Returns MLQA's normalisation for the language of the context."""
        return functools.partial(mlqa_normalized, language=question.context_language)


class Tydiqa(QuestionAnswering):
    """TyDiQA-GoldP: nine languages, trained on its own English questions."""

    name = "tydiqa"
    recipe = recipe_of(name)


def _mistake(question, prediction, f1):
    sure = 1.0 if isinstance(prediction, str) else prediction["probability"]
    answers = dict.fromkeys(answer.text for answer in question.answers)
    return Mistake(
        text=f"{question.text} | {_with_place(question)}",
        expected=" | ".join(answers) or "(no answer)",
        predicted=text_of(prediction) or "(no answer)",
        badness=(1 - f1) * sure,
        language=question.language,
        length=len(question.context),
    )


def _with_place(question):
    """Returns the context around the first answer, which stands in brackets; or the context's beginning."""
    context = question.context
    if not question.answers:
        return context[: 2 * AROUND]
    start, end = question.answers[0].start, question.answers[0].start + len(question.answers[0].text)
    before, after = context[max(start - AROUND, 0) : start], context[end : end + AROUND]
    dots = "..." if start > AROUND else "", "..." if end + AROUND < len(context) else ""
    return f"{dots[0]}{before}[{context[start:end]}]{after}{dots[1]}"
