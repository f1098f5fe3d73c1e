"""A folder as BLEURT's own export leaves it.

The SavedModel's `predictions` are what a converted model must equal; `encode` is BLEURT's way from two texts
to ids, with the sentencepiece package alone.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import tensorflow as tf

from rembert_tf.tokenization.train_vocabulary import train_vocabulary
from tests.checkpoints_tools.bleurt_graph import write_saved_model

CONFIG = {
    "attention_probs_dropout_prob": 0.0,
    "embedding_dropout_prob": 0,
    "embedding_size": 20,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.0,
    "hidden_size": 36,
    "initializer_range": 0.02,
    "intermediate_size": 56,
    "max_position_embeddings": 96,
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "type_vocab_size": 2,
    "vocab_size": 1000,
}

# A reference translation and a worse one, in languages with scripts and spaces of many kinds.
PAIRS = [
    ("The cat sits on the mat.", "A cat is sitting on a mat."),
    ("Der Zug fährt um acht Uhr ab.", "Die Bahn geht acht Uhr los."),
    ("Le musée est fermé le lundi.", "Lundi, musée fermer."),
    ("Поезд отправляется в восемь часов.", "Поезд уходит восемь."),
    ("列車は八時に出発します。", "電車は8時出る。"),
    ("火车八点出发。", "列车在八点钟离开。"),
    ("기차는 여덟 시에 출발합니다.", "열차 8시 출발"),
    ("يغادر القطار في الساعة الثامنة.", "القطار يذهب ثمانية"),
    ("ट्रेन आठ बजे निकलती है।", "रेल आठ बजे जाती"),
    ("รถไฟออกเวลาแปดโมง", "รถไฟไปแปดโมง"),
    ("Το τρένο φεύγει στις οκτώ.", "τρένο φεύγει 8"),
    ("Treni linaondoka saa mbili.", "gari moshi linaenda saa 2"),
]
# What scorers trip over: nothing at all, spelled-out special tokens, text far too long, odd characters.
HARD_PAIRS = [
    ("", ""),
    ("", "Only the candidate has words."),
    ("Only the reference has words.", ""),
    ("[CLS] spelled out [SEP] here", "[SEP][MASK]</s><unk>[PAD]"),
    ("the cat sits on the mat " * 40, "a cat " * 50),
    ("short", "поезд отправляется в восемь часов " * 30),
    ("the cat sits on the mat " * 40, "the cat sits on the mat " * 40),
    ("🙂 ℌ ﬁ ① é ﷺ", " \t spaces \u3000 everywhere  "),
]


@dataclasses.dataclass
class Bleurt:
    """A folder and what it was made of.

    Args:
        path: of the folder.
        variables: {name: array} as in the checkpoint.
        max_seq_length: pieces of a row.
    """

    path: Path
    variables: dict
    max_seq_length: int

    def predictions(self, ids, mask, segments):
        """Returns what the SavedModel answers, (batch,) float32."""
        answer = tf.saved_model.load(str(self.path)).signatures["serving_default"]
        inputs = {"input_ids": ids, "input_mask": mask, "segment_ids": segments}
        return answer(**{name: tf.constant(rows, tf.int64) for name, rows in inputs.items()})["predictions"].numpy()

    def scores(self, references, candidates):
        """Returns the SavedModel's scores of texts."""
        import sentencepiece

        model = sentencepiece.SentencePieceProcessor(model_file=str(self.path / "sent_piece.model"))
        rows = [encode(model, *pair, self.max_seq_length) for pair in zip(references, candidates, strict=True)]
        return self.predictions(*np.transpose(rows, (1, 0, 2)))


def truncate(reference, candidate, budget):
    """Drops last pieces of the longer list, of the candidate where both are as long, until the budget holds both."""
    reference, candidate = list(reference), list(candidate)
    while len(reference) + len(candidate) > budget:
        (reference if len(reference) > len(candidate) else candidate).pop()
    return reference, candidate


def encode(model, reference, candidate, max_seq_length):
    """Returns ids, mask and segments of a pair, as google-research/bleurt makes them (`encoding.py`)."""
    pieces = [model.encode(text, out_type=str) for text in (reference, candidate)]
    first, second = truncate(*pieces, max_seq_length - 3)
    ids = [model.piece_to_id(piece) for piece in ["[CLS]", *first, "[SEP]", *second, "[SEP]"]]
    segments = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    rest = [0] * (max_seq_length - len(ids))
    return ids + rest, [1] * len(ids) + rest, segments + rest


def vocabulary(size=760):
    """Returns a SentencePiece model with RemBERT's layout, as bytes."""
    texts = [text for pair in PAIRS for text in pair] + [f"{number} cats, {number} trains" for number in range(60)]
    return train_vocabulary(texts, size, byte_fallback=True, character_coverage=1.0)


def random_variables(config=CONFIG, seed=7):
    """Returns {name: array} of a checkpoint of this configuration, no entry 0 or 1."""
    random = np.random.default_rng(seed)
    width, hidden, inner = config["embedding_size"], config["hidden_size"], config["intermediate_size"]
    found = {}

    def weight(name, *shape, around=0.0):
        scale = 0.2 if len(shape) < 2 else 1.2 / shape[0] ** 0.5 if shape[0] < 500 else 0.5
        found[name] = (around + scale * random.standard_normal(shape)).astype("float32")

    def dense(name, inputs, outputs):
        weight(f"{name}/kernel", inputs, outputs)
        weight(f"{name}/bias", outputs)

    def norm(name, size):
        weight(f"{name}/gamma", size, around=1.0)
        weight(f"{name}/beta", size)

    for table, rows in (
        ("word", "vocab_size"),
        ("position", "max_position_embeddings"),
        ("token_type", "type_vocab_size"),
    ):
        weight(f"bert/embeddings/{table}_embeddings", config[rows], width)
    norm("bert/embeddings/LayerNorm", width)
    dense("bert/encoder/embedding_hidden_mapping_in", width, hidden)
    for block in (f"bert/encoder/layer_{index}" for index in range(config["num_hidden_layers"])):
        for projection in ("query", "key", "value"):
            dense(f"{block}/attention/self/{projection}", hidden, hidden)
        dense(f"{block}/attention/output/dense", hidden, hidden)
        norm(f"{block}/attention/output/LayerNorm", hidden)
        dense(f"{block}/intermediate/dense", hidden, inner)
        dense(f"{block}/output/dense", inner, hidden)
        norm(f"{block}/output/LayerNorm", hidden)
    dense("bert/pooler/dense", hidden, hidden)
    dense("dense", hidden, 1)
    found["global_step"] = np.int64(880000)
    return found


def write_bleurt(
    path, variables=None, config=CONFIG, activation="gelu_new", max_seq_length=48, model=None, **bleurt_config
):
    """Writes a BLEURT folder and returns its Bleurt.

    Args:
        path: of the folder, which must not exist.
        variables: {name: array}; None makes random ones.
        config: content of `bert_config.json`.
        activation: `gelu` or `gelu_new`: what the graph computes.
        max_seq_length: pieces of a row.
        model: a SentencePiece model's bytes, or None for a small one.
        **bleurt_config: further or other entries of `bleurt_config.json`.
    """
    path = Path(path)
    variables = random_variables(config) if variables is None else variables
    write_saved_model(path, variables, config, activation)
    model = vocabulary() if model is None else model
    (path / "sent_piece.model").write_bytes(model)
    (path / "sent_piece.vocab").write_text("never read\t0\n")
    (path / "bert_config.json").write_text(json.dumps(config))
    settings = {
        "name": "bleurt-test",
        "bert_config_file": "bert_config.json",
        "max_seq_length": max_seq_length,
        "vocab_file": None,
        "do_lower_case": None,
        "sp_model": "sent_piece",
        "dynamic_seq_length": True,
        **bleurt_config,
    }
    (path / "bleurt_config.json").write_text(json.dumps(settings))
    return Bleurt(path, variables, max_seq_length)


def change_settings(path, **changes):
    """Changes entries of a folder's `bleurt_config.json`."""
    file = path / "bleurt_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
