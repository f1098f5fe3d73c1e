"""RemBERT's encoder a second time, in plain NumPy, the arithmetic on one page.

It was written from the description of the reference (Hugging Face `modeling_rembert.py`) and shares no code
with our layers, so that agreement of the two means something. One layer's weights are in memory at a time.
"""

import math

import numpy as np

_erf = np.vectorize(math.erf, otypes=[np.float64])  # NumPy has none; exact, and quick enough for a few texts


def gelu_erf(x):
    """x * Phi(x), exact."""
    return (0.5 * x * (1.0 + _erf(x / math.sqrt(2.0)))).astype(x.dtype)


def gelu_tanh(x):
    """The tanh approximation of x * Phi(x)."""
    return 0.5 * x * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * x * x)))


def silu(x):
    """x * sigmoid(x)."""
    return x * 0.5 * (1.0 + np.tanh(0.5 * x))  # no overflow, unlike 1 / (1 + exp(-x))


GELU_FORMS = {"erf": gelu_erf, "tanh": gelu_tanh}
ACTIVATIONS = {
    "gelu": gelu_erf,
    "gelu_new": gelu_tanh,
    "gelu_pytorch_tanh": gelu_tanh,
    "relu": lambda x: np.maximum(x, 0.0),
    "silu": silu,
    "swish": silu,
    "tanh": np.tanh,
}


def softmax(x):
    """Softmax over the last axis."""
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def bfloat16_matmul(a, b):
    """Matmul of inputs rounded to bfloat16, summed in float32: what a TPU does unless told otherwise."""
    from ml_dtypes import bfloat16

    return np.matmul(a.astype(bfloat16).astype(np.float32), b.astype(bfloat16).astype(np.float32))


class PlainEncoder:
    """The encoder and what heads are made of.

    Args:
        config: a RemBertConfig.
        tensors: NamedTensors with the weights.
        gelu: "erf" or "tanh", instead of what `config.hidden_act` names; or None.
        matmul: multiplies arrays as `np.matmul` does; `bfloat16_matmul` rounds its inputs first.
    """

    def __init__(self, config, tensors, gelu=None, matmul=np.matmul):
        self.config, self.tensors, self.matmul = config, tensors, matmul
        self.activation = ACTIVATIONS[config.hidden_act] if gelu is None else GELU_FORMS[gelu]

    def states(self, inputs):
        """Encodes a batch, block by block.

        Args:
            inputs: `input_ids` (batch, length) or `inputs_embeds` (batch, length, input_embedding_size);
                optional `attention_mask`, `token_type_ids`, `position_ids` (batch or 1, length); decoders
                also `encoder_hidden_states` (batch, source, hidden_size) and `encoder_attention_mask`.

        Yields:
            layers + 1 hidden states (batch, length, hidden_size), the projected embeddings first.
        """
        config = self.config
        embeddings = self.embeddings(inputs)
        hidden = self.linear("encoder.embedding_hidden_mapping_in", embeddings, config.hidden_size)
        yield hidden
        length = embeddings.shape[1]
        keep = _keep(inputs.get("attention_mask"), length)
        if config.is_decoder:
            keep = keep & np.tri(length, dtype=bool)  # row: query, column: key; no look ahead
        source = inputs.get("encoder_hidden_states") if config.add_cross_attention else None
        for index in range(config.num_hidden_layers):
            name = f"encoder.layer.{index}"
            hidden = self.attention(f"{name}.attention", hidden, hidden, keep)
            if source is not None:
                visible = _keep(inputs.get("encoder_attention_mask"), source.shape[1])
                hidden = self.attention(f"{name}.crossattention", hidden, source, visible)
            wide = self.activation(self.linear(f"{name}.intermediate.dense", hidden, config.intermediate_size))
            output = self.linear(f"{name}.output.dense", wide, config.hidden_size)
            hidden = self.layer_norm(f"{name}.output.LayerNorm", hidden + output)
            yield hidden

    def embeddings(self, inputs):
        """Returns the normalised sum of the three tables (batch, length, input_embedding_size)."""
        config, ids, words = self.config, inputs.get("input_ids"), inputs.get("inputs_embeds")
        words = self.look_up("word", config.vocab_size, ids) if words is None else words
        types = inputs.get("token_type_ids", np.zeros(words.shape[:2], np.int32))
        positions = inputs.get("position_ids", np.arange(words.shape[1])[None])
        summed = words + self.look_up("token_type", config.type_vocab_size, types)
        summed = summed + self.look_up("position", config.max_position_embeddings, positions)
        return self.layer_norm("embeddings.LayerNorm", summed)

    def look_up(self, table, rows, indices):
        """Returns a table's rows at `indices`."""
        shape = (rows, self.config.input_embedding_size)
        return self.tensors.read(f"embeddings.{table}_embeddings.weight", shape)[indices]

    def attention(self, name, hidden, source, keep):
        """Post-LayerNorm attention of `hidden` to `source`; `keep` (batch, 1 or queries, keys)."""
        config, batch = self.config, hidden.shape[0]

        def heads(part, x):  # (batch, length, hidden) -> (batch, heads, length, head size)
            projected = self.linear(f"{name}.self.{part}", x, config.hidden_size)
            return projected.reshape(batch, -1, config.num_attention_heads, config.head_size).swapaxes(1, 2)

        scores = self.matmul(heads("query", hidden), heads("key", source).swapaxes(-1, -2))
        # Added, not substituted: where a row keeps nothing, every score becomes the same and attention uniform.
        bias = np.where(keep, np.float32(0), np.finfo(np.float32).min)[:, None]
        probabilities = softmax(scores / math.sqrt(config.head_size) + bias)
        context = self.matmul(probabilities, heads("value", source)).swapaxes(1, 2).reshape(hidden.shape)
        hidden = hidden + self.linear(f"{name}.output.dense", context, config.hidden_size)
        return self.layer_norm(f"{name}.output.LayerNorm", hidden)

    def pooler(self, last_hidden_state):
        """Returns (batch, hidden_size): tanh, whatever `hidden_act` is, of the first token's projection."""
        return np.tanh(self.linear("pooler.dense", last_hidden_state[:, 0], self.config.hidden_size))

    def linear(self, name, x, width):
        """Returns x W^T + b; the file's kernels are (out, in)."""
        kernel = self.tensors.read(f"{name}.weight", (width, x.shape[-1]))
        return self.matmul(x, kernel.T) + self.tensors.read(f"{name}.bias", (width,))

    def layer_norm(self, name, x):
        """LayerNorm over the last axis."""
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = (centred * centred).mean(axis=-1, keepdims=True)
        scale, offset = (self.tensors.read(f"{name}.{part}", x.shape[-1:]) for part in ("weight", "bias"))
        return centred / np.sqrt(variance + self.config.layer_norm_eps) * scale + offset


def _keep(mask, length):
    """Returns (batch or 1, 1, length): which keys are seen. Every non-zero entry of a mask is."""
    return np.ones((1, 1, length), bool) if mask is None else (np.asarray(mask) != 0)[:, None, :]
