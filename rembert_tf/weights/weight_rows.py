"""The table that says where every weight lives: in our models, and in each format of checkpoint.

A line stands for one layer: our layer (attributes from the model that owns it), its name in the Hugging
Face layout, in Google's original TF1 checkpoints and in Model Garden's, and the sizes of its kernel.
Loading, saving and every conversion are loops over it; another format is another column.
"""

import dataclasses

from rembert_tf.weights.layouts import AS_IS, DENSE, HEADS_BIAS, INTO_HEADS, OUT_OF_HEADS, Layout

# The sizes of a shape are fields of the configuration.
V, P, T = "vocab_size", "max_position_embeddings", "type_vocab_size"
E, H, F, OUT = "input_embedding_size", "hidden_size", "intermediate_size", "output_embedding_size"
LABELS = "num_labels"


@dataclasses.dataclass(frozen=True)
class Row:
    """One weight.

    Args:
        variable: attributes from the owning model to the Keras variable; `{i}` is a block's number.
        name: in a Hugging Face file, without the prefix `rembert.`.
        google: in Google's original checkpoints, whose kernels are (in, out) and have no axis of heads.
        garden: in a Model Garden checkpoint, whose arrays have our variables' shapes; None: no place there.
        shape: the sizes of its axes in a Hugging Face file, as fields of the configuration.
        layout: how file and variable are arranged.
        optional: whether a directory may lack it (a head or the pooler, which then starts new).
    """

    variable: str
    name: str
    google: str
    garden: str | None
    shape: tuple
    layout: Layout
    optional: bool = False

    def in_block(self, index):
        """Returns the row of one block."""
        return self.renamed(lambda _, name: name.format(i=index))

    def renamed(self, rename):
        """Returns the row with each name (column, name) changed; a column without one stays so."""
        names = {column: getattr(self, column) for column in ("variable", "name", "google", "garden")}
        return dataclasses.replace(self, **{key: name and rename(key, name) for key, name in names.items()})


def _layer(variable, name, google, garden, *parts):
    """Returns a layer's rows; a part is (ours, Hugging Face's, the TF formats' ending, shape, layout)."""
    return [
        Row(f"{variable}.{ours}", f"{name}.{theirs}", google + ending, garden and garden + ending, shape, layout)
        for ours, theirs, ending, shape, layout in parts
    ]


def _dense(*names, shape, kernel=DENSE, bias=AS_IS):
    parts = ("kernel", "weight", "/kernel", shape, kernel), ("bias", "bias", "/bias", shape[:1], bias)
    return _layer(*names, *parts)


def _norm(*names, size):
    return _layer(*names, ("gamma", "weight", "/gamma", (size,), AS_IS), ("beta", "bias", "/beta", (size,), AS_IS))


def _table(*names, shape):
    return _layer(*names, ("embeddings", "weight", "", shape, AS_IS))


def _under(variable, name, google, garden, rows):
    before = {"variable": variable, "name": name, "google": google, "garden": garden}
    return [row.renamed(lambda column, last: None if before[column] is None else before[column] + last) for row in rows]


# A line a layer, however long: names stand under names.
# fmt: off
# ruff: noqa: E501
_ATTENTION = [
    *_dense("query", "self.query", "self/query", "_attention_layer/_query_dense", shape=(H, H), kernel=INTO_HEADS, bias=HEADS_BIAS),
    *_dense("key", "self.key", "self/key", "_attention_layer/_key_dense", shape=(H, H), kernel=INTO_HEADS, bias=HEADS_BIAS),
    *_dense("value", "self.value", "self/value", "_attention_layer/_value_dense", shape=(H, H), kernel=INTO_HEADS, bias=HEADS_BIAS),
    *_dense("output_dense", "output.dense", "output/dense", "_attention_layer/_output_dense", shape=(H, H), kernel=OUT_OF_HEADS),
    *_norm("layer_norm", "output.LayerNorm", "output/LayerNorm", "_attention_layer_norm", size=H),
]
_FEED_FORWARD = [
    *_dense("intermediate_dense", "intermediate.dense", "intermediate/dense", "_intermediate_dense", shape=(F, H)),
    *_dense("output_dense", "output.dense", "output/dense", "_output_dense", shape=(H, F)),
    *_norm("layer_norm", "output.LayerNorm", "output/LayerNorm", "_output_layer_norm", size=H),
]
_BLOCK = ("encoder.blocks.{i}.", "encoder.layer.{i}.", "bert/encoder/layer_{i}/", "encoder/_transformer_layers/{i}/")

ENCODER_ROWS = [
    *_under("embeddings.", "embeddings.", "bert/embeddings/", "encoder/", [
        *_table("word_embeddings", "word_embeddings", "word_embeddings", "_embedding_layer/embeddings", shape=(V, E)),
        *_table("position_embeddings", "position_embeddings", "position_embeddings", "_position_embedding_layer/embeddings", shape=(P, E)),
        *_table("token_type_embeddings", "token_type_embeddings", "token_type_embeddings", "_type_embedding_layer/embeddings", shape=(T, E)),
        *_norm("layer_norm", "LayerNorm", "LayerNorm", "_embedding_norm_layer", size=E),
    ]),
    *_dense("encoder.embedding_projection", "encoder.embedding_hidden_mapping_in", "bert/encoder/embedding_hidden_mapping_in", "encoder/_embedding_projection", shape=(H, E)),
]
BLOCK_ROWS = _under(*_BLOCK, [
    *_under("attention.", "attention.", "attention/", "", _ATTENTION),
    *_under("feed_forward.", "", "", "", _FEED_FORWARD),
])
CROSS_ATTENTION_ROWS = _under(*_BLOCK, _under("cross_attention.", "crossattention.", "crossattention/", None, _ATTENTION))
POOLER_ROWS = _dense("pooler", "pooler.dense", "bert/pooler/dense", "encoder/_pooler_layer", shape=(H, H))

# Google never published the names of the language model's head: these are BERT's, and a reader of such
# checkpoints compares their ends alone. BLEURT calls its one head `dense`. Other heads have no name there.
HEAD_ROWS = [
    *_dense("classifier", "classifier", "dense", None, shape=(LABELS, H)),
    *_dense("qa_outputs", "qa_outputs", "qa_outputs", None, shape=(LABELS, H)),
    *_under("lm_head.", "cls.predictions.", "cls/predictions/", "masked_lm/", [
        *_dense("dense", "dense", "transform/dense", "dense", shape=(OUT, H)),
        *_norm("layer_norm", "LayerNorm", "transform/LayerNorm", "layer_norm", size=OUT),
        # The output embedding is stored (vocab_size, width), not transposed: it is a table, used the other way round.
        Row("decoder.embeddings", "decoder.weight", "output_embedding", "embedding_table", (V, OUT), AS_IS),
        Row("decoder.bias", "decoder.bias", "output_bias", "output_bias.Sbias", (V,), AS_IS),
    ]),
]
# fmt: on


def _optional(rows):
    return [dataclasses.replace(row, optional=True) for row in rows]


POOLER_ROWS, HEAD_ROWS = _optional(POOLER_ROWS), _optional(HEAD_ROWS)


def encoder_rows(num_hidden_layers, cross_attention=False):
    """Returns the rows of an encoder with so many blocks, in the table's order."""
    in_block = BLOCK_ROWS + (CROSS_ATTENTION_ROWS if cross_attention else [])
    return ENCODER_ROWS + [row.in_block(index) for index in range(num_hidden_layers) for row in in_block]
