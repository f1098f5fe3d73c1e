"""Vectors that pieces share by their spelling, for embeddings that are trained from nothing on little text.

A table learns each piece by itself: "passwort" says nothing about "passworts". While this is active, a piece's
vector is its own row plus the scaled sum of the vectors of its character n-grams, which all pieces with the
same n-gram train together (as in fastText: Bojanowski et al., 2017). At the end the sums are added to the
rows, and an ordinary model is left.
"""

import contextlib
from collections import Counter

import keras
import numpy as np
import tensorflow as tf

from rembert_tf.layers.initializers import new_weight
from rembert_tf.layers.unlocked import unlocked

WORD_START = "\u2581"  # SentencePiece's mark for a space
FEWEST_PIECES = 2  # an n-gram of one piece alone is that piece's own row
# Share of a piece's n-grams that a step leaves out, so that a piece is known by all of its parts. With the demo's
# train.csv and dev.csv, a quarter of the messages and six languages held out (one fold, one seed, so a hint and no
# more): 71.9 -> 72.3 % on the held-out messages, 47.9 -> 48.5 % on those in the six languages.
NGRAM_DROPOUT = 0.4


def spelling_table(tokenizer, longest):
    """Finds the n-grams of every piece.

    Args:
        tokenizer: a tokenizer of the family.
        longest: characters of the longest n-gram.

    Returns:
        (rows, count): for each id of the vocabulary a list of n-gram numbers, empty for special, reserved,
        unknown and byte pieces; and how many n-grams there are.
    """
    vocabulary = tokenizer.vocabulary
    grams = [
        ngrams(vocabulary.id_to_token(piece), longest) if is_text(vocabulary, piece) else []
        for piece in range(len(vocabulary))
    ]
    pieces_with = Counter(gram for row in grams for gram in row)
    shared = [gram for gram, pieces in pieces_with.items() if pieces >= FEWEST_PIECES]
    number = {gram: index for index, gram in enumerate(shared)}
    return [[number[gram] for gram in row if gram in number] for row in grams], len(shared)


def is_text(vocabulary, piece):
    """Tells whether an id's piece is spelled like the text it stands for."""
    processor, specials = vocabulary.processor, vocabulary.special_tokens.values()
    if piece >= vocabulary.size or vocabulary.id_to_token(piece) in specials:
        return False
    return not (processor.is_control(piece) or processor.is_unknown(piece) or processor.is_byte(piece))


def ngrams(piece, longest):
    """Returns a piece's distinct n-grams of 1 to `longest` characters, sorted; a word's start counts as one."""
    found = {piece[start : start + n] for n in range(1, longest + 1) for start in range(len(piece) - n + 1)}
    return sorted(found - {WORD_START})


class SharedSpelling:
    """The n-gram vectors of a model in training.

    Args:
        embeddings: the model's Embeddings layer, which gets the vectors as a further variable.
        rows: a list of n-gram numbers for each piece.
        count: number of n-grams.
    """

    def __init__(self, embeddings, rows, count):
        lengths = np.array([len(row) for row in rows])
        numbers = np.array([number for row in rows for number in row], "int32")
        self._rows = tf.RaggedTensor.from_row_lengths(numbers, lengths)
        self.seeds = keras.random.SeedGenerator()  # follows keras.utils.set_random_seed
        # A sum of n vectors has n times the variance of one: scaled, it is as large as a row of the table.
        self._scale = tf.constant(1.0 / np.sqrt(np.maximum(lengths, 1))[:, None], "float32")
        with unlocked(embeddings):
            embeddings.spelling_vectors = self.vectors = embeddings.add_weight(
                (count, embeddings.config.input_embedding_size),
                initializer=new_weight(embeddings.config),
                name="spelling_vectors",
            )

    def __call__(self, input_ids, training=False):
        """(tokens,) ids -> (tokens, input_embedding_size), what spelling adds to each token's own row."""
        pieces, place = tf.unique(input_ids)  # a batch holds some pieces often
        return tf.gather(self._sums(pieces, NGRAM_DROPOUT if training else 0.0), place)

    def table(self):
        """Returns what spelling adds to every row of the table, a NumPy array."""
        return self._sums(tf.range(self._rows.nrows())).numpy()

    def _sums(self, pieces, dropout=0.0):
        grams = tf.gather(self._rows, pieces)
        vectors = tf.gather(self.vectors.value, grams.values)
        if dropout:
            whole_vectors = (tf.shape(vectors)[0], 1)
            vectors = keras.random.dropout(vectors, dropout, noise_shape=whole_vectors, seed=self.seeds)
        sums = tf.math.unsorted_segment_sum(vectors, grams.value_rowids(), grams.nrows())
        return sums * tf.cast(tf.gather(self._scale, pieces), sums.dtype)


@contextlib.contextmanager
def shared_spelling(model, tokenizer, longest):
    """Lets pieces share vectors by their spelling within a `with` block; afterwards the model is ordinary again.

    The own rows start at zero: at first, a piece is nothing but its spelling. Compile the model inside.

    Args:
        model: a model of the family with new weights: what its table holds for ordinary pieces is lost.
        tokenizer: its tokenizer.
        longest: characters of the longest n-gram; 0 changes nothing.
    """
    if not longest:
        yield
        return
    embeddings = _embeddings(model)
    table = embeddings.word_embeddings.embeddings
    rows, count = spelling_table(tokenizer, longest)
    rows += [[]] * (table.shape[0] - len(rows))  # a table may have rows that no piece uses
    has_spelling = np.array([bool(row) for row in rows])[:, None]
    table.assign(np.where(has_spelling, 0.0, table.numpy()))
    embeddings.spelling = SharedSpelling(embeddings, rows, count)
    with_xla, embeddings.supports_jit = embeddings.supports_jit, False  # it compiles no ragged gather
    try:
        yield
    finally:
        embeddings.supports_jit = with_xla
        table.assign(table.numpy() + embeddings.spelling.table())
        embeddings.spelling_vectors.assign(np.zeros(embeddings.spelling_vectors.shape))  # for functions traced with it
        embeddings.spelling = None
        del embeddings.spelling_vectors


@contextlib.contextmanager
def spelling_in_table(model):
    """Adds what spelling adds to the table within a `with` block, for saving a model that is still in training."""
    embeddings = _embeddings(model)
    if embeddings.spelling is None:
        yield
        return
    table = embeddings.word_embeddings.embeddings
    own = table.numpy()
    table.assign(own + embeddings.spelling.table())
    try:
        yield
    finally:
        table.assign(own)


def spelling_seeds(model):
    """Returns the variables that decide which n-grams training leaves out next; none without shared spelling."""
    spelling = _embeddings(model).spelling
    return [] if spelling is None else [spelling.seeds.state]


def _embeddings(model):
    return getattr(model, "rembert", model).embeddings
