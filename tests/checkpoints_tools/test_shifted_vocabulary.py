"""A directory's vocabulary becomes a SentencePiece model whose places are the ids that the model knows.

The ids expected are computed from the source's own SentencePiece model by fairseq's rule, as it stands in the
transformers library's `XLMRobertaTokenizer` and `CamembertTokenizer`; a slow test asks these themselves.
"""

import base64
import io
import json
from pathlib import Path

import pytest
import sentencepiece

from rembert_tf import RemBertTokenizer, RemBertTokenizerFast
from rembert_tf.checkpoints_tools.formats import bert
from rembert_tf.checkpoints_tools.shifted_vocabulary import CAMEMBERT, SPECIAL_TOKENS, XLM_ROBERTA, shift
from rembert_tf.checkpoints_tools.source import Request
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tokenization.sentencepiece_proto import parse_model
from tests.checkpoints_tools.bert_peer import CONFIG, ROBERTA, random_weights, write_directory

LINES = [
    "The harbour freezes over in January, so the ferries stop until spring.",
    "Im Januar friert der Hafen zu, deshalb fahren die Fähren erst im Frühling wieder.",
    "Le port gèle en janvier : les bacs ne repartent qu'au printemps.",
    "El puerto se congela en enero y los barcos no salen hasta la primavera.",
    "W styczniu port zamarza, więc promy nie pływają aż do wiosny.",
    "В январе гавань замерзает, поэтому паромы не ходят до весны.",
    "Το λιμάνι παγώνει τον Ιανουάριο και τα πλοία σταματούν ως την άνοιξη.",
    "一月には港が凍るので、フェリーは春まで運休する。",
    "1월에는 항구가 얼어서 봄까지 배가 다니지 않는다.",
]
ODD = [
    "",
    "  two  spaces and a trailing one ",
    "ﬁne ①② ＡＢＣ ｶﾞ cafe\u0301 ½",
    "unknown 🦆 ܫܠܡܐ characters",
    "no<s>special</s>",
    "tab\tand\nline",
    "▁ and <unk> spelled out",
    "a <mask> in it",
    "a  <mask>, and another<mask>",
]


@pytest.fixture(scope="module")
def plain_model():
    """A SentencePiece model as fairseq trained them: <unk> 0, <s> 1, </s> 2."""
    content = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 20),
        model_writer=content,
        vocab_size=260,
        model_type="unigram",
        character_coverage=1.0,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return content.getvalue()


def fairseq_ids(model, text, offset, unknown=3, mask=None):
    """Returns the ids of a text without special tokens but <mask>, which takes the spaces before it."""
    processor, ids = sentencepiece.SentencePieceProcessor(model_proto=model), []
    parts = text.split("<mask>")
    for position, part in enumerate(parts):
        if position < len(parts) - 1:
            part = part.rstrip()
        ids += [number + offset if number else unknown for number in processor.encode(part)]
        ids += [mask] if position < len(parts) - 1 else []
    return ids


LAYOUTS = {"xlm-roberta": (XLM_ROBERTA, 1, (0, 2)), "camembert": (CAMEMBERT, 4, (5, 6))}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("tokenizer_class", [RemBertTokenizer, RemBertTokenizerFast])
def test_ids_are_those_of_fairseq(name, tokenizer_class, plain_model):
    layout, offset, (first, last) = LAYOUTS[name]
    tokenizer = tokenizer_class(shift(plain_model, layout), **SPECIAL_TOKENS)
    count = len(parse_model(plain_model).pieces)
    mask = count + offset
    assert len(tokenizer) == tokenizer.vocab_size == mask + 1
    assert (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id) == (first, last, mask)
    assert (tokenizer.pad_token_id, tokenizer.unk_token_id) == (1, 3)
    for text in [*LINES, *(text for text in ODD if "<s>" not in text and "<unk>" not in text)]:
        ids = [int(number) for number in tokenizer([text])["input_ids"][0]]
        assert ids == [first, *fairseq_ids(plain_model, text, offset, mask=mask), last], text


def test_scores_and_rules_stay(plain_model):
    old, new = parse_model(plain_model), parse_model(shift(plain_model, XLM_ROBERTA))
    assert new.pieces[4:-1] == old.pieces[3:] and new.charsmap == old.charsmap
    processor = sentencepiece.SentencePieceProcessor(model_proto=shift(plain_model, XLM_ROBERTA))
    assert [processor.bos_id(), processor.pad_id(), processor.eos_id(), processor.unk_id()] == [0, 1, 2, 3]


def test_a_model_that_begins_otherwise(small_vocabulary):
    with pytest.raises(InputError, match=r"begins with \[PAD\].*XLMRobertaTokenizer needs <unk>, <s>, </s>"):
        shift(Path(small_vocabulary).read_bytes(), XLM_ROBERTA)


def directory_with(folder, files, config=ROBERTA, rows=400):
    config = {**config, "vocab_size": rows}
    write_directory(folder, config, random_weights(config))
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


def opened(folder, request=None):
    """Returns the source of a directory; its weights are closed."""
    with bert.open_source(folder, request or Request()) as source:
        return source


TRIMMING = {"trim_offsets": True, "add_prefix_space": True}


def added_token(number, token):
    flags = {"single_word": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": number, "content": token, "lstrip": token == "<mask>", **flags}


def tokenizer_json(model, changes=()):
    """Returns the `tokenizer.json` that the transformers library makes of an XLM-R vocabulary."""
    proto = parse_model(model)
    vocabulary = [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0]]
    vocabulary += [[piece.text, piece.score] for piece in proto.pieces[3:]] + [["<mask>", 0.0]]
    special = [(number, vocabulary[number][0]) for number in (0, 1, 2, 3, len(vocabulary) - 1)]
    rules = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(proto.charsmap).decode()}
    spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added_token(number, token) for number, token in special],
        "normalizer": {"type": "Sequence", "normalizers": [rules, spaces]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], **TRIMMING},
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "model": {"type": "Unigram", "unk_id": 3, "vocab": vocabulary, "byte_fallback": False},
    }
    return {**content, **dict(changes)}


@pytest.mark.parametrize("config", [ROBERTA, CONFIG])
def test_a_directory_of_xlm_roberta(config, plain_model, tmp_path):
    settings = {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512}
    files = {"sentencepiece.bpe.model": plain_model, "tokenizer_config.json": settings}
    source = opened(directory_with(tmp_path / "source", files, config))
    assert source.tokenizer(LINES[1])["input_ids"] == [0, *fairseq_ids(plain_model, LINES[1], 1), 2]
    assert source.tokenizer.model_max_length == 16
    assert (source.config.pad_token_id, source.config.bos_token_id, source.config.eos_token_id) == (1, 0, 2)
    assert any("rows have none" in sentence for sentence in source.warnings)
    assert any("one </s> in the middle" in sentence for sentence in source.warnings)
    pair = source.tokenizer("port", "bac")["input_ids"]
    first, second = (fairseq_ids(plain_model, text, 1) for text in ("port", "bac"))
    assert pair == [0, *first, 2, *second, 2]


def test_camembert_is_told_by_its_tokenizer(plain_model, tmp_path):
    files = {"sentencepiece.bpe.model": plain_model, "tokenizer_config.json": {"tokenizer_class": "CamembertTokenizer"}}
    source = opened(directory_with(tmp_path / "source", files))
    assert source.tokenizer(LINES[2])["input_ids"] == [5, *fairseq_ids(plain_model, LINES[2], 4), 6]
    assert (source.config.pad_token_id, source.config.bos_token_id, source.config.eos_token_id) == (1, 5, 6)


@pytest.mark.parametrize("with_roles", [True, False])
def test_a_tokenizer_json_alone(with_roles, plain_model, tmp_path):
    files = {"tokenizer.json": tokenizer_json(plain_model)}
    if with_roles:
        files["special_tokens_map.json"] = {**SPECIAL_TOKENS, "mask_token": {"content": "<mask>", "lstrip": True}}
    source = opened(directory_with(tmp_path / "source", files))
    mask = len(parse_model(plain_model).pieces) + 1
    for text in [*LINES, *(text for text in ODD if "<s>" not in text and "<unk>" not in text)]:
        expected = [0, *fairseq_ids(plain_model, text, 1, mask=mask), 2]
        assert source.tokenizer(text)["input_ids"] == expected, text
    assert source.config.pad_token_id == 1


NOT_SENTENCEPIECE = {
    "a WordPiece model": {"model": {"type": "WordPiece", "vocab": {}}},
    "Lowercase": {"normalizer": {"type": "Lowercase"}},
    "no Metaspace": {"pre_tokenizer": {"type": "Whitespace"}},
    "other ids than places": {"added_tokens": [added_token(2, "<extra>")]},
}


@pytest.mark.parametrize("words", NOT_SENTENCEPIECE)
def test_another_tokenizer_json_leaves_weights_alone(words, plain_model, tmp_path):
    files = {"tokenizer.json": tokenizer_json(plain_model, NOT_SENTENCEPIECE[words])}
    source = opened(directory_with(tmp_path / "source", files))
    assert source.tokenizer is None
    assert any(words in sentence and "weights alone" in sentence for sentence in source.warnings)


@pytest.mark.parametrize("damage", [{"model": {"type": "Unigram"}}, {"normalizer": {"type": "Precompiled"}}])
def test_a_damaged_tokenizer_json(damage, plain_model, tmp_path):
    folder = directory_with(tmp_path / "source", {"tokenizer.json": tokenizer_json(plain_model, damage)})
    with pytest.raises(InputError, match=r"tokenizer\.json.*damaged"):
        opened(folder)


@pytest.mark.parametrize(("file", "words"), [("vocab.txt", "WordPiece"), ("vocab.json", "byte-level BPE")])
def test_vocabularies_of_other_kinds_leave_weights_alone(file, words, tmp_path):
    source = opened(directory_with(tmp_path / "source", {file: b"{}"}, CONFIG))
    assert source.tokenizer is None
    assert any(words in sentence and "weights alone" in sentence for sentence in source.warnings)
    assert source.config.pad_token_id == CONFIG["pad_token_id"]


def test_no_vocabulary(tmp_path):
    source = opened(directory_with(tmp_path / "source", {}))
    assert source.tokenizer is None and any("no vocabulary" in sentence for sentence in source.warnings)


def test_an_unshifted_model_keeps_its_places(small_vocabulary, tmp_path):
    model = Path(small_vocabulary).read_bytes()
    source = opened(directory_with(tmp_path / "source", {"spiece.model": model}, CONFIG, rows=8000))
    expected = sentencepiece.SentencePieceProcessor(model_proto=model).encode(LINES[0])
    assert source.tokenizer(LINES[0])["input_ids"][1:-1] == expected


def test_a_model_that_lies_elsewhere(plain_model, tmp_path):
    folder = directory_with(tmp_path / "source", {"vocab.txt": b""})
    elsewhere = tmp_path / "other.model"
    for model in (plain_model, shift(plain_model, XLM_ROBERTA)):  # once as it comes, once shifted already
        elsewhere.write_bytes(model)
        tokenizer = opened(folder, Request(sentencepiece=str(elsewhere))).tokenizer
        assert tokenizer(LINES[0])["input_ids"] == [0, *fairseq_ids(plain_model, LINES[0], 1), 2]
    with pytest.raises(MissingFileError, match="no SentencePiece model"):
        opened(folder, Request(sentencepiece=str(tmp_path / "nowhere.model")))


def test_a_vocabulary_that_is_too_large_or_damaged(plain_model, tmp_path):
    folder = directory_with(tmp_path / "source", {"sentencepiece.bpe.model": plain_model}, rows=100)
    with pytest.raises(InputError, match="pieces, the checkpoint 100 rows"):
        opened(folder)
    (folder / "sentencepiece.bpe.model").write_bytes(plain_model[: len(plain_model) // 2])
    with pytest.raises(InputError, match=r"sentencepiece\.bpe\.model"):
        opened(folder)
