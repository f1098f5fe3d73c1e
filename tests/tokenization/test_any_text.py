"""Any text at all, against the reference written in Python (see reference.py)."""

import io

import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st

from tests.tokenization.conftest import ENGINES
from tests.tokenization.hostile import SPACES, TEXT, THOROUGH, compare
from tests.tokenization.reference import Reference
from tests.tokenization.rows import ids, lists


@THOROUGH
@given(texts=st.lists(TEXT, min_size=1, max_size=16))
def test_special_tokens_in_texts(vocabulary, engine, texts):
    ours = ids(vocabulary.engine(engine)(texts, add_special_tokens=False))
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
@given(texts=st.lists(TEXT, min_size=1, max_size=16))
def test_space_before_a_mask_disappears(spaces_count, make, texts):
    tokenizer = make(spaces_count)
    special = {
        f"{role}_token": (getattr(tokenizer, f"{role}_token"), getattr(tokenizer, f"{role}_token_id"))
        for role in ("cls", "sep", "unk", "pad", "mask")
    }
    texts = [*texts, *(f"a{space} {space}[MASK]{space}[SEP]b" for space in SPACES)]
    reference = Reference(spaces_count, special)
    for text, ours in zip(texts, ids(tokenizer(texts, add_special_tokens=False)), strict=True):
        expected = reference.encode(text)
        assert ours == expected or reference.tied(ours, expected), repr(text)


@THOROUGH
@given(texts=st.lists(TEXT, min_size=1, max_size=16))
def test_texts_as_ordinary_text(vocabulary, engine, texts):
    ours = ids(vocabulary.engine(engine)(texts, add_special_tokens=False, split_special_tokens=True))
    compare(vocabulary, texts, ours, vocabulary.reference.processor.encode(texts))


@THOROUGH
@given(texts=st.lists(st.binary(max_size=12), min_size=1, max_size=16))
def test_bytes_that_are_not_utf8(vocabulary, engine, texts):
    # Texts that spell a special token have tests of their own.
    literals = [token.encode() for token in vocabulary.engine(engine).vocabulary.literals]
    texts = [text for text in texts if not any(literal in text for literal in literals)] or [b"\xff"]
    expected = [vocabulary.reference.processor.encode(text) for text in texts]
    for split in (True, False):
        ours = ids(vocabulary.engine(engine)(texts, add_special_tokens=False, split_special_tokens=split))
        compare(vocabulary, texts, ours, expected)


@pytest.mark.parametrize(
    "text", [b"\xff[MASK]\xfe", b"a\xc3[CLS]\x28", b"\xed\xa0\x80 [SEP]", b"\xf0\x9f [MASK]\x98\x80"]
)
def test_special_tokens_between_broken_bytes(vocabulary, engine, text):
    """The bytes around a special token stay broken, and do not hide it."""
    reference = vocabulary.reference
    literal = next(token for token in (b"[MASK]", b"[CLS]", b"[SEP]") if token in text)
    before, after = text.split(literal)
    before = before.rstrip() if literal == b"[MASK]" else before
    found = reference.processor.encode(before) + [reference.ids[literal.decode()]] + reference.processor.encode(after)
    assert ids(vocabulary.engine(engine)(text, add_special_tokens=False)) == found


@THOROUGH
@given(
    first=st.lists(TEXT, min_size=5, max_size=5),
    second=st.lists(TEXT, min_size=5, max_size=5),
    max_length=st.integers(3, 20),
)
def test_longest_first_takes_one_piece_after_another(oss, engine, first, second, max_length):
    """The formula against the rule it stands for: remove from the longer text, from the second on a tie."""
    tokenizer = oss.engine(engine)
    bare = [ids(tokenizer(texts, add_special_tokens=False)) for texts in (first, second)]
    ours = lists(tokenizer(first, second, truncation=True, max_length=max_length))
    for a, b, row, types in zip(*bare, ours["input_ids"], ours["token_type_ids"], strict=True):
        a, b = list(a), list(b)
        while len(a) + len(b) + 3 > max_length:
            (a if len(a) > len(b) else b).pop()
        assert row == [1000, *a, 1001, *b, 1001]
        assert types == [0] * (len(a) + 2) + [1] * (len(b) + 1)


@pytest.fixture(scope="module")
def lower_casing(oss):
    return {name: make(oss.model, do_lower_case=True) for name, make in ENGINES.items()}


@THOROUGH
@given(texts=st.lists(st.text(alphabet="ΣΑσςİIıẞßÀÉǅǄ ЖҐԱᏣꙀ[MASK]", max_size=12), min_size=1, max_size=16))
def test_lower_casing_letter_by_letter(oss, engine, lower_casing, texts):
    """As in the reference: special tokens keep their case, a capital sigma is not a final one."""

    def lowered(part):
        return part if part in oss.reference.ids else "".join(character.lower() for character in part)

    expected = ["".join(map(lowered, oss.reference.literals.split(text))) for text in texts]
    ours = ids(lower_casing[engine](texts, add_special_tokens=False))
    compare(oss, texts, ours, [oss.reference.encode(text) for text in expected])


def test_a_token_is_found_in_its_own_text_alone(vocabulary, engine):
    """A batch is searched as a whole: what two texts would spell together is no token, and what one spells is."""
    tokenizer = vocabulary.engine(engine)
    texts = ["a [MA", "SK] b", "x [MASK] y", "[SEP", "] [CLS", "]"]
    alone = [tokenizer(text)["input_ids"] for text in texts]
    for batch in (texts[:2], texts[3:], texts, texts[2:3] * 3):
        expected = [lists(alone[texts.index(text)]) for text in batch]
        assert lists(tokenizer(batch)["input_ids"]) == expected
    assert tokenizer.mask_token_id in lists(alone[2]) and tokenizer.mask_token_id not in lists(alone[0])
