"""Signatures of a sequence classifier: texts in, labels and probabilities out."""

import tensorflow as tf

TEXTS = tf.TensorSpec([None], tf.string)


def _spec(name):
    return tf.TensorSpec([None], tf.string, name=name)


class SequenceClassificationSignatures(tf.Module):
    """What a served classifier or regressor answers.

    Args:
        model: a RemBertForSequenceClassification.
        tokenizer: its RemBertTokenizerFast.
        labels: the labels' names, in the order of the logits.
        max_length: pieces that a text or pair is truncated to.
        pair: whether every request holds two texts.
    """

    def __init__(self, model, tokenizer, labels, max_length, pair):
        super().__init__(name="serving")
        self.tokenizer = tokenizer
        # The variables themselves, and not the Keras model: it would list each of them a second time.
        self.weights = [variable.value for variable in model.variables]
        self.text_names = ["text", "text_pair"] if pair else ["text"]
        self.problem_type = model.config.problem_type or (
            "regression" if model.config.num_labels == 1 else "single_label_classification"
        )
        label_names = tf.constant(labels)

        def encode(texts):
            return tokenizer(
                *texts, padding="longest", truncation=True, max_length=max_length, split_special_tokens=True
            )

        # One core function that every signature calls: a graph per signature would multiply load time.
        @tf.function(input_signature=[[TEXTS] * len(self.text_names)], autograph=False)
        def logits(texts):
            return tf.cast(model(encode(texts), training=False), tf.float32)

        self._encode, self._logits, self._label_names = encode, logits, label_names

    def signatures(self):
        """Returns {signature name: concrete function}."""
        offered = {"serving_default": self._predict(), "tokenize": self._tokenize()}
        if self.problem_type == "regression":
            return {**offered, "regress": self._regress()}
        return {**offered, "classify": self._classify()}

    def _scores(self, logits):
        if self.problem_type == "multi_label_classification":
            return tf.sigmoid(logits)
        return tf.nn.softmax(logits)

    def _predict(self):
        specs = {name: _spec(name) for name in self.text_names}

        @tf.function(autograph=False)
        def predict(**texts):
            logits = self._logits([texts[name] for name in self.text_names])
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

    def _tokenize(self):
        @tf.function(autograph=False)
        def tokenize(text):
            encoded = self._encode([text])
            return {name: encoded[name] for name in ("input_ids", "attention_mask")}

        return tokenize.get_concrete_function(text=_spec("text"))

    def _texts_of_examples(self, serialized):
        features = {name: tf.io.FixedLenFeature([], tf.string) for name in self.text_names}
        parsed = tf.io.parse_example(serialized, features)
        return [parsed[name] for name in self.text_names]

    def _classify(self):
        @tf.function(autograph=False)
        def classify(inputs):
            scores = self._scores(self._logits(self._texts_of_examples(inputs)))
            classes = tf.broadcast_to(self._label_names, tf.shape(scores))
            return {"classes": classes, "scores": scores}

        return classify.get_concrete_function(inputs=_spec("inputs"))

    def _regress(self):
        @tf.function(autograph=False)
        def regress(inputs):
            return {"outputs": self._regression_values(self._logits(self._texts_of_examples(inputs)))}

        return regress.get_concrete_function(inputs=_spec("inputs"))
