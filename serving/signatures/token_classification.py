"""Signatures of a tagger: texts in, labelled spans of characters out."""

import tensorflow as tf

from rembert_tf.serving.options import TokenClassificationOptions
from rembert_tf.serving.signatures.characters import valid_text
from rembert_tf.serving.signatures.head_signatures import STRINGS, HeadSignatures, string_input
from rembert_tf.serving.signatures.most_context import most_context
from rembert_tf.serving.signatures.tag_spans import TagScheme
from rembert_tf.serving.signatures.tag_units import tag_units
from rembert_tf.serving.signatures.window_logits import piece_logits
from rembert_tf.tasks.tagging.windows import SPECIAL_TOKENS
from rembert_tf.tokenization import packing
from rembert_tf.tokenization.side_by_side import lay_out


class TokenClassificationSignatures(HeadSignatures):
    """What a served tagger answers; arguments as of HeadSignatures.

    A text becomes words (see `split_words`), and a word has the tag of its first piece, as in training; in
    scripts without spaces every piece has its own. Text beyond `max_length` pieces is read in overlapping
    windows, each word in the one where it has most context.
    """

    architecture = "RemBertForTokenClassification"
    options_class = TokenClassificationOptions
    has_labels = True

    def __init__(self, model, *arguments, **options):
        super().__init__(model, *arguments, **options)
        self.room = self.max_length - SPECIAL_TOKENS
        self._scheme = TagScheme(self.labels, self.options.aggregation == "entities")
        self._names = tf.constant(self._scheme.names)
        self._spans = self.core(self._compute, STRINGS)

    def _compute(self, texts):
        units = tag_units(self.tokenizer, valid_text(texts), self.room, self.options.pretokenized)
        probabilities = tf.nn.softmax(self._logits(units))
        tag = tf.argmax(probabilities, axis=1, output_type=tf.int32)
        score = tf.reduce_max(probabilities, axis=1)
        spans = self._scheme.spans(units, tag, score, self.options.include_outside)
        text, batch = spans.pop("text"), tf.size(texts, tf.int64)
        spans["entity"] = tf.gather(self._names, spans.pop("name"))
        rows = {
            name: tf.RaggedTensor.from_value_rowids(values, text, batch, validate=False)
            for name, values in spans.items()
        }
        count = tf.cast(rows["entity"].row_lengths(), tf.int32)
        return {**{name: row.to_tensor() for name, row in rows.items()}, "num_entities": count}

    def _logits(self, units):
        """Returns (units, labels) float32."""
        stride = min(self.options.stride, self.room // 2)
        lengths = units.ids.row_lengths()
        text, start, count = packing.windows(lengths, tf.fill(tf.shape(lengths), tf.cast(self.room, tf.int64)), stride)
        contexts = packing.take(units.ids, text, start, count)
        tokenizer = self.tokenizer
        rows = lay_out(contexts, None, tokenizer.cls_token_id, tokenizer.sep_token_id)
        logits = piece_logits(self.model, rows, tokenizer.pad_token_id, len(self.labels))
        chosen, piece, pieces = most_context(text, start, count, units.ids.nrows())
        # Before a window's pieces stand its [CLS], and both special tokens of each window ahead.
        place = tf.range(tf.size(piece, tf.int64)) + SPECIAL_TOKENS * contexts.value_rowids() + 1
        places = tf.math.unsorted_segment_max(tf.boolean_mask(place, chosen), tf.boolean_mask(piece, chosen), pieces)
        return tf.gather(logits, tf.gather(places, units.piece))

    def serving_default(self):
        @tf.function(autograph=False)
        def tag(text):
            return self._spans(text)

        return tag.get_concrete_function(text=string_input("text"))
