"""Signatures of an extractive reader: a question and a context in, the stretch that answers it out."""

import tensorflow as tf

from rembert_tf.graph_checks import guarded
from rembert_tf.serving.options import QuestionAnsweringOptions
from rembert_tf.serving.signatures.answer_texts import answer_texts
from rembert_tf.serving.signatures.answer_windows import answer_windows, best_spans
from rembert_tf.serving.signatures.characters import valid_text
from rembert_tf.serving.signatures.head_signatures import STRINGS, HeadSignatures, string_input
from rembert_tf.tasks.question_answering.windows import TEMPLATE


class QuestionAnsweringSignatures(HeadSignatures):
    """What a served reader answers; arguments as of HeadSignatures.

    A context of any length is read in windows. Answers, and their scores, are those of the task: a score is the
    probability among the 20 best answers with different texts, 0 for no answer.
    """

    architecture = "RemBertForQuestionAnswering"
    options_class = QuestionAnsweringOptions

    def __init__(self, model, *arguments, **options):
        super().__init__(model, *arguments, **options)
        self._answers = self.core(self._compute, STRINGS, STRINGS)

    @classmethod
    def least_length(cls, options, pair):
        return TEMPLATE + 2

    def sample_inputs(self, text):
        return {"question": text, "context": text}

    def _compute(self, questions, contexts):
        message = "question and context must have as many rows"
        questions = guarded(questions, tf.equal(tf.size(questions), tf.size(contexts)), message)
        questions, contexts = valid_text(questions), valid_text(contexts)
        points = tf.strings.unicode_decode(contexts, "UTF-8").with_row_splits_dtype(tf.int64)
        windows = answer_windows(self.tokenizer, questions, contexts, points, self.max_length, self.options)
        length = min(self.options.max_answer_length, self.max_length)
        scores, start, end, null = best_spans(self.model, windows, self.tokenizer.pad_token_id, length)
        answers = answer_texts(points, windows.question, scores, start, end)
        if self.options.null_threshold is not None:
            null = tf.math.unsorted_segment_min(null, windows.question, points.nrows())
            best = tf.math.unsorted_segment_max(answers.logit, answers.question, points.nrows())
            answers = answers.keep(null - best <= self.options.null_threshold)
        shape = tf.stack([tf.size(contexts), self.options.top_k])
        fields = {"answer": "text", "start": "start", "end": "end", "score": "score"}
        outputs = {name: answers.column(field, shape) for name, field in fields.items()}
        if self.options.top_k > 1:
            return {name: tf.ensure_shape(value, [None, self.options.top_k]) for name, value in outputs.items()}
        return {name: value[:, 0] for name, value in outputs.items()}

    def serving_default(self):
        @tf.function(autograph=False)
        def answer(question, context):
            return self._answers(question, context)

        return answer.get_concrete_function(question=string_input("question"), context=string_input("context"))
