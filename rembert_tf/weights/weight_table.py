"""The weights of one model: each with its variable, its name in a file, and the way between the two."""

import dataclasses
import re

from rembert_tf.weights.layouts import INTO_HEADS, Layout
from rembert_tf.weights.weight_rows import HEAD_ROWS, POOLER_ROWS, encoder_rows

ENCODER_PREFIX = "rembert."

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
    rows = encoder_rows(encoder.config.num_hidden_layers, encoder.config.add_cross_attention)
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
