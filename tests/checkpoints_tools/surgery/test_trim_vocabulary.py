"""A smaller vocabulary: the same pieces, scores and outputs for the corpus, held against other programs.

SentencePiece itself cuts the texts with both models, tensorflow-text's build does so a second time, the
safetensors library reads the rows, and the Keras models compute what the proof within computes in NumPy.
"""

import json

import numpy as np
import pytest
import sentencepiece
from safetensors.numpy import load_file

import rembert_tf
from rembert_tf import RemBertConfig, RemBertTokenizer, RemBertTokenizerFast
from rembert_tf.checkpoints_tools.surgery.trim_vocabulary import trim_vocabulary
from tests.checkpoints_tools.surgery.directories import digests, pieces_of, processor_of
from tests.golden import fixture
from tests.tokenization.small_models import TEXTS

STRINGS = [entry["text"] for entry in json.loads(fixture("tokenizer/strings.json").read_text("utf-8"))]
LINES = [text for text in STRINGS if text.strip() and not set("\n\r") & set(text) and text.isprintable()]
OUTPUTS = 1e-6
TABLES = ("rembert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias")


def old_rows(before, after, rows):
    """Returns the old row of each new one, found by the pieces' spelling; rows after the pieces follow."""
    numbers = {piece: number for number, piece in enumerate(pieces_of(before))}
    return [numbers[piece] for piece in pieces_of(after)] + list(range(before.get_piece_size(), rows))


@pytest.mark.parametrize(
    "kind", ["oss_1k", "ctrl_16k", "udef_bytes_8k", "bpe", "bpe bytes", "char", "word", "lower-cased unigram"]
)
def test_a_corpus_is_treated_as_before(kind, make_directory, corpus, tmp_path):
    texts = LINES[::3] if kind.endswith("k") else [text[:9] for text in TEXTS[::3]]
    directory = make_directory(pieces=kind)
    file = corpus(texts)
    before = digests(tmp_path)
    found = trim_vocabulary(directory, tmp_path / "out", [file])
    assert {name: digest for name, digest in digests(tmp_path).items() if "/out/" not in name} == before

    old, new = processor_of(directory), processor_of(tmp_path / "out")
    assert found.pieces == (old.get_piece_size(), new.get_piece_size())
    assert new.get_piece_size() < old.get_piece_size()
    for text in texts:
        assert new.encode(text, out_type=str) == old.encode(text, out_type=str)
    fast = [RemBertTokenizerFast.from_pretrained(place) for place in (directory, tmp_path / "out")]
    rows = np.array(old_rows(old, new, len(fast[0])))
    ids = [tokenizer(texts, padding=True, truncation=True, max_length=64)["input_ids"].numpy() for tokenizer in fast]
    np.testing.assert_array_equal(rows[ids[1]], ids[0])

    arrays = [load_file(place / "model.safetensors") for place in (directory, tmp_path / "out")]
    for name, array in arrays[1].items():
        np.testing.assert_array_equal(array, arrays[0][name][rows] if name in TABLES else arrays[0][name])
    models = [rembert_tf.RemBertForMaskedLM.from_pretrained(place) for place in (directory, tmp_path / "out")]
    assert found.parameters == tuple(model.count_params() for model in models)
    logits = [model({"input_ids": batch[:8]}).numpy() for model, batch in zip(models, ids, strict=True)]
    assert np.abs(logits[1] - logits[0][..., rows]).max() <= OUTPUTS * max(1, np.abs(logits[0]).max())
    assert found.largest_difference <= OUTPUTS


@pytest.mark.parametrize("kind", ["ctrl_16k", "bpe bytes"])
def test_what_is_kept(kind, make_directory, corpus, tmp_path):
    """All that is no ordinary piece, in its place; of the ordinary ones what texts use, and little else."""
    directory = make_directory("RemBertModel", pieces=kind)
    trim_vocabulary(directory, tmp_path / "out", [corpus(["a word"])])
    old, new = processor_of(directory), processor_of(tmp_path / "out")
    special = [
        number
        for number in range(old.get_piece_size())
        if old.is_control(number) or old.is_unknown(number) or old.is_byte(number)
    ]
    kept = pieces_of(new)
    assert {old.id_to_piece(number) for number in special} <= set(kept)
    first = next((place for place, number in enumerate(special) if number != place), len(special))
    assert kept[:first] == pieces_of(old)[:first]
    tokenizers = [RemBertTokenizer.from_pretrained(place) for place in (directory, tmp_path / "out")]
    assert tokenizers[0].vocabulary.special_tokens == tokenizers[1].vocabulary.special_tokens
    if kind == "ctrl_16k":
        # 315 reserved pieces, what "a word" is cut into, and the two extreme scores.
        assert len(kept) <= 315 + len(old.encode("a word")) + 2
        assert [tokenizers[1].cls_token_id, tokenizers[1].sep_token_id, tokenizers[1].mask_token_id] == [312, 313, 314]


def test_ids_in_configurations_are_renumbered(make_directory, corpus, tmp_path):
    """This vocabulary lacks [CLS] and its like, which have the ids after its 1000 pieces."""
    directory = make_directory("RemBertForCausalLM", pieces="oss_1k", is_decoder=True, vocab_size=1010)
    tokenizer = RemBertTokenizer.from_pretrained(directory)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<mine>"]})
    tokenizer.save_pretrained(directory)
    ids = {role: getattr(tokenizer, f"{role}_token_id") for role in ("pad", "bos", "eos")}
    assert ids["eos"] >= 1000
    config = RemBertConfig.from_pretrained(directory).replace(**{f"{role}_token_id": ids[role] for role in ids})
    extra = {**config.extra, "decoder_start_token_id": 700}
    config.replace(extra=extra).save_pretrained(directory)
    settings = {
        "eos_token_id": [ids["eos"], 900],
        "bad_words_ids": [[800, 801]],
        "max_length": 20,
        "pad_token_id": None,
    }
    (directory / "generation_config.json").write_text(json.dumps(settings))

    trim_vocabulary(directory, tmp_path / "out", [corpus(["<mine> text"])])
    old, new = (RemBertTokenizer.from_pretrained(place) for place in (directory, tmp_path / "out"))
    config = RemBertConfig.from_pretrained(tmp_path / "out")
    assert len(new) < len(old)
    assert config.vocab_size == new.vocab_size + 10
    for role in ids:
        assert getattr(config, f"{role}_token_id") == getattr(new, f"{role}_token_id")
        assert getattr(new, f"{role}_token") == getattr(old, f"{role}_token")
    assert new.additional_special_tokens == ["<mine>"]
    assert new.convert_tokens_to_ids("<mine>") - new.vocab_size == old.convert_tokens_to_ids("<mine>") - old.vocab_size

    def token(number):
        return new.convert_ids_to_tokens(number)

    assert token(config.extra["decoder_start_token_id"]) == old.convert_ids_to_tokens(700)
    written = json.loads((tmp_path / "out" / "generation_config.json").read_text())
    assert [token(number) for number in written["eos_token_id"]] == old.convert_ids_to_tokens([ids["eos"], 900])
    assert [token(number) for number in written["bad_words_ids"][0]] == old.convert_ids_to_tokens([800, 801])
    assert (written["max_length"], written["pad_token_id"]) == (20, None)
    text = "<mine> text"
    assert token(new(text)["input_ids"]) == old.convert_ids_to_tokens(old(text)["input_ids"])


def test_tokenizer_json_has_the_new_vocabulary(make_directory, corpus, tmp_path):
    directory = make_directory("RemBertModel", pieces="udef_bytes_8k")
    (directory / "vocabulary_report.json").write_text("{}")
    found = trim_vocabulary(directory, tmp_path / "out", [corpus(TEXTS)])
    content = json.loads((tmp_path / "out" / "tokenizer.json").read_text())
    assert [piece for piece, _ in content["model"]["vocab"]] == pieces_of(processor_of(tmp_path / "out"))
    assert found.left_out == ["vocabulary_report.json"]


def test_the_score_of_the_unknown_stays(make_directory, corpus, tmp_path):
    """SentencePiece scores an unknown character 10 below the worst piece, whether a text uses that or not."""
    from rembert_tf.tokenization.sentencepiece_editing import rewrite_pieces
    from rembert_tf.tokenization.sentencepiece_proto import Piece, PieceType, parse_model
    from tests.tokenization.small_models import trained_model

    scores = {"▁": -1.0, "xa": -30.0, "y": -30.0, "ay": -1.0, "never": -100.0}
    plain = trained_model()
    special = [piece for piece in parse_model(plain).pieces if piece.type != PieceType.NORMAL]
    pieces = [*special, *(Piece(text, score, PieceType.NORMAL) for text, score in scores.items())]

    def cut(kept):
        model = rewrite_pieces(plain, kept)
        return sentencepiece.SentencePieceProcessor(model_proto=model).encode("xay", out_type=str)

    assert cut(pieces) == ["▁", "xa", "y"]
    assert cut(pieces[:-1]) == ["▁", "x", "ay"]  # the unknown x, now that it costs less
    directory = make_directory("RemBertModel", vocab_size=len(pieces) + 9)
    RemBertTokenizer(rewrite_pieces(plain, pieces)).save_pretrained(directory)
    trim_vocabulary(directory, tmp_path / "out", [corpus(["xay"])])
    assert processor_of(tmp_path / "out").encode("xay", out_type=str) == ["▁", "xa", "y"]


@pytest.mark.parametrize(
    "model", ["RemBertForMultipleChoice", "RemBertForQuestionAnswering", "RemBertForTokenClassification"]
)
def test_every_head(model, make_directory, corpus, tmp_path):
    directory = make_directory(model, pieces="bpe", num_labels=2)
    found = trim_vocabulary(directory, tmp_path / "out", [corpus(TEXTS[:5])])
    assert found.largest_difference == 0
    getattr(rembert_tf, model).from_pretrained(tmp_path / "out")


def test_special_tokens_without_rows(make_directory, corpus, tmp_path):
    """This vocabulary's [CLS] and its like have ids beyond the table of a model that was never resized."""
    directory = make_directory("RemBertModel", pieces="oss_1k", vocab_size=1000)
    trim_vocabulary(directory, tmp_path / "out", [corpus(["[CLS] a text [SEP]"])])
    new = RemBertTokenizer.from_pretrained(tmp_path / "out")
    assert RemBertConfig.from_pretrained(tmp_path / "out").vocab_size == new.vocab_size == new.cls_token_id
