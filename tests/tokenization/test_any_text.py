"""Any text at all, against the reference written in Python (see reference.py)."""

import collections
import io

import pytest
import sentencepiece
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rembert_tf import RemBertTokenizerFast
from tests.golden import NOTES
from tests.tokenization.reference import Reference

# Found examples vary from run to run otherwise, and with them whether the suite passes.
THOROUGH = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

SPACES = [character for character in map(chr, range(0x3001)) if character.isspace()]

# What could break the splitting: special tokens, parts of them, the separator's own characters, all kinds of space.
NASTY = [
    "[CLS]", "[SEP]", "[MASK]", "[PAD]", "<unk>", "[UNK]", "</s>", "[unused5]", "[mask]", "[MASK", "MASK]", "[", "]",
    "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd0\ufdd1", "\ufdd0\ufdd2", "\ufdd0\ufdd0", "\ufffd", "\uffff",
    " ", "  ", "\t", "\n", "\r", "\v", "\f", "\x1c", "\x1f", "\x85", "\u00a0", "\u2003", "\u2028", "\u3000", "\u200b",
    "▁", "\\1", "\\", "$", "\0", "e\u0301", "ﬁ", "ệ", "が", "😀", "Σ", "İ", "hello", "world", "neue", "日本",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(NASTY) | st.text(max_size=6), max_size=8).map("".join)


def compare(vocabulary, texts, ours, expected):
    """Asserts equality but for equal-score segmentations, and counts those."""
    count = COUNTS[vocabulary.name]
    for text, our_ids, their_ids in zip(texts, ours, expected, strict=True):
        count["texts"] += 1
        if our_ids != their_ids:
            assert vocabulary.reference.tied(our_ids, their_ids), f"{text!r}: {our_ids} instead of {their_ids}"
            count["tied"] += 1
    NOTES[f"{vocabulary.name}, generated texts"] = f"{count['tied']} of {count['texts']} are equal-score segmentations"


COUNTS = collections.defaultdict(collections.Counter)


@THOROUGH
@given(texts=st.lists(TEXT, min_size=1, max_size=30))
def test_special_tokens_in_texts(vocabulary, texts):
    ours = vocabulary.tokenizer(texts, add_special_tokens=False)["input_ids"].to_list()
    compare(vocabulary, texts, ours, [vocabulary.reference.encode(text) for text in texts])


@pytest.fixture(scope="module")
def spaces_count():
    """A vocabulary that keeps every space, so that those before [MASK] show: the others remove them anyway."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["hello world", "a b c d e f", "x \u3000 y\u00a0z\u2003\u2028w"] * 20),
        model_writer=model,
        vocab_size=40,
        hard_vocab_limit=False,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        minloglevel=2,
    )
    return model.getvalue()


@THOROUGH
@given(texts=st.lists(TEXT, min_size=1, max_size=30))
def test_space_before_a_mask_disappears(spaces_count, texts):
    tokenizer = RemBertTokenizerFast(spaces_count)
    special = {
        f"{role}_token": (getattr(tokenizer, f"{role}_token"), getattr(tokenizer, f"{role}_token_id"))
        for role in ("cls", "sep", "unk", "pad", "mask")
    }
    texts = [*texts, *(f"a{space} {space}[MASK]{space}[SEP]b" for space in SPACES)]
    reference = Reference(spaces_count, special)
    for text, ours in zip(texts, tokenizer(texts, add_special_tokens=False)["input_ids"].to_list(), strict=True):
        expected = reference.encode(text)
        assert ours == expected or reference.tied(ours, expected), repr(text)


@THOROUGH
@given(texts=st.lists(TEXT, min_size=1, max_size=30))
def test_texts_as_ordinary_text(vocabulary, texts):
    ours = vocabulary.tokenizer(texts, add_special_tokens=False, split_special_tokens=True)["input_ids"].to_list()
    compare(vocabulary, texts, ours, vocabulary.reference.processor.encode(texts))


@THOROUGH
@given(texts=st.lists(st.binary(max_size=12), min_size=1, max_size=30))
def test_bytes_that_are_not_utf8(vocabulary, texts):
    expected = [vocabulary.reference.processor.encode(text) for text in texts]
    for split in (True, False):
        ours = vocabulary.tokenizer(texts, add_special_tokens=False, split_special_tokens=split)["input_ids"].to_list()
        compare(vocabulary, texts, ours, expected)


@pytest.mark.parametrize(
    "text", [b"\xff[MASK]\xfe", b"a\xc3[CLS]\x28", b"\xed\xa0\x80 [SEP]", b"\xf0\x9f [MASK]\x98\x80"]
)
def test_special_tokens_between_broken_bytes(vocabulary, text):
    """The bytes around a special token stay broken, and do not hide it."""
    reference = vocabulary.reference
    literal = next(token for token in (b"[MASK]", b"[CLS]", b"[SEP]") if token in text)
    before, after = text.split(literal)
    before = before.rstrip() if literal == b"[MASK]" else before
    found = reference.processor.encode(before) + [reference.ids[literal.decode()]] + reference.processor.encode(after)
    assert vocabulary.tokenizer(text, add_special_tokens=False)["input_ids"].numpy().tolist() == found


@THOROUGH
@given(
    first=st.lists(TEXT, min_size=5, max_size=5),
    second=st.lists(TEXT, min_size=5, max_size=5),
    max_length=st.integers(3, 20),
)
def test_longest_first_takes_one_piece_after_another(oss, first, second, max_length):
    """The formula against the rule it stands for: remove from the longer text, from the second on a tie."""
    bare = [oss.tokenizer(texts, add_special_tokens=False)["input_ids"].to_list() for texts in (first, second)]
    ours = oss.tokenizer(first, second, truncation=True, max_length=max_length)
    for a, b, ids, types in zip(*bare, ours["input_ids"].to_list(), ours["token_type_ids"].to_list(), strict=True):
        a, b = list(a), list(b)
        while len(a) + len(b) + 3 > max_length:
            (a if len(a) > len(b) else b).pop()
        assert ids == [1000, *a, 1001, *b, 1001]
        assert types == [0] * (len(a) + 2) + [1] * (len(b) + 1)


@pytest.fixture(scope="module")
def lower_casing(oss):
    return RemBertTokenizerFast(oss.model, do_lower_case=True)


@THOROUGH
@given(texts=st.lists(st.text(alphabet="ΣΑσςİIıẞßÀÉǅǄ ЖҐԱᏣꙀ[MASK]", max_size=12), min_size=1, max_size=30))
def test_lower_casing_letter_by_letter(oss, lower_casing, texts):
    """As in the reference: special tokens keep their case, a capital sigma is not a final one."""

    def lowered(part):
        return part if part in oss.reference.ids else "".join(character.lower() for character in part)

    expected = ["".join(map(lowered, oss.reference.literals.split(text))) for text in texts]
    ours = lower_casing(texts, add_special_tokens=False)["input_ids"].to_list()
    compare(oss, texts, ours, [oss.reference.encode(text) for text in expected])
