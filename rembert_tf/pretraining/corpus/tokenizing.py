"""Documents into ids, with a vocabulary in which no text can spell a special token."""

import dataclasses

import numpy as np

from rembert_tf.pretraining.corpus.cleaning import short_parts
from rembert_tf.pretraining.corpus.documents import NO_PIECES, Pieces
from rembert_tf.tokenization.sentencepiece_editing import rewrite_pieces
from rembert_tf.tokenization.sentencepiece_proto import PieceType, parse_model
from rembert_tf.tokenization.vocabulary import Vocabulary


class DocumentTokenizer:
    """Cuts documents into the pieces of a SentencePiece model.

    Args:
        model: the serialized model, as bytes.
    """

    def __init__(self, model):
        vocabulary = Vocabulary(model)
        self.cls_id = vocabulary.special_id("cls_token")
        self.sep_id = vocabulary.special_id("sep_token")
        self._processor = Vocabulary(without_literals(vocabulary)).processor

    def __call__(self, document):
        """Returns (Pieces of a Document or None where it has none, list of (reason, (file, line)) of lines without)."""
        texts = [short_parts(text) for _, text in document.lines]
        cut = iter(self._processor.encode([part for parts in texts for part in parts], out_type=int))
        ids = [[piece for _ in parts for piece in next(cut)] for parts in texts]
        rejected = [
            (NO_PIECES, (document.place[0], number))
            for (number, _), pieces in zip(document.lines, ids, strict=True)
            if not pieces
        ]
        lines = len(ids) - len(rejected)
        if not lines:
            return None, rejected
        content = np.concatenate([np.array(pieces, np.int32) for pieces in ids]).tobytes()
        return Pieces(document.place, document.language, document.digest, lines, content), rejected


def without_literals(vocabulary):
    """Returns the model with control pieces where special tokens are user-defined ones.

    SentencePiece finds a user-defined piece wherever a text spells it, so that "[SEP]" in a text would end a
    document. Ids of other texts stay as they are.

    Args:
        vocabulary: a Vocabulary.
    """
    special, pieces = set(vocabulary.all_special_tokens), parse_model(vocabulary.model).pieces
    plain = [
        dataclasses.replace(piece, type=PieceType.CONTROL)
        if piece.text in special and piece.type == PieceType.USER_DEFINED
        else piece
        for piece in pieces
    ]
    return vocabulary.model if plain == pieces else rewrite_pieces(vocabulary.model, plain)
