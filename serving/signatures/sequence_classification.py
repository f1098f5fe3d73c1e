"""Signatures of a sequence classifier: texts in, labels and probabilities out."""

import tensorflow as tf

from rembert_tf.serving.options import NoOptions
from rembert_tf.serving.signatures.head_signatures import STRINGS, HeadSignatures, string_input


class SequenceClassificationSignatures(HeadSignatures):
    """What a served classifier or regressor answers; arguments as of HeadSignatures."""

    architecture = "RemBertForSequenceClassification"
    options_class = NoOptions
    has_labels = True
    takes_pair = True

    def __init__(self, model, *arguments, **options):
        super().__init__(model, *arguments, **options)
        self.text_names = ["text", "text_pair"] if self.pair else ["text"]
        self.problem_type = model.config.problem_type or (
            "regression" if model.config.num_labels == 1 else "single_label_classification"
        )
        self._label_names = tf.constant(self.labels)
        self._logits = self.core(self._compute_logits, *[STRINGS] * len(self.text_names))

    def _compute_logits(self, *texts):
        return tf.cast(self.model(self.encode(*texts), training=False), tf.float32)

    def sample_inputs(self, text):
        return dict.fromkeys(self.text_names, text)

    def signatures(self):
        """Returns {signature name: concrete function}."""
        offered = super().signatures()
        if self.problem_type != "regression":
            return {**offered, "classify": self._classify()}
        # A Regress answer holds one number an example.
        return {**offered, "regress": self._regress()} if self.model.config.num_labels == 1 else offered

    def _scores(self, logits):
        if self.problem_type == "multi_label_classification":
            return tf.sigmoid(logits)
        return tf.nn.softmax(logits)

    def serving_default(self):
        specs = {name: string_input(name) for name in self.text_names}

        @tf.function(autograph=False)
        def predict(**texts):
            logits = self._logits(*[texts[name] for name in self.text_names])
            if self.problem_type == "regression":
                return {"score": self._regression_values(logits)}
            probabilities = self._scores(logits)
            if self.problem_type == "multi_label_classification":
                return {"probabilities": probabilities}
            return {
                "label": tf.gather(self._label_names, tf.argmax(probabilities, axis=1)),
                "score": tf.reduce_max(probabilities, axis=1),
                "probabilities": probabilities,
            }

        return predict.get_concrete_function(**specs)

    def _regression_values(self, logits):
        return logits[:, 0] if logits.shape[1] == 1 else logits

    def _texts_of_examples(self, serialized):
        features = {name: tf.io.FixedLenFeature([], tf.string) for name in self.text_names}
        parsed = tf.io.parse_example(serialized, features)
        return [parsed[name] for name in self.text_names]

    def _classify(self):
        @tf.function(autograph=False)
        def classify(inputs):
            scores = self._scores(self._logits(*self._texts_of_examples(inputs)))
            classes = tf.broadcast_to(self._label_names, tf.shape(scores))
            return {"classes": classes, "scores": scores}

        return classify.get_concrete_function(inputs=string_input("inputs"))

    def _regress(self):
        @tf.function(autograph=False)
        def regress(inputs):
            return {"outputs": self._regression_values(self._logits(*self._texts_of_examples(inputs)))}

        return regress.get_concrete_function(inputs=string_input("inputs"))
