"""How large an experiment is: widths, rows, steps. The paper's proportions at a size that two cores can train."""

import dataclasses

from rembert_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class Scale:
    """The sizes of all models and trainings of an experiment.

    Args:
        hidden: width of the model, and of tables "as wide as the model" (paper: 768).
        layers: blocks (paper: 12).
        head_width: of attention.
        small: width of a small table (paper: 128).
        large: width of a large one (paper: 3072, four times the model's).
        vocab_size: pieces of the vocabulary that is trained on the text.
        max_length: pieces of a row, in pre-training and after it.
        held_out: share of the documents that is kept from training.
        batch_size: rows of a step of pre-training.
        steps: of a pre-training.
        long_factor: how much longer the pre-training of the question `pretraining` is.
        learning_rate: peak of pre-training.
        evaluate_rows: held-out rows of a language at most.
        epochs: of fine-tuning, whose rows are 32 and whose peak is 1e-3.
        most_lines: lines of each file of raw text that are read, spread evenly; None means all.
        most_examples: sentences of each file of the tasks, the first ones; None means all.
    """

    hidden: int = 128
    layers: int = 4
    head_width: int = 32
    small: int = 32
    large: int = 512
    vocab_size: int = 16_000
    max_length: int = 64
    held_out: float = 0.02
    batch_size: int = 64
    steps: int = 1_000
    long_factor: int = 10
    learning_rate: float = 5e-4
    evaluate_rows: int = 64
    epochs: int = 6
    most_lines: int | None = None
    most_examples: int | None = None

    def __post_init__(self):
        for name in ("steps", "vocab_size"):
            value = getattr(self, name)
            if value < 1:
                raise InputError(f"{name} must be at least 1, not {value}.")


FULL = Scale()
# Shows that everything works, and nothing else.
QUICK = Scale(
    hidden=32,
    layers=2,
    head_width=16,
    small=8,
    large=64,
    vocab_size=4_000,
    max_length=32,
    held_out=0.1,
    batch_size=8,
    steps=8,
    long_factor=2,
    evaluate_rows=4,
    epochs=1,
    most_lines=2_000,
    most_examples=40,
)
