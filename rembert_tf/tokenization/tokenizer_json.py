"""The `tokenizer.json` that lets transformers 5.x read a model directory of ours.

transformers 5.x has no tokenizer that reads `sentencepiece.model` with RemBERT's rules; what it reads is
this file. It is made from the SentencePiece model alone, with neither `tokenizers` nor `transformers`.

`save_pretrained` writes both files, after every setting is final:

    files["tokenizer.json"] = tokenizer_json(tokenizer).encode("utf-8")
    settings.update(tokenizer_config_entries(tokenizer))      # into tokenizer_config.json

and leaves both out where `tokenizer_json` raises InputError (a word or character model): such a directory
is read by this package and by transformers 4.57's RemBertTokenizer. An old `tokenizer.json` must not be
left beside a new `sentencepiece.model`. `from_pretrained` passes over all of these entries.
"""

import json
import re

from rembert_tf.errors import InputError
from rembert_tf.tokenization.sentencepiece_proto import BPE, MODEL_TYPES, UNIGRAM, PieceType, parse_model
from rembert_tf.tokenization.tokenizer_json_normalizer import SPACE_SYMBOL, any_of, normalizer_steps

TOKENIZER_JSON_FILE = "tokenizer.json"
_ALL = 2**31 - 1

TEXT_PIECES = (PieceType.NORMAL, PieceType.USER_DEFINED)


def tokenizer_json(tokenizer):
    """Returns the content of `tokenizer.json`.

    Args:
        tokenizer: a tokenizer of this package.

    Raises:
        InputError: the SentencePiece model is neither a unigram nor a BPE model.
    """
    vocabulary = tokenizer.vocabulary
    model = parse_model(vocabulary.model)
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added_tokens(vocabulary),
        "normalizer": {"type": "Sequence", "normalizers": normalizer_steps(model, tokenizer.do_lower_case)},
        "pre_tokenizer": _pre_tokenizer(model),
        "post_processor": _template(vocabulary),
        "decoder": _decoder(model),
        "model": _model(model),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def tokenizer_config_entries(tokenizer):
    """Returns what `tokenizer_config.json` must hold so that transformers reads `tokenizer.json`.

    With RemBERT's own class name, transformers 5.x would build a tokenizer of its own beside the file, and
    transformers 4.57's AutoTokenizer would convert `sentencepiece.model` anew, by other rules.

    Args:
        tokenizer: a tokenizer of this package.
    """
    tokens = tokenizer.vocabulary.special_tokens
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        "model_max_length": tokenizer.model_max_length,
        "clean_up_tokenization_spaces": False,
        **tokens,
    }


def _added_tokens(vocabulary):
    """Returns the tokens that are found in raw text; all else is SentencePiece's."""
    return [
        {
            "id": number,
            "content": token,
            "single_word": False,
            "lstrip": token == vocabulary.special_tokens["mask_token"],
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for number, token in sorted((number, token) for token, number in vocabulary.literals.items())
    ]


def _pre_tokenizer(model):
    """Cuts out runs of characters that no piece has, where a piece that no text becomes has some of them.

    Such runs are unknown however a text is cut, so SentencePiece's result stays, and "</s>" in a text isn't
    taken for the control piece. Elsewhere `_unigram_scores` alone prevents that. User-defined pieces, which
    SentencePiece cuts out first, may have such characters.
    """
    known = _characters(model, [PieceType.NORMAL])
    if _characters(model, set(PieceType) - set(TEXT_PIECES)) <= known:
        return None
    symbols = [piece.text for piece in model.pieces if piece.type == PieceType.USER_DEFINED]
    symbols = [re.escape(text) for text in sorted(symbols, key=len, reverse=True) if not known.issuperset(text)]
    unknown = any_of(known, negated=True)
    cut = f"{'|'.join(symbols)}|(?:(?!{'|'.join(symbols)}){unknown})+" if symbols else f"{unknown}+"
    return {"type": "Split", "pattern": {"Regex": cut}, "behavior": "Isolated", "invert": False}


def _characters(model, types):
    return {character for piece in model.pieces if piece.type in types for character in piece.text}


def _template(vocabulary):
    cls_token, sep_token = vocabulary.special_tokens["cls_token"], vocabulary.special_tokens["sep_token"]

    def special(token, type_id):
        return {"SpecialToken": {"id": token, "type_id": type_id}}

    def sequence(name, type_id):
        return {"Sequence": {"id": name, "type_id": type_id}}

    single = [special(cls_token, 0), sequence("A", 0), special(sep_token, 0)]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, sequence("B", 1), special(sep_token, 1)],
        "special_tokens": {
            token: {"id": token, "ids": [vocabulary.token_to_id(token)], "tokens": [token]}
            for token in (cls_token, sep_token)
        },
    }


def _decoder(model):
    steps = [{"type": "Replace", "pattern": {"String": SPACE_SYMBOL}, "content": " "}]
    steps += [{"type": "ByteFallback"}] if model.byte_fallback else []
    steps += [{"type": "Fuse"}]
    # SentencePiece drops the dummy prefix, or all leading spaces where it doesn't keep them when encoding.
    dropped = _ALL if model.remove_extra_whitespaces else int(model.add_dummy_prefix)
    if dropped and not model.whitespace_as_suffix:
        steps.append({"type": "Strip", "content": " ", "start": dropped, "stop": 0})
    return {"type": "Sequence", "decoders": steps}


def _model(model):
    if model.model_type == UNIGRAM:
        return _unigram(model)
    if model.model_type == BPE:
        return _bpe(model)
    kind = MODEL_TYPES.get(model.model_type, f"type {model.model_type}")
    raise InputError(f"{TOKENIZER_JSON_FILE} can hold unigram and BPE models, not a {kind} model.")


def _unigram(model):
    return {
        "type": "Unigram",
        "unk_id": model.unknown_id,
        "vocab": list(zip((piece.text for piece in model.pieces), _unigram_scores(model), strict=True)),
        "byte_fallback": model.byte_fallback,
    }


def _unigram_scores(model):
    """Returns scores with which a model that knows no types of pieces chooses as SentencePiece does.

    User-defined pieces win over whatever else their text could be. Control, unknown, unused and byte
    pieces, which no text becomes, lose against their own characters. They also lower the score of an
    unknown character (10 below the worst piece), which then loses against any piece, as it does in
    SentencePiece but for pieces with characters that aren't pieces themselves.
    """
    normal = {piece.text: piece.score for piece in model.pieces if piece.type == PieceType.NORMAL}
    best, worst = max(0.0, *normal.values()), min(normal.values())
    scores = []
    for piece in model.pieces:
        if piece.type == PieceType.NORMAL:
            scores.append(piece.score)
        elif piece.type == PieceType.USER_DEFINED:
            scores.append(len(piece.text.encode("utf-8")) * best - 0.1)
        else:
            scores.append(sum(normal.get(character, worst) for character in piece.text) - 1.0)
    return scores


def _bpe(model):
    usable = {piece.text: piece.score for piece in model.pieces if piece.type in TEXT_PIECES}
    merges = [
        (piece[:cut], piece[cut:])
        for piece in sorted(usable, key=usable.get, reverse=True)
        for cut in range(1, len(piece))
        if piece[:cut] in usable and piece[cut:] in usable
    ]
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": model.pieces[model.unknown_id].text,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": True,
        "byte_fallback": model.byte_fallback,
        "ignore_merges": False,
        "vocab": {piece.text: index for index, piece in enumerate(model.pieces)},
        "merges": merges,
    }
