"""Beam search: several continuations of each prompt are followed side by side.

The rules of the reference's vectorised search, on which goldens depend: twice as many candidates as beams
are looked at, those that are complete leave the race but only from the first `num_beams` places, and their
scores are divided by a power of their length.
"""

from typing import NamedTuple

from keras import ops

from rembert_tf.generation.decoder import Decoder
from rembert_tf.generation.scores import penalize_repetition, pieces_in, with_piece
from rembert_tf.layers.buffer import written

NEVER = -1.0e9  # a score that no candidate has


class Beams(NamedTuple):
    """Sequences of every prompt with their scores, best first.

    Args:
        sequences: (prompts, beams, total) pieces.
        scores: (prompts, beams) sums of log-probabilities; of complete ones, divided by the length penalty.
        lengths: (prompts, beams) pieces written, prompt included.
    """

    sequences: object
    scores: object
    lengths: object

    def take(self, indices):
        """Returns the beams at (prompts, n) indices."""
        return Beams(
            ops.take_along_axis(self.sequences, indices[:, :, None], axis=1),
            ops.take_along_axis(self.scores, indices, axis=1),
            ops.take_along_axis(self.lengths, indices, axis=1),
        )

    def best(self, number):
        """Returns the best beams and their indices (prompts, number)."""
        indices = ops.cast(ops.top_k(self.scores, number)[1], "int32")
        return self.take(indices), indices

    def together_with(self, other):
        """Returns both sets of beams as one."""
        return Beams(*[ops.concatenate(pair, axis=1) for pair in zip(self, other, strict=True)])


class BeamSearch:
    """The state of a search is (index, running, complete, is_complete, worthwhile, going, present, caches).

    Args:
        model: a RemBertForCausalLM.
        settings: GenerationSettings.
        prompt: see `Decoder`; one row for each prompt.
    """

    def __init__(self, model, settings, prompt):
        self.model, self.settings = model, settings
        self.prompts, self.start = ops.shape(prompt["input_ids"])
        self.beams = settings.num_beams
        self.total = self.start + settings.max_new_tokens
        self.ids = ops.cast(prompt["input_ids"], "int32")
        rows = {name: ops.repeat(tensor, self.beams, axis=0) for name, tensor in prompt.items()}
        self.decoder = Decoder(model, rows, settings.max_new_tokens)

    def run(self):
        """Returns the best sequences (prompts, beams, total), their scores and lengths (prompts, beams)."""
        logits, caches = self.decoder.first_scores()
        empty = self._empty()
        running = empty._replace(scores=ops.where(ops.arange(self.beams) == 0, 0.0, empty.scores))
        present = ops.zeros((1, 1), "bool")
        if self.settings.repetition_penalty != 1:
            rows = self.decoder.prompt
            present = pieces_in(
                ops.cast(rows["input_ids"], "int32"), rows["attention_mask"], self.model.config.vocab_size
            )
        state = (
            ops.convert_to_tensor(self.start, "int32"),
            running,
            empty,
            ops.zeros((self.prompts, self.beams), "bool"),
            ops.ones((self.prompts, 1), "bool"),
            present,
            caches,
        )
        state, going = self._advance(state, logits)
        loop = ops.while_loop(lambda going, *state: going, self._step, (going, *state))
        complete = loop[3]
        return complete.sequences, complete.scores, complete.lengths

    def _empty(self):
        # The reference fills with the end of text where the padding id is 0, and so does this.
        fill = self.settings.pad_token_id or self.settings.eos_token_id or 0
        padded = ops.pad(self.ids, [(0, 0), (0, self.settings.max_new_tokens)], constant_values=fill)
        shape = (self.prompts, self.beams)
        sequences = ops.repeat(padded[:, None], self.beams, axis=1)
        return Beams(sequences, ops.full(shape, NEVER, "float32"), ops.full(shape, self.start, "int32"))

    def _step(self, going, index, running, *rest):
        *rest, caches = rest
        rows = ops.reshape(running.sequences, (-1, self.total))
        logits, caches = self.decoder.scores(rows, index - 1, caches)
        state, going = self._advance((index, running, *rest, caches), logits)
        return (going, *state)

    def _advance(self, state, logits):
        """Appends one piece to every beam; returns the new state and whether to go on."""
        index, running, complete, is_complete, worthwhile, present, caches = state
        candidates, parents, pieces = self._candidates(running, logits, present, index)
        ends = self._ends(pieces, index)
        racing = candidates._replace(scores=candidates.scores + _never_where(ends))
        running, chosen = racing.best(self.beams)
        rows = self._rows(ops.take_along_axis(parents, chosen, axis=1))
        if self.settings.repetition_penalty != 1:
            new = ops.reshape(ops.take_along_axis(pieces, chosen, axis=1), (-1,))
            present = with_piece(ops.take(present, rows, axis=0), new)
        complete, is_complete = self._collect(complete, is_complete, candidates, ends, worthwhile, index)
        caches = tuple(
            (*[ops.take(own, rows, axis=0) for own in cache[:2]], *cache[2:]) for cache in caches
        )  # an encoder's keys are the same for all beams of a prompt
        index = index + 1
        worthwhile = self._worthwhile(worthwhile, running, complete, is_complete, index)
        going = ops.logical_and(ops.any(worthwhile), ops.logical_not(ops.all(ends)))
        if self.settings.early_stopping is True:
            going = ops.logical_and(going, ops.logical_not(ops.all(is_complete)))
        return (index, running, complete, is_complete, worthwhile, present, caches), going

    def _candidates(self, running, logits, present, index):
        """Returns the 2 * beams best continuations as Beams, their parents and their last pieces."""
        scores = ops.log_softmax(logits, axis=-1)
        if self.settings.repetition_penalty != 1:
            scores = penalize_repetition(scores, present, self.settings.repetition_penalty)
        vocab_size = scores.shape[-1]
        scores = ops.reshape(scores, (self.prompts, self.beams, vocab_size)) + running.scores[:, :, None]
        number = min(2 * self.beams, self.beams * vocab_size)
        scores, places = ops.top_k(ops.reshape(scores, (self.prompts, -1)), number)
        places = ops.cast(places, "int32")
        parents, pieces = places // vocab_size, places % vocab_size
        grown = running.take(parents)
        sequences = written(grown.sequences, pieces[:, :, None], index, axis=2)
        return Beams(sequences, scores, grown.lengths + 1), parents, pieces

    def _ends(self, pieces, index):
        """Returns booleans (prompts, candidates): complete, by their last piece or because the buffer is full."""
        full = ops.broadcast_to(ops.equal(index + 1, self.total), ops.shape(pieces))
        if self.settings.eos_token_id is None:
            return full
        return ops.logical_or(full, ops.equal(pieces, self.settings.eos_token_id))

    def _collect(self, complete, is_complete, candidates, ends, worthwhile, index):
        """Returns the best complete beams, old and new, and which of them are really there."""
        first = ops.arange(ends.shape[1]) < self.beams
        new = ops.logical_and(ends, first)
        length = ops.cast(index + 1 - self.start, "float32")
        scores = candidates.scores / length**self.settings.length_penalty
        scores = scores + _never_where(ops.logical_not(worthwhile)) + _never_where(ops.logical_not(new))
        if self.settings.early_stopping is True:
            scores = scores + _never_where(ops.all(is_complete, axis=1, keepdims=True))
        merged = complete.together_with(candidates._replace(scores=scores))
        complete, chosen = merged.best(self.beams)
        there = ops.concatenate([is_complete, new], axis=1)
        return complete, ops.take_along_axis(there, chosen, axis=1)

    def _worthwhile(self, worthwhile, running, complete, is_complete, index):
        """Returns booleans (prompts, 1): whether a running beam may still beat the worst complete one."""
        never = self.settings.early_stopping == "never" and self.settings.length_penalty > 0
        length = ops.cast(self.total - self.start if never else index - self.start, "float32")
        best = running.scores[:, :1] / length**self.settings.length_penalty
        worst = ops.min(complete.scores, axis=1, keepdims=True)
        worst = ops.where(is_complete, worst, NEVER)
        return ops.logical_and(worthwhile, ops.any(best > worst, axis=1, keepdims=True))

    def _rows(self, parents):
        """(prompts, beams) parents within a prompt -> (prompts * beams,) rows of the batch."""
        first = ops.arange(self.prompts, dtype="int32")[:, None] * self.beams
        return ops.reshape(first + parents, (-1,))


def _never_where(condition):
    return ops.cast(condition, "float32") * NEVER
