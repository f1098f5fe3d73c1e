"""SentencePiece's normalization, told in the steps that Hugging Face's tokenizers know.

SentencePiece applies the longest of its rules at each place of a text. The Precompiled step of the
tokenizers library reads the same rules but applies them to grapheme clusters, and in a cluster of several
characters it applies the *shortest* one to all of them: decomposed letters lose their marks. It is right
wherever a cluster is a single character. The rules over several characters do what Unicode's composition
(NFC) does, within their own reach. So:

1. a WALL takes the place of characters that the rules remove (on which Precompiled would crash at the
   start of a text), and stands between a character that becomes several and a mark after it;
2. a BREAK before every character that would join a cluster makes all clusters single;
3. Precompiled applies the rules over one character; the BREAKs go;
4. a WALL stands wherever NFC would compose or reorder across the end of a rule: between marks that no
   rule spans, and between a composed character and a mark or final Hangul consonant;
5. NFC, which no WALL lets through; the WALLs go.

What this gets wrong: U+FFF7 and U+FFF8 in a text, which go too; compositions that only the newest Unicode
has. And in models that aren't RemBERT's: with rules that fold case, some Greek letters before marks; where
"▁" ends words, a text of which the rules leave nothing.
"""

import base64
import functools
import itertools
import re
import unicodedata

from rembert_tf.tokenization.normalization_rules import read_rules

SPACE_SYMBOL = "▁"
# Unassigned, and by Unicode's rules never joined to a neighbour.
BREAK, WALL = "\ufff8", "\ufff7"
# Line feeds (after carriage returns); combining marks, those too that an engine's tables may lack; joiners,
# two vowel signs, halfwidth sound marks, emoji modifiers; conjoining Hangul letters.
_JOINING = "\n\\p{M}\u1ab0-\u1aff\u200c\u200d\u0e33\u0eb3\uff9e\uff9f\U0001f3fb-\U0001f3ff"
_JOINING += "\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb"
_COMPOSING = "\\p{M}\u11a8-\u11c2"


def normalizer_steps(model, do_lower_case):
    """Returns the steps of a `Sequence` normalizer.

    Args:
        model: a `SentencePieceModel`.
        do_lower_case: whether text is lower-cased first.

    Returns:
        List of dictionaries, as `tokenizer.json` has them.
    """
    lower = [{"type": "Lowercase"}] if do_lower_case else []
    space_steps, prefix = _space_steps(model)
    # Where spaces stay, a text of which the rules leave nothing has its prefix all the same.
    return [*prefix, *lower, *_rule_steps(model.charsmap), *space_steps]


@functools.lru_cache(maxsize=4)  # 0.4 s of work, which every checkpoint of a training would do again
def _rule_steps(charsmap):
    """Returns the steps of the compiled rules, which must not be changed."""
    rules = read_rules(charsmap)
    if not rules:
        return []
    removed = [text for text, replacement in rules.items() if not replacement and len(text) == 1]
    inside_rules = {character for text in rules if len(text) > 1 for character in text[:-1]}
    longer = [text for text, new in rules.items() if len(text) == 1 < len(new) and text not in inside_rules]
    composed = {new for text, new in rules.items() if len(text) > 1 == len(new) and new not in inside_rules}
    return [
        *([_replace(any_of(removed), WALL)] if removed else []),
        *([_replace(rf"(?<={any_of(longer)})(?=\p{{M}})", WALL)] if longer else []),
        _replace(rf"(?!\A)(?=[{_JOINING}])", BREAK),
        {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap).decode("ascii")},
        _replace(BREAK, ""),
        *([_replace(f"{_between_marks(rules)}|(?<={any_of(composed)})(?=[{_COMPOSING}])", WALL)] if composed else []),
        *([{"type": "NFC"}] if composed else []),
        _replace(WALL, ""),
    ]


def _between_marks(rules):
    """Returns the expression of the places between two marks that no rule spans."""
    # last mark -> what stands between it and the first character -> first characters
    spanned = {}
    for text in rules:
        if len(text) > 1 and _is_mark(text[-1]) and _is_mark(text[-2]) and not any(char in rules for char in text):
            spanned.setdefault(text[-1], {}).setdefault(text[1:-1], []).append(text[0])
    choices = [f"(?!{any_of(spanned)})"] if spanned else [""]
    for last, before in sorted(spanned.items()):
        contexts = [any_of(firsts) + middle for middle, firsts in sorted(before.items())]
        choices.append(f"(?<!{'|'.join(contexts)})(?={last})")
    return rf"(?<=\p{{M}})(?=\p{{M}})(?:{'|'.join(choices)})"


def _space_steps(model):
    """Returns the steps after the rules, and those before them."""
    symbol = SPACE_SYMBOL if model.escape_whitespaces else " "
    prefix = [{"type": "Prepend", "prepend": symbol}] if model.add_dummy_prefix else []
    suffix = []
    if model.whitespace_as_suffix:
        prefix, suffix = [], [_replace(r"(?<=.)\z", symbol)] if prefix else []
    escape = [{"type": "Replace", "pattern": {"String": " "}, "content": symbol}] if model.escape_whitespaces else []
    if not model.remove_extra_whitespaces:
        return escape + suffix, prefix
    # At the end "▁" is taken for a space even where the text itself had it.
    trim = _replace(r"\A +| +\z|(?<= ) +", "")
    return [trim, *escape, *prefix, _replace(rf"{symbol}+\z", ""), *suffix], []


def _replace(expression, content):
    return {"type": "Replace", "pattern": {"Regex": expression}, "content": content}


def any_of(characters, negated=False):
    """Returns the expression of one of these characters, or of one that is none of them."""
    codes = sorted(map(ord, characters))
    ranges = []
    # In a run of neighbours, code and position grow alike.
    for _, run in itertools.groupby(enumerate(codes), key=lambda pair: pair[1] - pair[0]):
        run = [re.escape(chr(code)) for _, code in run]
        ranges.append(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}")
    return f"[{'^' if negated else ''}{''.join(ranges)}]"


def _is_mark(character):
    return unicodedata.category(character).startswith("M")
