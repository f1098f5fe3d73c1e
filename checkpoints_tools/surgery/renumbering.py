"""Where the rows of a smaller vocabulary come from, and which number an id has now."""

import numpy as np

from rembert_tf.checkpoints_tools.surgery.token_ids import renumbered
from rembert_tf.config import RemBertConfig


class Renumbering:
    """Kept pieces in their order, then every row after the last piece.

    Args:
        kept: sorted ids of the pieces that stay.
        pieces: how many there were.
        table_rows: rows of the model's tables, at least as many.
    """

    def __init__(self, kept, pieces, table_rows):
        self.rows = np.array([*kept, *range(pieces, table_rows)], np.int64)
        self._pieces, self._shift = pieces, len(kept) - pieces
        self._new = {old: new for new, old in enumerate(kept)}

    def new_id(self, old):
        """Returns the new id of a kept piece or of anything after the pieces."""
        return self._new[old] if old < self._pieces else old + self._shift

    def new_config(self, config):
        """Returns a RemBertConfig with these ids and this number of rows."""
        content = renumbered(config.to_dict(), self.new_id)
        return RemBertConfig.from_dict({**content, "vocab_size": len(self.rows)})
