"""Other pieces for a SentencePiece model: what SentencePiece itself makes of the result."""

import struct

import pytest
import sentencepiece
import tensorflow as tf

from rembert_tf import RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tokenization.sentencepiece_editing import rewrite_pieces
from rembert_tf.tokenization.sentencepiece_proto import Piece, PieceType, parse_model
from tests.golden import fixture
from tests.tokenization.small_models import TEXTS, trained_model

VOCABULARIES = ("oss_1k", "ctrl_16k", "udef_bytes_8k")
KINDS = {
    "unigram": {},
    "bpe": {"model_type": "bpe"},
    "bytes": {"byte_fallback": True, "vocab_size": 700},
    "bpe bytes": {"model_type": "bpe", "byte_fallback": True, "vocab_size": 700},
    "char": {"model_type": "char"},
}


def stored(name):
    return fixture(f"tokenizer/models/{name}/sentencepiece.model").read_bytes()


def load(model):
    return sentencepiece.SentencePieceProcessor(model_proto=model)


def loaded_pieces(processor):
    return [(processor.id_to_piece(index), processor.get_score(index)) for index in range(processor.get_piece_size())]


@pytest.fixture(params=[*VOCABULARIES, *KINDS])
def model(request):
    return stored(request.param) if request.param in VOCABULARIES else trained_model(**KINDS[request.param])


def test_the_same_pieces_give_the_same_bytes(model):
    assert rewrite_pieces(model, parse_model(model).pieces) == model


def test_fewer_pieces(model):
    """Every third ordinary piece goes: SentencePiece has the others, in order, with their scores and types."""
    old = parse_model(model).pieces
    pieces = [piece for number, piece in enumerate(old) if piece.type != PieceType.NORMAL or number % 3]
    assert len(pieces) < len(old)
    processor, before = load(rewrite_pieces(model, pieces)), load(model)
    spellings = {piece.text for piece in pieces}
    assert loaded_pieces(processor) == [(piece.text, piece.score) for piece in pieces]
    for number, piece in enumerate(pieces):
        assert processor.is_control(number) == (piece.type == PieceType.CONTROL)
        assert processor.is_unknown(number) == (piece.type == PieceType.UNKNOWN)
        assert processor.is_byte(number) == (piece.type == PieceType.BYTE)
        assert processor.piece_to_id(piece.text) == number
    for role in ("unk_id", "bos_id", "eos_id", "pad_id"):
        old_id, new_id = getattr(before, role)(), getattr(processor, role)()
        assert (old_id < 0 and new_id < 0) or old[old_id] == pieces[new_id]
    for text in TEXTS[:20]:
        cut = processor.encode(text, out_type=str)
        assert processor.encode(text) == [processor.piece_to_id(piece) for piece in cut]
        assert all(piece in spellings or processor.piece_to_id(piece) == processor.unk_id() for piece in cut)


def test_segmentation_follows_the_new_pieces():
    model = trained_model()
    pieces = [*parse_model(model).pieces, Piece("▁words,▁мир", 0.0, PieceType.NORMAL)]
    processor = load(rewrite_pieces(model, pieces))
    assert "▁words,▁мир" in processor.encode(TEXTS[0], out_type=str)
    assert "▁words,▁мир" not in load(model).encode(TEXTS[0], out_type=str)


def test_normalization_is_that_of_the_old_model():
    """NFKC, lower case and the treatment of spaces are in the normalizer's part, which is copied."""
    model = trained_model(normalization_rule_name="nmt_nfkc_cf", remove_extra_whitespaces=False)
    pieces = parse_model(model).pieces
    processor = load(rewrite_pieces(model, pieces[:-1]))
    assert processor.normalize("  ＷＯＲＴ ㍿") == load(model).normalize("  ＷＯＲＴ ㍿") != "  ＷＯＲＴ ㍿"


def test_special_pieces_move_with_their_spelling():
    model = trained_model()
    pieces = parse_model(model).pieces
    processor = load(rewrite_pieces(model, [*pieces[4:], *reversed(pieces[:4])]))
    size = len(pieces)
    assert [processor.pad_id(), processor.eos_id(), processor.bos_id(), processor.unk_id()] == [
        size - 4,
        size - 3,
        size - 2,
        size - 1,
    ]


def test_special_pieces_are_named_anew():
    model = trained_model()
    pieces = parse_model(model).pieces
    others = [Piece(text, 0.0, PieceType.CONTROL) for text in ("<padding>", "<end>")]
    unknown = Piece("[UNK]", 0.0, PieceType.UNKNOWN)
    ids = {"pad": 0, "eos": 1, "unk": 2, "bos": -1}
    processor = load(rewrite_pieces(model, [*others, unknown, *pieces[4:]], ids))
    assert {"pad": processor.pad_id(), "eos": processor.eos_id(), "unk": processor.unk_id()} == {
        "pad": 0,
        "eos": 1,
        "unk": 2,
    }
    assert processor.bos_id() == -1
    assert processor.encode("☃") == [processor.piece_to_id("▁"), 2]


def test_a_special_piece_that_is_gone_has_no_id():
    model = trained_model()
    pieces = [piece for piece in parse_model(model).pieces if piece.text not in ("<s>", "[PAD]")]
    processor = load(rewrite_pieces(model, pieces))
    assert (processor.bos_id(), processor.pad_id()) == (-1, -1)
    assert processor.id_to_piece(processor.eos_id()) == "</s>"


def field(number, content):
    """Returns a field of known length; both numbers are below 128 * 128."""

    def varint(value):
        return bytes([value]) if value < 128 else bytes([value & 127 | 128, value >> 7])

    return varint(number << 3 | 2) + varint(len(content)) + content


def test_fields_that_nobody_knows_survive():
    unknown = field(300, b"of the model") + struct.pack("<BQ", 7 << 3 | 1, 2**63 + 5)
    entry = field(1, field(1, "▁extra".encode()) + struct.pack("<Bf", 2 << 3 | 5, -3.5) + field(200, b"of a piece"))
    model = trained_model() + entry + unknown
    pieces = parse_model(model).pieces
    assert pieces[-1] == Piece("▁extra", -3.5, PieceType.NORMAL)
    result = rewrite_pieces(model, pieces[:-2] + pieces[-1:])
    assert result.endswith(unknown)
    assert entry in result
    assert load(result).encode("extra", out_type=str) == ["▁extra"]


def test_a_self_test_of_the_old_pieces_does_not_forbid_the_new_ones():
    """tensorflow-text refuses a model whose own examples come out differently."""
    plain = trained_model()
    expected = " ".join(load(plain).encode(TEXTS[0], out_type=str))
    model = plain + field(4, field(1, field(1, TEXTS[0].encode()) + field(2, expected.encode())))
    pieces = parse_model(model).pieces
    assert rewrite_pieces(model, pieces) == model
    characters = [piece for piece in pieces if piece.type != PieceType.NORMAL or len(piece.text) == 1]
    result = rewrite_pieces(model, characters)
    assert RemBertTokenizerFast(result).tokenize("und").numpy().tolist() == ["▁".encode(), b"u", b"n", b"d"]
    with pytest.raises(tf.errors.InternalError):
        RemBertTokenizerFast(result + model[len(plain) :])


@pytest.mark.parametrize("length", [1, 63, 64, 2000])
def test_pieces_of_any_length(length):
    model = trained_model()
    added = Piece("é" * length, -1.0, PieceType.USER_DEFINED)
    pieces = [*(piece for piece in parse_model(model).pieces if piece.text != added.text), added]
    processor = load(rewrite_pieces(model, pieces))
    assert processor.id_to_piece(len(pieces) - 1) == added.text
    assert processor.encode(added.text)[-1] == len(pieces) - 1


@pytest.mark.parametrize(
    ("change", "ids", "message"),
    [
        (lambda pieces: [*pieces, pieces[9]], None, "these come twice"),
        (lambda pieces: [*pieces, Piece("", 0.0, PieceType.NORMAL)], None, "one is empty"),
        (lambda pieces: pieces[1:], None, "one unknown piece, not 0"),
        (lambda pieces: [*pieces, Piece("<0x00>", 0.0, PieceType.BYTE)], None, "needs 0 byte pieces, not 1"),
        (lambda pieces: pieces, {"pad": 10**6}, "the pad piece cannot have id 1000000"),
        (lambda pieces: pieces, {"unk": 7}, "cannot have id 7: the piece of that type is 0"),
        (lambda pieces: pieces, {"mask": 7}, "no role 'mask': its roles are unk, bos, eos, pad"),
    ],
)
def test_what_sentencepiece_would_not_load(change, ids, message):
    model = trained_model()
    with pytest.raises(InputError, match=message):
        rewrite_pieces(model, change(parse_model(model).pieces), ids)


@pytest.mark.parametrize("content", [b"", b"text", b"\x0a\xff"])
def test_bytes_that_are_no_model(content):
    with pytest.raises(InputError):
        rewrite_pieces(content, [])
