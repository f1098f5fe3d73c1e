"""SentencePiece models made from a unigram vocabulary that is stored in another form."""

import base64
import binascii

from rembert_tf.checkpoints_tools.shifted_vocabulary import SPECIAL_TOKENS, special_ids_of, special_piece
from rembert_tf.errors import InputError
from rembert_tf.tokenization.sentencepiece_editing import rewrite_pieces
from rembert_tf.tokenization.sentencepiece_proto import Piece, PieceType

TOKENIZER_JSON_FILE = "tokenizer.json"
# A model (sentencepiece_model.proto) with one piece of the unknown type and nothing else.
_EMPTY_MODEL = b"\n\x09\n\x05<unk>\x18\x02"
_NORMALIZER, _CHARSMAP = 3, 2  # fields of the model, and of its normalizer_spec
# Steps of a tokenizer.json that do what SentencePiece does by itself: collapsing and trimming spaces.
_SPACE_STEPS = ({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}, {"type": "Strip"})


def unigram_model(vocabulary, charsmap, special, unknown="<unk>", tokens=SPECIAL_TOKENS):
    """Returns a SentencePiece model, as bytes.

    Args:
        vocabulary: list of (piece, score) in the order of their ids.
        charsmap: SentencePiece's compiled normalization rules; empty for none.
        special: names of pieces that no text becomes.
        unknown: the unknown piece.
        tokens: {role: token}: which piece has which role.

    Raises:
        InputError: the vocabulary is none.
    """
    special = {*special, unknown}
    pieces = [
        special_piece(text, unknown) if text in special else Piece(text, float(score), PieceType.NORMAL)
        for text, score in vocabulary
    ]
    ids = {piece.text: number for number, piece in enumerate(pieces)}
    base = _EMPTY_MODEL + _message(_NORMALIZER, _message(_CHARSMAP, charsmap))
    return rewrite_pieces(base, pieces, special_ids_of(ids, {**tokens, "unk_token": unknown}))


def from_tokenizer_json(content):
    """Returns the SentencePiece model of a `tokenizer.json`, and None; or None, and why there is none.

    Args:
        content: the object in the file.

    Raises:
        InputError: the file is damaged.
    """
    try:
        model = content["model"]
        if model.get("type") != "Unigram":
            return None, f"its {TOKENIZER_JSON_FILE} is a {model.get('type')} model, not a unigram one"
        charsmap, strange = _charsmap(content.get("normalizer"))
        spaces = [step["type"] for step in _steps(content.get("pre_tokenizer"), "pretokenizers")]
        if strange or "Metaspace" not in spaces or model.get("byte_fallback"):
            what = ", ".join(strange) or "byte pieces or no Metaspace"
            return None, f"its {TOKENIZER_JSON_FILE} does what SentencePiece does not ({what})"
        vocabulary = [(str(piece), float(score)) for piece, score in model["vocab"]]
        known = {piece for piece, _ in vocabulary}
        added = sorted(content.get("added_tokens") or [], key=lambda token: token["id"])
        vocabulary += [(token["content"], 0.0) for token in added if token["content"] not in known]
        special = {token["content"] for token in added if token.get("special", True)}
        wrong = [token["content"] for token in added if vocabulary[token["id"]][0] != token["content"]]
        if wrong:
            return None, f"the added tokens of its {TOKENIZER_JSON_FILE} have other ids than places ({wrong[0]!r})"
        return unigram_model(vocabulary, charsmap, special, vocabulary[model["unk_id"]][0]), None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, binascii.Error) as problem:
        raise InputError(f"{TOKENIZER_JSON_FILE} is damaged: {problem!r}.") from None


def _charsmap(normalizer):
    """Returns the compiled rules of a normalizer, and what it does besides that SentencePiece would not do."""
    charsmap, strange = b"", []
    for step in _steps(normalizer, "normalizers"):
        if step["type"] == "Precompiled" and not charsmap:
            charsmap = base64.b64decode(step["precompiled_charsmap"] or "", validate=True)
        elif not any(known.items() <= step.items() for known in _SPACE_STEPS):
            strange.append(step["type"])
    return charsmap, strange


def _steps(step, inner):
    """Returns the steps of a Sequence, or the one step that it is."""
    return [] if step is None else step.get(inner, [step])


def _message(field, content):
    length, octets = len(content), bytearray([field << 3 | 2])
    while length > 0x7F:
        octets.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*octets, length]) + content
