"""Signatures of a model that chooses: a prompt and its choices in, the number of the best one out."""

import tensorflow as tf

from rembert_tf.serving.options import NoOptions
from rembert_tf.serving.signatures.head_signatures import STRINGS, HeadSignatures, string_input

CHOICES = tf.TensorSpec([None, None], tf.string, name="choices")


class MultipleChoiceSignatures(HeadSignatures):
    """What a served multiple choice model answers; arguments as of HeadSignatures."""

    architecture = "RemBertForMultipleChoice"
    options_class = NoOptions

    def __init__(self, model, *arguments, **options):
        super().__init__(model, *arguments, **options)
        self._probabilities = self.core(self._compute, STRINGS, CHOICES)

    @classmethod
    def least_length(cls, options, pair):
        return 4  # [CLS] a [SEP] b [SEP]

    def sample_inputs(self, text):
        return {"prompt": text, "choices": [text, text]}

    def _compute(self, prompt, choices):
        offered = tf.strings.length(choices) > 0
        prompts = tf.broadcast_to(prompt[:, tf.newaxis], tf.shape(choices))
        encoded = self.encode(tf.reshape(prompts, [-1]), tf.reshape(choices, [-1]))
        shape = tf.shape(choices)
        rows = {name: tf.reshape(value, [shape[0], shape[1], tf.shape(value)[1]]) for name, value in encoded.items()}
        logits = tf.cast(self.model(rows, training=False), tf.float32)
        # An empty string is no choice: it fills up the rows of a batch whose prompts have fewer.
        weights = tf.where(offered, tf.nn.softmax(tf.where(offered, logits, logits.dtype.min)), 0.0)
        # Where nothing was offered, nothing is probable.
        return tf.math.divide_no_nan(weights, tf.reduce_sum(weights, axis=1, keepdims=True))

    def serving_default(self):
        @tf.function(autograph=False)
        def choose(prompt, choices):
            probabilities = self._probabilities(prompt, choices)
            # A column of zeros lets a batch without any choice have a first one.
            padded = tf.pad(probabilities, [[0, 0], [0, 1]], constant_values=-1.0)
            return {"choice": tf.argmax(padded, axis=1, output_type=tf.int32), "probabilities": probabilities}

        return choose.get_concrete_function(prompt=string_input("prompt"), choices=CHOICES)
