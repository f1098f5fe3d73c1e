"""RemBertForCausalLM: the next piece, and with it whole continuations."""

import inspect
import warnings

import keras

from rembert_tf.former_arguments import FORMER_ARGUMENTS, GENERATION_ARGUMENTS, refuse_arguments
from rembert_tf.generation.generate import generate
from rembert_tf.generation.settings import GenerationSettings
from rembert_tf.models.call_checks import refuse_inputs
from rembert_tf.models.language_model import LanguageModel
from rembert_tf.models.prompts import PROMPT, checked_prompt

FROM_CONFIG = "config"


@keras.saving.register_keras_serializable("rembert_tf")
class RemBertForCausalLM(LanguageModel):
    """A decoder that scores the vocabulary for the position after each one.

    Without a loss in `compile`, the loss is the cross-entropy of each position's logits with the label of the
    next position, -100 ignored: labels are the input ids themselves.

    Args:
        config: a RemBertConfig with `is_decoder=True`; without it every position sees the whole input, and a
            warning says so.
        **kwargs: `name`, `dtype` and `trainable`, as of any Keras model.
    """

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        if not config.is_decoder:
            warnings.warn(
                "RemBertForCausalLM with is_decoder=False attends in both directions: "
                "its loss and its generated text mean nothing. Set is_decoder=True in the configuration.",
                stacklevel=2,
            )

    def call(self, inputs, training=False):
        """Returns logits (batch, length, vocab_size).

        Args:
            inputs: dictionary, as `RemBertModel.call` takes it.
            training: whether dropout is active.
        """
        return self.scores(self.rembert(inputs, training=training)["last_hidden_state"])

    def generate(
        self,
        inputs=None,
        max_new_tokens=20,
        num_beams=1,
        do_sample=False,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        repetition_penalty=1.0,
        length_penalty=1.0,
        early_stopping=False,
        eos_token_id=FROM_CONFIG,
        seed=None,
        num_return_sequences=1,
        return_scores=False,
        **others,
    ):
        """Continues prompts: greedily, by sampling, or by beam search.

        Args:
            inputs: dictionary with `input_ids` (prompts, length), padded on the left, and optionally
                `attention_mask`, `token_type_ids`, and, for a model with cross-attention,
                `encoder_hidden_states` and `encoder_attention_mask`.
            max_new_tokens: pieces to add at most.
            num_beams: continuations followed side by side; 1 is greedy search or sampling.
            do_sample: draw the next piece instead of taking the likeliest.
            temperature: divides the logits before sampling.
            top_k: sample among that many likeliest pieces; 0 means all.
            top_p: sample among the likeliest pieces that hold this share of the probability.
            repetition_penalty: above 1, pieces that occur already (in the prompt too) become less likely.
            length_penalty: exponent of the length that beam scores are divided by.
            early_stopping: when beam search ends: True as soon as enough continuations are complete, False
                when a better one is unlikely, "never" when it is impossible.
            eos_token_id: the piece that completes a continuation; default the configuration's; None for
                none.
            seed: of sampling; None draws another one each time.
            num_return_sequences: how many of the beams to return for each prompt.
            return_scores: also return the scores of beam search.
            **others: none is taken; for what transformers takes, the error says what to write.

        Returns:
            (prompts * num_return_sequences, length + new pieces) int32: the prompt, the continuation, and
            `config.pad_token_id` after its end. With `return_scores` a pair of that and
            (prompts * num_return_sequences,) float32: sums of log-probabilities divided by
            length ** length_penalty; None unless num_beams is above 1.

        Raises:
            InputError: an impossible setting, padding on the right, or more positions than the model has.
        """
        if others:
            self._refuse_generation(others)
        settings = GenerationSettings(
            max_new_tokens=max_new_tokens,
            num_beams=num_beams,
            num_return_sequences=num_return_sequences,
            do_sample=do_sample,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            repetition_penalty=repetition_penalty,
            length_penalty=length_penalty,
            early_stopping=early_stopping,
            eos_token_id=self.config.eos_token_id if eos_token_id == FROM_CONFIG else eos_token_id,
            pad_token_id=self.config.pad_token_id or 0,
            seed=seed,
        )
        prompt = checked_prompt(self, inputs, max_new_tokens)
        if not self.config.is_decoder:
            warnings.warn(
                "generate with is_decoder=False attends in both directions and means nothing: "
                "set is_decoder=True in the configuration.",
                stacklevel=2,
            )
        sequences, scores = generate(self, prompt, settings)
        return (sequences, scores) if return_scores else sequences

    def _refuse_generation(self, others):
        refuse_inputs("generate", "generate", others.keys() & {*PROMPT})
        accepted = inspect.signature(self.generate).parameters.keys() - {"inputs", "others"}
        refuse_arguments("generate", others, accepted, {**FORMER_ARGUMENTS, **GENERATION_ARGUMENTS})

    def label_count(self, y):
        """Returns how many labels a batch's loss is the mean of: nothing foretells the first position."""
        return super().label_count(y[:, 1:])

    def aligned(self, y, y_pred, sample_weight):
        """Returns labels and weights from the second position on, with what was predicted one position before."""
        y, y_pred, sample_weight = super().aligned(y, y_pred, sample_weight)
        return y[:, 1:], y_pred[:, :-1], None if sample_weight is None else sample_weight[:, 1:]
