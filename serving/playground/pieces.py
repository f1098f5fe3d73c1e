"""The pieces of texts: numbers from a model's signature `tokenize`, spellings from the vocabulary beside it."""

import functools

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.serving.model_card import VOCABULARY
from rembert_tf.serving.playground.explained.row import text_of
from rembert_tf.serving.server import inference
from rembert_tf.serving.server.status import invalid_argument
from rembert_tf.tokenization.vocabulary import Vocabulary

TOKENIZE = "tokenize"
MOST_TEXTS = 32
VOCABULARIES = 8  # that are kept


def pieces_of(servable, texts, timeout=None):
    """Returns a list of {"id", "piece"} for each text; the piece is None where its spelling is not known.

    Args:
        servable: a `Servable` with the signature `tokenize`.
        texts: list of strings.
        timeout: seconds, or None.

    Raises:
        ServingError: the model has no such signature, or cannot read the texts.
        InputError: the texts are none.
    """
    if TOKENIZE not in servable.signatures:
        raise invalid_argument("The model has no signature 'tokenize', which shows pieces")
    if not isinstance(texts, list) or len(texts) > MOST_TEXTS:
        raise InputError(f"texts must be a list of up to {MOST_TEXTS} strings.")
    encoded = [text_of({f"texts[{i}]": text}, f"texts[{i}]").encode() for i, text in enumerate(texts)]
    outputs = inference.predict(servable, TOKENIZE, {"text": np.array(encoded, object)}, timeout=timeout)
    spelled = _spellings(servable.path)
    rows = zip(outputs["input_ids"], outputs["attention_mask"], strict=True)
    return [[{"id": int(number), "piece": spelled(int(number))} for number in ids[kept > 0]] for ids, kept in rows]


@functools.lru_cache(VOCABULARIES)
def _spellings(path):
    """Returns a function from a piece's number to its spelling, or None."""
    try:
        with tf.io.gfile.GFile(f"{path}/{VOCABULARY}", "rb") as file:
            vocabulary = Vocabulary(file.read())
    except (tf.errors.OpError, InputError):
        return lambda number: None

    def spelled(number):
        try:
            return vocabulary.id_to_token(number)
        except InputError:
            return None

    return spelled
