"""A BERT in plain NumPy, and directories of the BERT family.

The arithmetic follows the paper (Devlin et al., 2019) and BERT's released `modeling.py`, whose one width serves
tables, encoder and head alike; it shares no code with the package.
"""

import json
import math

import numpy as np
from safetensors.numpy import save_file

CONFIG = {
    "model_type": "bert",
    "vocab_size": 37,
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.25,
    "attention_probs_dropout_prob": 0.125,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}
ROBERTA = {
    **CONFIG,
    "model_type": "xlm-roberta",
    "max_position_embeddings": 18,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
    "pad_token_id": 1,
}


def random_weights(config, seed=0, pooler=True, head=False):
    """Returns {name without prefix: array} of a network in which no weight is 0 or 1."""
    random, hidden, wide = np.random.default_rng(seed), config["hidden_size"], config["intermediate_size"]
    shapes = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], hidden),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], hidden),
        "embeddings.token_type_embeddings.weight": (config["type_vocab_size"], hidden),
    }
    norms, dense = ["embeddings.LayerNorm"], {}
    for block in (f"encoder.layer.{index}" for index in range(config["num_hidden_layers"])):
        dense |= {f"{block}.attention.self.{part}": (hidden, hidden) for part in ("query", "key", "value")}
        dense |= {f"{block}.attention.output.dense": (hidden, hidden)}
        dense |= {f"{block}.intermediate.dense": (wide, hidden), f"{block}.output.dense": (hidden, wide)}
        norms += [f"{block}.attention.output.LayerNorm", f"{block}.output.LayerNorm"]
    if pooler:
        dense["pooler.dense"] = (hidden, hidden)
    if head:
        dense["cls.predictions.transform.dense"] = (hidden, hidden)
        norms.append("cls.predictions.transform.LayerNorm")
        shapes["cls.predictions.bias"] = (config["vocab_size"],)
    for name, shape in dense.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for name in norms:
        shapes |= {f"{name}.weight": (hidden,), f"{name}.bias": (hidden,)}
    centre = {f"{name}.weight": 1.0 for name in norms}
    return {name: random.normal(centre.get(name, 0.0), 0.3, shape).astype("float32") for name, shape in shapes.items()}


def with_prefix(weights, prefix):
    """Returns the weights as a class with a head stores them: the network's names begin with its prefix."""
    return {name if name.startswith("cls.") else prefix + name: array for name, array in weights.items()}


def write_directory(directory, config, weights):
    """Writes a directory as the transformers library does."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config))
    save_file(weights, directory / "model.safetensors")
    return directory


def gelu(x):
    return x * 0.5 * (1.0 + np.vectorize(math.erf, otypes=["float64"])(x / math.sqrt(2.0)))


def gelu_tanh(x):
    return 0.5 * x * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS = {"gelu": gelu, "gelu_new": gelu_tanh, "relu": lambda x: np.maximum(x, 0.0)}


class NumpyBert:
    """The network, in float64.

    Args:
        config: content of its `config.json`.
        weights: as `random_weights` names them.
    """

    def __init__(self, config, weights):
        self.config = config
        self.weights = {name: np.asarray(array, "float64") for name, array in weights.items()}

    def __call__(self, input_ids, attention_mask, token_type_ids):
        """Returns last hidden state (batch, length, hidden); position ids as each kind counts them."""
        positions = np.broadcast_to(np.arange(input_ids.shape[1]), input_ids.shape)
        if self.config["model_type"] != "bert":
            real = (input_ids != self.config["pad_token_id"]).astype(int)
            positions = np.cumsum(real, axis=1) * real + self.config["pad_token_id"]
            token_type_ids = np.zeros_like(input_ids)
        hidden = (
            self._row("word", input_ids) + self._row("position", positions) + self._row("token_type", token_type_ids)
        )
        hidden = self.norm("embeddings.LayerNorm", hidden)
        for index in range(self.config["num_hidden_layers"]):
            hidden = self._block(f"encoder.layer.{index}", hidden, attention_mask)
        return hidden

    def pooled(self, hidden):
        """Returns the pooler's output."""
        return np.tanh(self.dense("pooler.dense", hidden[:, 0]))

    def logits(self, hidden):
        """Returns the scores of the language model head, which compares with the input table."""
        transformed = self.norm(
            "cls.predictions.transform.LayerNorm",
            self.activation(self.dense("cls.predictions.transform.dense", hidden)),
        )
        return transformed @ self.weights["embeddings.word_embeddings.weight"].T + self.weights["cls.predictions.bias"]

    def activation(self, x):
        return ACTIVATIONS[self.config["hidden_act"]](x)

    def dense(self, name, x):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, name, x):
        scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + self.config["layer_norm_eps"])
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _row(self, table, ids):
        return self.weights[f"embeddings.{table}_embeddings.weight"][ids]

    def _block(self, name, hidden, mask):
        batch, length, width = hidden.shape
        heads = self.config["num_attention_heads"]

        def split(part):
            projected = self.dense(f"{name}.attention.self.{part}", hidden)
            return projected.reshape(batch, length, heads, width // heads).transpose(0, 2, 1, 3)

        scores = split("query") @ split("key").transpose(0, 1, 3, 2) / math.sqrt(width // heads)
        weights = np.exp(scores - scores.max(-1, keepdims=True)) * mask[:, None, None, :]
        context = (weights / weights.sum(-1, keepdims=True)) @ split("value")
        context = context.transpose(0, 2, 1, 3).reshape(batch, length, width)
        attended = self.dense(f"{name}.attention.output.dense", context)
        hidden = self.norm(f"{name}.attention.output.LayerNorm", hidden + attended)
        wide = self.activation(self.dense(f"{name}.intermediate.dense", hidden))
        return self.norm(f"{name}.output.LayerNorm", hidden + self.dense(f"{name}.output.dense", wide))
