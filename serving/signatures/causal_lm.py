"""Signatures of a model that writes: a prompt in, its continuation out."""

import tensorflow as tf

from rembert_tf.generation.beam_search import BeamSearch
from rembert_tf.generation.random_numbers import key_of, uniforms
from rembert_tf.generation.single import generate_single
from rembert_tf.serving.options import GenerationOptions
from rembert_tf.serving.signatures.continuation_text import continuation_text, text_after
from rembert_tf.serving.signatures.head_signatures import STRINGS, HeadSignatures, string_input
from rembert_tf.tokenization import packing


class CausalLMSignatures(HeadSignatures):
    """What a served causal language model answers; arguments as of HeadSignatures.

    A prompt is read as in training and in `rembert predict`: [CLS] before it and nothing after it, special tokens
    in it spelled out. [SEP] ends a continuation.
    """

    architecture = "RemBertForCausalLM"
    options_class = GenerationOptions
    in_steps = True

    def __init__(self, model, *arguments, **options):
        super().__init__(model, *arguments, **options)
        self.settings = self.options.settings(self.tokenizer.sep_token_id, model.config.pad_token_id or 0)
        self._continuation = self.core(self._compute, STRINGS)

    @classmethod
    def least_length(cls, options, pair):
        return options.max_new_tokens + 2  # [CLS] and a piece of the prompt

    @property
    def repeatable(self):
        return not self.options.do_sample or self.options.seed is not None

    def sample_inputs(self, text):
        return {"prompt": text}

    def _compute(self, prompts):
        """(batch,) prompts -> (batch, max_new_tokens) pieces and how many of them count."""
        prompt = self._prompt(prompts)
        if self.settings.num_beams > 1:
            sequences = BeamSearch(self.model, self.settings, prompt).run()[0][:, 0]
        else:
            sequences, _ = generate_single(self.model, self.settings, prompt, self._uniforms(tf.size(prompts)))
        added = sequences[:, tf.shape(prompt["input_ids"])[1] :]
        ends = added == self.settings.eos_token_id
        first_end = tf.argmax(ends, axis=1, output_type=tf.int32)
        return added, tf.where(tf.reduce_any(ends, axis=1), first_end, self.settings.max_new_tokens)

    def _prompt(self, prompts):
        """Returns what `generate` takes: the ends of prompts that are too long, padded on the left."""
        room = self.max_length - self.settings.max_new_tokens - 1
        pieces = self.tokenizer.tokenize_to_ids(prompts, split_special_tokens=True)
        kept = tf.minimum(pieces.row_lengths(), room)
        pieces = packing.take(pieces, tf.range(pieces.nrows()), pieces.row_lengths() - kept, kept)
        rows = tf.concat([tf.fill([pieces.nrows(), 1], self.tokenizer.cls_token_id), pieces], axis=1)
        width = packing.padded_width(rows)
        ids = packing.pad(rows, self.tokenizer.pad_token_id, width, side="left")
        mask = packing.pad(tf.ones_like(rows), 0, width, side="left")
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": tf.zeros_like(ids)}

    def _uniforms(self, rows):
        """Returns the numbers that sampling draws with: those of `generate` for a seed."""
        if not self.settings.do_sample:
            return tf.zeros([1, 1])
        return uniforms(
            _new_key() if self.settings.seed is None else key_of(self.settings.seed), self.settings.max_new_tokens, rows
        )

    def serving_default(self):
        @tf.function(autograph=False)
        def generate(prompt):
            added, count = self._continuation(prompt)
            pieces = tf.RaggedTensor.from_tensor(added, lengths=count)
            if self.options.return_prompt:
                return {"text": text_after(prompt, pieces, self.tokenizer), "num_tokens": count}
            return {"text": continuation_text(pieces, self.tokenizer), "num_tokens": count}

        return generate.get_concrete_function(prompt=string_input("prompt"))


def _new_key():
    """Returns another key (2,) uint32 at every call of the graph."""
    # The raw operation, both seeds 0: any other would become a constant of the graph once a global seed is set.
    words = tf.raw_ops.RandomUniformInt(
        shape=[2], minval=tf.constant(0, tf.int64), maxval=tf.constant(2**32, tf.int64), seed=0, seed2=0
    )
    return tf.cast(words, tf.uint32)
