"""Texts made to break a tokenizer, and how the engines are compared on them."""

import collections

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.golden import NOTES

# Found examples vary from run to run otherwise, and with them whether the suite passes.
THOROUGH = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

SPACES = [character for character in map(chr, range(0x3001)) if character.isspace()]

# Special tokens, parts of them, the separator's own characters, all kinds of space, texts that
# normalisation lengthens or shortens, characters that draw together with their neighbours.
NASTY = [
    "[CLS]", "[SEP]", "[MASK]", "[PAD]", "<unk>", "[UNK]", "</s>", "[unused5]", "[mask]", "[MASK", "MASK]", "[", "]",
    "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd0\ufdd1", "\ufdd0\ufdd2", "\ufdd0\ufdd0", "\ufffd", "\uffff",
    " ", "  ", "\t", "\n", "\r", "\v", "\f", "\x1c", "\x1f", "\x85", "\u00a0", "\u2003", "\u2028", "\u3000",
    "\u200b", "\u200d", "\ufeff", "\u00ad", "\u202e", "▁", "▁▁", "\\1", "\\", "$", "\0", "e\u0301", "\u0301", "ﬁ", "ệ",
    "e\u0323\u0302", "が", "か\u3099", "㍿", "½", "ﷺ", "각", "\u1100\u1161\u11a8", "😀", "👩\u200d🚀",
    "\U0001f1e9\U0001f1ea", "Σ", "İ", "hello", "world", "neue", "日本", "12345",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(NASTY) | st.text(max_size=6), max_size=8).map("".join)
LONG_TEXT = st.builds(lambda text, times: text * times, TEXT, st.integers(50, 150))
BROKEN = st.lists(
    st.sampled_from(
        [text.encode() for text in NASTY] + [b"\xff", b"\xe3\x81", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\x80"]
    )
    | st.binary(max_size=5),
    max_size=8,
).map(b"".join)

COUNTS, EXAMPLES = collections.defaultdict(collections.Counter), {}


def compare(vocabulary, texts, ours, expected, what="generated texts"):
    """Asserts equality but for equal-score segmentations, and counts those.

    Returns:
        Which rows are equal.
    """
    count, equal = COUNTS[vocabulary.name, what], []
    for row, (text, our_ids, their_ids) in enumerate(zip(texts, ours, expected, strict=True)):
        count["texts"] += 1
        if our_ids != their_ids:
            assert vocabulary.reference.tied(our_ids, their_ids), f"{text!r}: {our_ids} instead of {their_ids}"
            count["tied"] += 1
            EXAMPLES.setdefault((vocabulary.name, what), difference(vocabulary, our_ids, their_ids))
        else:
            equal.append(row)
    example = EXAMPLES.get((vocabulary.name, what), "")
    NOTES[f"{vocabulary.name}, {what}"] = f"{count['tied']} of {count['texts']} are equal-score segmentations{example}"
    return equal


def difference(vocabulary, ours, theirs):
    """Returns where two segmentations part, as pieces."""
    while ours[0] == theirs[0]:
        ours, theirs = ours[1:], theirs[1:]
    while ours[-1] == theirs[-1]:
        ours, theirs = ours[:-1], theirs[:-1]
    tokens = vocabulary.python.convert_ids_to_tokens
    return f", as {' '.join(tokens(ours))} and {' '.join(tokens(theirs))}"
