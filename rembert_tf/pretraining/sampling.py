"""Which language, and which of its rows, stands at each place of the training: any place is found at once."""

import functools

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.pretraining.row_order import shuffled

# Draws that are made together, so that the draws before any step are counted block by block.
BLOCK = 2**16
# Tell the random numbers of the languages' shares, of the order within a block, and of the rows apart.
SHARES, ORDER, ROWS = range(3)


def language_shares(rows, exponent):
    """Returns how often each language is drawn: in proportion to rows ** exponent, renormalised.

    Args:
        rows: (languages,) numbers of rows.
        exponent: 1 takes languages as they come, 0 all alike; the paper's 0.5 favours small ones (table 14).

    Raises:
        InputError: the exponent is not from 0 to 1.
    """
    if not 0 <= exponent <= 1:
        raise InputError(f"sampling_exponent must be from 0 to 1, not {exponent}.")
    weights = np.asarray(rows, np.float64) ** exponent
    return weights / weights.sum()


class LanguageSampler:
    """Draws languages independently of each other, and the rows of each in an endless shuffled stream.

    A language's stream has all its rows once, in a new order, before it has any again. What stands at a place
    follows from the seed and the place's number, so a run that goes on reads nothing twice.

    Args:
        rows: (languages,) numbers of rows, none 0.
        exponent: of the sampling; see `language_shares`.
        seed: decides all draws.
    """

    def __init__(self, rows, exponent, seed):
        self.rows = np.asarray(rows, np.int64)
        self.shares = language_shares(self.rows, exponent)
        self.seed = seed
        self._counted = 0, np.zeros(len(self.rows), np.int64)
        self._block = functools.lru_cache(maxsize=2)(self._draw_block)

    def __call__(self, places):
        """Returns (places,) int64 languages and (places,) int64 row numbers.

        Args:
            places: (places,) integers from 0: a draw each, batch after batch.
        """
        places = np.asarray(places, np.int64)
        languages, turns = np.zeros(len(places), np.int64), np.zeros(len(places), np.int64)
        for block in np.unique(places // BLOCK):
            here = places // BLOCK == block
            drawn, order = self._block(int(block))
            languages[here], turns[here] = drawn[places[here] % BLOCK], order[places[here] % BLOCK]
        return languages, self._rows_at(languages, turns)

    def _draw_block(self, block):
        """Returns the languages of a block's draws, and how often each was drawn before.

        How often, then in which order: the same as drawing one by one, and the counts of earlier blocks cost little.
        """
        before, counts = self._counts_before(block), self._counts(block)
        languages = np.repeat(np.arange(len(counts)), counts)
        own = np.arange(BLOCK) - np.repeat(np.cumsum(counts) - counts, counts)
        order = np.random.default_rng([self.seed, ORDER, block]).permutation(BLOCK)
        languages, draws = languages[order], np.empty(BLOCK, np.int64)
        draws[np.argsort(languages, kind="stable")] = own
        return languages, before[languages] + draws

    def _counts(self, block):
        return np.random.default_rng([self.seed, SHARES, block]).multinomial(BLOCK, self.shares)

    def _counts_before(self, block):
        counted, totals = self._counted
        if counted > block:
            counted, totals = 0, np.zeros_like(totals)
        for number in range(counted, block):
            totals = totals + self._counts(number)
        self._counted = block, totals
        return totals

    def _rows_at(self, languages, turns):
        found = np.empty(len(turns), np.int64)
        epochs, places = turns // self.rows[languages], turns % self.rows[languages]
        for language, epoch in np.unique(np.stack([languages, epochs], axis=1), axis=0):
            here = (languages == language) & (epochs == epoch)
            found[here] = shuffled(places[here], int(self.rows[language]), [self.seed, ROWS, int(language), int(epoch)])
        return found
