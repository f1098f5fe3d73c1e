"""Special tokens beyond the usual: additional ones, other spellings, other kinds of pieces, roles that change."""

import copy
import io
import pickle

import pytest
import sentencepiece

from rembert_tf.errors import InputError
from tests.tokenization.rows import ids, lists

TEXTS = ["Hello <a> [MASK] WORLD", "<a><ab>né", "x[CLS]", "[unused5] </s> <b>"]


def test_additional_tokens_follow_the_vocabulary(vocabulary, make):
    tokenizer = make(vocabulary.model)
    before = len(tokenizer)
    assert tokenizer.add_special_tokens({"additional_special_tokens": ["<a>", "<ab>", "<a>"]}) == 2
    assert tokenizer.add_special_tokens({"additional_special_tokens": ["<a>", "<ab>"]}) == 0
    assert tokenizer.convert_tokens_to_ids(["<a>", "<ab>"]) == [before, before + 1]
    assert (len(tokenizer), tokenizer.vocab_size) == (before + 2, vocabulary.golden["vocab_size"])
    assert tokenizer.all_special_ids[-2:] == [before, before + 1]
    assert tokenizer.additional_special_tokens == ["<a>", "<ab>"]
    row = ids(tokenizer("<a><ab>", add_special_tokens=False))
    assert row == [before, before + 1]
    assert lists(tokenizer.decode(row)) == "<a><ab>"
    assert lists(tokenizer.decode(row, skip_special_tokens=True)) == ""


def test_replacing_and_extending(oss, make):
    tokenizer = make(oss.model, additional_special_tokens=["<a>"])
    assert tokenizer.add_special_tokens({"additional_special_tokens": ["<b>"]}) == 1
    assert tokenizer.additional_special_tokens == ["<b>"]
    assert ids(tokenizer("<a><b>", add_special_tokens=False)) == [1004, 1005]  # what was appended stays a token
    assert 1004 not in tokenizer.all_special_ids
    tokenizer.add_special_tokens({"additional_special_tokens": ["<a>"]}, replace_additional_special_tokens=False)
    assert tokenizer.additional_special_tokens == ["<b>", "<a>"]


def test_a_role_for_another_token(vocabulary, make):
    tokenizer = make(vocabulary.model)
    old, before = tokenizer.mask_token_id, len(tokenizer)
    assert tokenizer.add_special_tokens({"mask_token": "<m>"}) == 1
    assert (tokenizer.mask_token, tokenizer.mask_token_id) == ("<m>", before)
    assert old not in tokenizer.all_special_ids
    assert ids(tokenizer("a  <m>", add_special_tokens=False))[-1] == before
    assert tokenizer.add_special_tokens({"mask_token": "[MASK]"}) == 0
    assert tokenizer.mask_token_id == old
    with pytest.raises(AttributeError):
        tokenizer.mask_token = "<m>"  # would leave the vocabulary behind


WRONG = {
    "an unknown role": ({"masc_token": "<m>"}, "unknown role masc_token: expected one of .*mask_token"),
    "no string": ({"mask_token": 5}, "mask_token must be a string.*not 5"),
    "empty": ({"additional_special_tokens": ["<a>", ""]}, r"additional_special_tokens\[1\] must be a string"),
    "a string for a list": ({"additional_special_tokens": "<a>"}, "additional_special_tokens must be a list"),
    "half a surrogate pair": ({"cls_token": "\ud800"}, "cls_token holds half of a surrogate pair"),
    "no dictionary": ("<a>", "special_tokens_dict must be a dictionary"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_added(oss, make, what):
    tokenizer = make(oss.model)
    given, said = WRONG[what]
    with pytest.raises(InputError, match=said):
        tokenizer.add_special_tokens(given)
    assert (len(tokenizer), tokenizer.all_special_tokens) == (1004, oss.python.all_special_tokens)


def test_saved_and_loaded(udef, make, tmp_path):
    tokenizer = make(udef.model, additional_special_tokens=["<a>"], bos_token="<s>")
    tokenizer.add_special_tokens({"mask_token": "<m>", "additional_special_tokens": ["<ab>"]})
    tokenizer.add_special_tokens({"additional_special_tokens": ["<ab>", "[unused5]"]})
    tokenizer.save_pretrained(tmp_path)
    again = make.from_pretrained(tmp_path)
    for copied in (again, pickle.loads(pickle.dumps(tokenizer)), copy.deepcopy(tokenizer)):
        assert copied.get_vocab() == tokenizer.get_vocab()
        assert copied.all_special_tokens == tokenizer.all_special_tokens
        assert copied.vocabulary.special_tokens == tokenizer.vocabulary.special_tokens
        assert ids(copied(TEXTS)) == ids(tokenizer(TEXTS))


def test_a_copy_is_its_own(oss, make):
    tokenizer = make(oss.model)
    copied = copy.deepcopy(tokenizer)
    copied.add_special_tokens({"additional_special_tokens": ["<a>"]})
    assert (len(tokenizer), len(copied)) == (1004, 1005)


def test_the_longer_of_two_that_begin_alike(oss, make):
    """Whichever of them swallows the space before it."""
    tokenizer = make(oss.model, mask_token="<m>", additional_special_tokens=["<m>x", "<"])
    numbers = tokenizer.convert_tokens_to_ids(["<m>x", "<m>", "<"])
    assert ids(tokenizer("<m>x<m><", add_special_tokens=False)) == numbers


def test_spellings_that_mean_something_in_expressions(udef, make):
    tokens = ["a.c", "(", "\\1", "x*", "$^", " two words ", "#", "-", "é|è"]
    tokenizer = make(udef.model, additional_special_tokens=tokens)
    numbers = tokenizer.convert_tokens_to_ids(tokens)
    assert ids(tokenizer("".join(tokens), add_special_tokens=False)) == numbers
    assert ids(tokenizer("abc", add_special_tokens=False)) == ids(udef.python("abc", add_special_tokens=False))


def test_the_mask_alone(vocabulary, engine):
    tokenizer = vocabulary.engine(engine)
    row = ids(tokenizer("[CLS] is  [MASK]. [SEP]", split_special_tokens="all_but_mask", add_special_tokens=False))
    encode = vocabulary.reference.processor.encode
    assert row == [*encode("[CLS] is"), tokenizer.mask_token_id, *encode(". [SEP]")]


def test_special_pieces_of_each_kind(vocabulary, engine):
    """As ordinary text no spelling becomes a control piece; user-defined pieces SentencePiece finds by itself."""
    row = ids(vocabulary.engine(engine)("[CLS] </s>", split_special_tokens=True, add_special_tokens=False))
    found = vocabulary.engine(engine).cls_token_id in row
    assert found is (vocabulary.name == "udef_bytes_8k")
    row = ids(vocabulary.engine(engine)("[unused5]", add_special_tokens=False))
    assert (8 in row) is (vocabulary.name == "udef_bytes_8k")  # no special token, whatever the pieces are


@pytest.mark.parametrize("model_type", ["unigram", "bpe", "char", "word"])
@pytest.mark.parametrize("byte_fallback", [False, True])
def test_kinds_of_models(model_type, byte_fallback, make):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["hello world of words", "the cat sat on the mat", "日本 und Straße"] * 20),
        model_writer=model,
        model_type=model_type,
        vocab_size=300 if byte_fallback else 60,
        hard_vocab_limit=False,
        byte_fallback=byte_fallback,
        control_symbols=["[CLS]", "[SEP]"],
        user_defined_symbols=["[MASK]"],
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    tokenizer = make(model.getvalue())
    for text in ("hello world", "the cat 😀", "Straße  日本", ""):
        row = ids(tokenizer(text, add_special_tokens=False))
        assert row == processor.encode(text)
        assert lists(tokenizer.decode(row)) == processor.decode(row)
    assert tokenizer.pad_token_id == len(processor)
