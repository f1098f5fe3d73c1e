"""Signatures of a masked language model: a text with masks in, the likeliest pieces of each out."""

import tensorflow as tf

from rembert_tf.serving.options import MaskedLMOptions
from rembert_tf.serving.signatures.characters import valid_text
from rembert_tf.serving.signatures.chunks import rows_of_a_chunk
from rembert_tf.serving.signatures.head_signatures import STRINGS, HeadSignatures, string_input
from rembert_tf.serving.signatures.mask_rows import mask_rows
from rembert_tf.serving.signatures.window_logits import padded_inputs
from rembert_tf.tasks.chunks import in_chunks
from rembert_tf.tasks.language_modeling.piece_scores import positions_of_a_chunk
from rembert_tf.tokenization.call_options import ALL_BUT_MASK

WORD_BEGINS = "▁"


class MaskedLMSignatures(HeadSignatures):
    """What a served masked language model answers; arguments as of HeadSignatures.

    All masks of a text are filled, however long it is: around a mask of a long one the model reads `max_length`
    pieces. A token is the spelling of a piece: one that begins a word begins with a space, a piece for a single
    byte looks like `<0xE3>`.
    """

    architecture = "RemBertForMaskedLM"
    options_class = MaskedLMOptions

    def __init__(self, model, *arguments, **options):
        super().__init__(model, *arguments, **options)
        # A model's table may have more rows than there are pieces.
        self._known = min(len(self.tokenizer), model.config.vocab_size)
        self.top_k = min(self.options.top_k, self._known)
        spelled = self.tokenizer.convert_ids_to_tokens(range(self._known))
        self._spellings = tf.constant([token.replace(WORD_BEGINS, " ") for token in spelled])
        self._fills = self.core(self._compute, STRINGS)

    def encode(self, *texts):
        """Returns model input; the mask alone is a special token in texts."""
        return self.tokenizer(
            *texts, padding="longest", truncation=True, max_length=self.max_length, split_special_tokens=ALL_BUT_MASK
        )

    def sample_inputs(self, text):
        return {"text": f"{text} {self.tokenizer.mask_token}"}

    def _compute(self, texts):
        tokenizer = self.tokenizer
        ids = tokenizer.tokenize_to_ids(valid_text(texts), split_special_tokens=ALL_BUT_MASK)
        rows, asked, text = mask_rows(
            ids, tokenizer.mask_token_id, self.max_length, tokenizer.cls_token_id, tokenizer.sep_token_id
        )
        pieces, score = self._likeliest(self._states(rows, asked))
        batch = tf.size(texts, tf.int64)
        token, score = (
            tf.RaggedTensor.from_value_rowids(values, text, batch, validate=False).to_tensor()
            for values in (tf.gather(self._spellings, pieces), score)
        )
        count = tf.math.unsorted_segment_sum(tf.ones_like(text, tf.int32), text, batch)
        return {"token": token, "score": score, "num_masks": count}

    def _states(self, rows, asked):
        """Returns (masks, output_embedding_size): what the output embedding is compared with."""
        model = self.model

        def states(ids, asked):
            inputs = padded_inputs(ids, self.tokenizer.pad_token_id)
            hidden = model.rembert(inputs, training=False)["last_hidden_state"]
            chosen = asked.to_tensor(False, shape=tf.shape(inputs["input_ids"], tf.int64))
            return (tf.cast(model.lm_head(tf.boolean_mask(hidden, chosen)), tf.float32),)

        kinds = [(tf.float32, [None, model.config.output_embedding_size])]
        return in_chunks(states, kinds, rows_of_a_chunk(rows), rows, asked)[0]

    def _likeliest(self, states):
        """Returns (masks, top_k) int32 pieces and float32 probabilities, the largest first."""
        model = self.model

        def rank(states):
            logits = tf.cast(model.lm_head.decoder(states), tf.float32)
            best, pieces = tf.math.top_k(logits[:, : self._known], self.top_k)
            return pieces, tf.exp(best - tf.reduce_logsumexp(logits, axis=1, keepdims=True))

        kinds = [(tf.int32, [None, self.top_k]), (tf.float32, [None, self.top_k])]
        return in_chunks(rank, kinds, positions_of_a_chunk(model), states)

    def serving_default(self):
        @tf.function(autograph=False)
        def fill(text):
            return self._fills(text)

        return fill.get_concrete_function(text=string_input("text"))
