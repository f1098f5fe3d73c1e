"""A decoder under way: what it has read, and how it scores the next piece."""

from keras import ops


class Decoder:
    """Scores the next piece of a batch of sequences that share one buffer length.

    Keys and values go into caches of the final length, so that every step has the same shapes and one compiled
    loop does. Without `is_decoder` there is no cache: each step reads the whole sequence again, in both
    directions, as the reference does then.

    Args:
        model: a RemBertForCausalLM.
        prompt: dictionary of tensors: `input_ids`, `attention_mask` and `token_type_ids` (rows, prompt length),
            padded on the left, and optionally an encoder's states and mask.
        new: pieces that there shall be room for after the prompt.
    """

    def __init__(self, model, prompt, new):
        self.model, self.prompt = model, prompt
        self.rows, self.start = ops.shape(prompt["input_ids"])  # tensors where a graph serves any shape
        self.new, self.total = new, self.start + new
        mask = ops.cast(prompt["attention_mask"], "int32")
        # What is not written yet lies in the future, which causal attention does not see.
        self.mask = ops.pad(mask, [(0, 0), (0, new)], constant_values=1)
        types = ops.cast(prompt["token_type_ids"], "int32")
        self.types = ops.concatenate([types, ops.repeat(types[:, -1:], new, axis=1)], axis=1)
        # Padding has no position of its own: each row counts from its first piece.
        self.positions = ops.maximum(ops.cumsum(self.mask, axis=1) - 1, 0)
        self.encoder_mask = {name: prompt[name] for name in ("encoder_attention_mask",) if name in prompt}
        self.states = {name: prompt[name] for name in ("encoder_hidden_states",) if name in prompt}

    def first_scores(self):
        """Returns logits (rows, vocab_size) after the prompt, and the caches."""
        inputs = {"input_ids": self.prompt["input_ids"], **self._slice(0, self.start), **self.states}
        inputs["attention_mask"] = self.mask[:, : self.start]
        encoded, layout = self.model.rembert.run({**inputs, **self.encoder_mask})
        logits = self._logits(layout.to_batch(encoded.hidden_states[-1])[:, -1])
        if not self.model.config.is_decoder:
            return logits, ()
        room = [(0, 0), (0, 0), (0, self.new), (0, 0)]
        caches = [(*[ops.pad(own, room) for own in cache[:2]], *cache[2:]) for cache in encoded.caches]
        return logits, tuple(caches)

    def scores(self, sequences, index, caches):
        """Returns logits (rows, vocab_size) of the piece after position `index`, and the caches.

        Args:
            sequences: (rows, total) pieces, written up to and including `index`.
            index: integer scalar.
            caches: what the previous step returned.
        """
        if not self.model.config.is_decoder:
            return self._scores_without_cache(sequences, index), ()
        inputs = {
            "input_ids": ops.slice(sequences, (0, index), (self.rows, 1)),
            "attention_mask": self.mask,
            "past_key_values": caches,
            **self._slice(index, 1),
            **self.encoder_mask,
        }
        encoded, _ = self.model.rembert.run(inputs, cache_position=index)
        return self._logits(encoded.hidden_states[-1]), tuple(encoded.caches)

    def _scores_without_cache(self, sequences, index):
        written = ops.cast(ops.arange(self.total, dtype="int32") <= ops.cast(index, "int32"), "int32")
        inputs = {"input_ids": sequences, "attention_mask": self.mask * written, **self._slice(0, self.total)}
        encoded, layout = self.model.rembert.run(inputs)
        hidden = layout.to_batch(encoded.hidden_states[-1])
        return self._logits(ops.take(hidden, index, axis=1))

    def _slice(self, start, length):
        size = (self.rows, length)
        return {
            "token_type_ids": ops.slice(self.types, (0, start), size),
            "position_ids": ops.slice(self.positions, (0, start), size),
        }

    def _logits(self, hidden):
        """(rows, hidden_size) -> (rows, vocab_size)."""
        return self.model.lm_head.decoder(self.model.lm_head(hidden))
