"""SentencePiece models of fairseq's models, rewritten so that a piece's place is the id that the model knows.

fairseq puts special tokens before the pieces, so ids and places differ. The two orders:
`XLMRobertaTokenizer` and `CamembertTokenizer` of the transformers library.
"""

import dataclasses

from rembert_tf.errors import InputError
from rembert_tf.tokenization.sentencepiece_editing import rewrite_pieces
from rembert_tf.tokenization.sentencepiece_proto import Piece, PieceType, parse_model

_PAD, _UNKNOWN, _MASK = "<pad>", "<unk>", "<mask>"
# What every SentencePiece model that was trained with the defaults begins with; <unk> first.
_OWN = ("<unk>", "<s>", "</s>")

SPECIAL_TOKENS = {
    "cls_token": "<s>",
    "sep_token": "</s>",
    "pad_token": _PAD,
    "unk_token": _UNKNOWN,
    "mask_token": _MASK,
}


@dataclasses.dataclass(frozen=True)
class Layout:
    """An order of special tokens.

    Args:
        name: of the tokenizer that has it.
        first: the tokens with ids 0, 1, ...
        kept_from: the first piece of the SentencePiece model that follows them.
    """

    name: str
    first: tuple
    kept_from: int


XLM_ROBERTA = Layout("XLMRobertaTokenizer", ("<s>", _PAD, "</s>", _UNKNOWN), kept_from=3)
CAMEMBERT = Layout("CamembertTokenizer", ("<s>NOTUSED", _PAD, "</s>NOTUSED", _UNKNOWN, "<unk>NOTUSED"), kept_from=1)


def shift(model, layout):
    """Returns a SentencePiece model whose pieces stand where the layout numbers them, `<mask>` last.

    Segmentation and normalization stay as they are.

    Args:
        model: the serialized model as the source has it, as bytes.
        layout: XLM_ROBERTA or CAMEMBERT.

    Raises:
        InputError: the model does not begin as the layout needs it.
    """
    pieces = parse_model(model).pieces
    if tuple(piece.text for piece in pieces[: len(layout.first)]) == layout.first:
        return model  # shifted already
    begin = tuple(piece.text for piece in pieces[: len(_OWN)])
    if begin != _OWN:
        raise InputError(
            f"the SentencePiece model begins with {', '.join(begin)}; {layout.name} needs {', '.join(_OWN)} there."
        )
    shifted = [special_piece(text, _UNKNOWN) for text in layout.first] + pieces[layout.kept_from :]
    if all(piece.text != _MASK for piece in shifted):
        shifted.append(special_piece(_MASK, _UNKNOWN))
    ids = {piece.text: number for number, piece in enumerate(shifted)}
    return rewrite_pieces(model, shifted, special_ids_of(ids))


def special_piece(text, unknown):
    """Returns the piece of a special token: one that no text becomes."""
    return Piece(text, 0.0, PieceType.UNKNOWN if text == unknown else PieceType.CONTROL)


def special_ids_of(ids, tokens=SPECIAL_TOKENS):
    """Returns the `special_ids` of `rewrite_pieces` for a vocabulary.

    Args:
        ids: {piece: its place}.
        tokens: {role: token} as in SPECIAL_TOKENS.
    """
    roles = {"unk": "unk_token", "bos": "cls_token", "eos": "sep_token", "pad": "pad_token"}
    return {role: ids.get(tokens.get(name), -1) for role, name in roles.items()}
