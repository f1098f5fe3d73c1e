"""What every worker must know."""

import dataclasses

from rembert_tf.serving.batch.output import OutputFiles
from rembert_tf.serving.batch.settings import BatchSettings
from rembert_tf.serving.batch.signature import BatchSignature


@dataclasses.dataclass(frozen=True)
class Work:
    """A command, as workers get it.

    Args:
        model: path of the SavedModel's directory.
        signature: the one that answers.
        settings: of the command.
        output: where answers go.
    """

    model: str
    signature: BatchSignature
    settings: BatchSettings
    output: OutputFiles
