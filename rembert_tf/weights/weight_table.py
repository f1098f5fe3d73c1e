"""The one table that says where every weight lives: in our models and in a file.

Each row pairs a variable, found by walking attributes from the model, with its name in the Hugging
Face layout and the rearrangement between the two. Loading, saving and conversion are loops over it.
"""

import dataclasses
import re

from rembert_tf.weights.layouts import AS_IS, DENSE, HEADS_BIAS, INTO_HEADS, OUT_OF_HEADS, Layout

ENCODER_PREFIX = "rembert."


@dataclasses.dataclass(frozen=True)
class Row:
    """One weight.

    Args:
        variable: attributes from the owning model to the Keras variable; `{i}` is a block's number.
        name: in the file, without the prefix `rembert.`.
        layout: how the two are arranged.
        optional: whether a directory may lack it (a head or the pooler, which then starts new).
    """

    variable: str
    name: str
    layout: Layout
    optional: bool = False


def _dense(variable, name, kernel=DENSE, bias=AS_IS, optional=False):
    return [
        Row(f"{variable}.kernel", f"{name}.weight", kernel, optional),
        Row(f"{variable}.bias", f"{name}.bias", bias, optional),
    ]


def _layer_norm(variable, name, optional=False):
    return [
        Row(f"{variable}.gamma", f"{name}.weight", AS_IS, optional),
        Row(f"{variable}.beta", f"{name}.bias", AS_IS, optional),
    ]


def _table(name):
    return [Row(f"embeddings.{name}.embeddings", f"embeddings.{name}.weight", AS_IS)]


def _attention(variable, name):
    return [
        *_dense(f"{variable}.query", f"{name}.self.query", INTO_HEADS, HEADS_BIAS),
        *_dense(f"{variable}.key", f"{name}.self.key", INTO_HEADS, HEADS_BIAS),
        *_dense(f"{variable}.value", f"{name}.self.value", INTO_HEADS, HEADS_BIAS),
        *_dense(f"{variable}.output_dense", f"{name}.output.dense", OUT_OF_HEADS),
        *_layer_norm(f"{variable}.layer_norm", f"{name}.output.LayerNorm"),
    ]


_BLOCK = [
    *_attention("attention", "attention"),
    *_dense("feed_forward.intermediate_dense", "intermediate.dense"),
    *_dense("feed_forward.output_dense", "output.dense"),
    *_layer_norm("feed_forward.layer_norm", "output.LayerNorm"),
]

ENCODER_ROWS = [
    *_table("word_embeddings"),
    *_table("position_embeddings"),
    *_table("token_type_embeddings"),
    *_layer_norm("embeddings.layer_norm", "embeddings.LayerNorm"),
    *_dense("encoder.embedding_projection", "encoder.embedding_hidden_mapping_in"),
]


def _in_block(rows):
    return [Row(f"encoder.blocks.{{i}}.{row.variable}", f"encoder.layer.{{i}}.{row.name}", row.layout) for row in rows]


BLOCK_ROWS = _in_block(_BLOCK)
CROSS_ATTENTION_ROWS = _in_block(_attention("cross_attention", "crossattention"))
POOLER_ROWS = _dense("pooler", "pooler.dense", optional=True)
HEAD_ROWS = [
    *_dense("classifier", "classifier", optional=True),
    *_dense("qa_outputs", "qa_outputs", optional=True),
    *_dense("lm_head.dense", "cls.predictions.dense", optional=True),
    *_layer_norm("lm_head.layer_norm", "cls.predictions.LayerNorm", optional=True),
    # The output embedding is stored (vocab_size, width), not transposed: it is a table, used the other way round.
    Row("lm_head.decoder.embeddings", "cls.predictions.decoder.weight", AS_IS, optional=True),
    Row("lm_head.decoder.bias", "cls.predictions.decoder.bias", AS_IS, optional=True),
]

# What another member of the family may have stored beside the weights that a class uses.
PASSED_OVER = re.compile(
    r"(rembert\.)?(pooler\.dense\.(weight|bias)|embeddings\.position_ids|encoder\.layer\.\d+\.crossattention\..+)$"
    r"|cls\.(predictions|seq_relationship)\..+$|(classifier|qa_outputs)\.(weight|bias)$"
)


@dataclasses.dataclass(frozen=True)
class Weight:
    """A row resolved for one model: its Keras variable and its name in a file of that model's class.

    `adapter` is the LowRankAdapter that adds to this kernel, or None.
    """

    variable: object
    name: str
    layout: Layout
    optional: bool
    adapter: object = None

    def value(self):
        """Returns what stands in a file: the variable, and what an adapter adds to it, in the file's layout."""
        value = self.variable.numpy()
        if self.adapter is not None:
            value = value + self.adapter.merged()
        return self.layout.to_file(value)

    @property
    def file_shape(self):
        """The shape in the file."""
        return self.layout.file_shape(tuple(self.variable.shape))


def weights_of(model):
    """Returns every Weight of a model, in the table's order.

    A bare encoder's names have no prefix; under a head they begin with `rembert.`, the head's do not.
    """
    has_head = hasattr(model, "rembert")
    encoder = model.rembert if has_head else model
    prefix = ENCODER_PREFIX if has_head else ""
    rows = list(ENCODER_ROWS)
    block_rows = BLOCK_ROWS + (CROSS_ATTENTION_ROWS if encoder.config.add_cross_attention else [])
    for index in range(encoder.config.num_hidden_layers):
        rows += [
            dataclasses.replace(row, variable=row.variable.format(i=index), name=row.name.format(i=index))
            for row in block_rows
        ]
    rows += POOLER_ROWS if encoder.pooler is not None else []
    weights = [_resolve(encoder, row, prefix) for row in rows]
    return weights + [_resolve(model, row, "") for row in HEAD_ROWS if hasattr(model, row.variable.split(".")[0])]


def _resolve(owner, row, prefix):
    found, adapter = owner, None
    for step in row.variable.split("."):
        adapter = found.adapters.get(step) if hasattr(found, "adapters") else adapter
        found = found[int(step)] if step.isdigit() else getattr(found, step)
    # An adapter adds to the kernel of its projection, and to nothing else.
    adapter = adapter if row.layout is INTO_HEADS else None
    return Weight(found, prefix + row.name, row.layout, row.optional, adapter)


def without_prefix(name):
    """Returns a file's name as the table spells it: `rembert.` is there or not, depending on who saved."""
    return name.removeprefix(ENCODER_PREFIX)
