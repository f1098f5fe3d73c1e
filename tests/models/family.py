"""One small member of every class, with inputs, labels and the shapes of its outputs."""

import dataclasses

import numpy as np

import rembert_tf

BATCH, LENGTH, CHOICES, MASKS = 4, 6, 3, 2
RANDOM = np.random.default_rng(11)
IDS = RANDOM.integers(1, 50, (BATCH, LENGTH))
MASK = np.array([[1] * LENGTH, [1] * 4 + [0] * 2] * 2)
TEXT = {"input_ids": IDS, "attention_mask": MASK}


@dataclasses.dataclass(frozen=True)
class Member:
    """A class of the family and what belongs to a call of it.

    Args:
        name: of the class.
        inputs: of one batch.
        labels: of that batch, or None.
        shapes: of the outputs, by name; "" is an output that has none.
        config: changes to the small configuration.
    """

    name: str
    inputs: dict
    labels: object
    shapes: dict
    config: dict = dataclasses.field(default_factory=dict)

    def __str__(self):
        return self.name.removeprefix("RemBert")

    def build(self, config, **kwargs):
        """Returns a new model."""
        return getattr(rembert_tf, self.name)(config.replace(**self.config), **kwargs)


def outputs_of(model, inputs, **kwargs):
    """Returns a call's outputs by name."""
    outputs = model(inputs, **kwargs)
    return outputs if isinstance(outputs, dict) else {"": outputs}


FAMILY = [
    Member(
        "RemBertModel",
        TEXT,
        None,
        {"last_hidden_state": (BATCH, LENGTH, 12), "pooler_output": (BATCH, 12)},
    ),
    Member(
        "RemBertForMaskedLM",
        {**TEXT, "masked_positions": np.array([[1, 2], [3, 0]] * 2)},
        np.array([[7, 8], [9, -100]] * 2),
        {"": (BATCH, MASKS, 50)},
    ),
    Member("RemBertForCausalLM", TEXT, np.where(MASK, IDS, -100), {"": (BATCH, LENGTH, 50)}, {"is_decoder": True}),
    Member("RemBertForSequenceClassification", TEXT, np.array([0, 1, 2, 1]), {"": (BATCH, 3)}),
    Member("RemBertForTokenClassification", TEXT, np.where(MASK, IDS % 3, -100), {"": (BATCH, LENGTH, 3)}),
    Member(
        "RemBertForQuestionAnswering",
        TEXT,
        {"start_positions": np.array([1, 0, 2, 3]), "end_positions": np.array([2, 0, 5, 3])},
        {"start_logits": (BATCH, LENGTH), "end_logits": (BATCH, LENGTH)},
        {"num_labels": 2},
    ),
    Member(
        "RemBertForMultipleChoice",
        {
            "input_ids": RANDOM.integers(1, 50, (BATCH, CHOICES, LENGTH)),
            "attention_mask": np.repeat(MASK[:, None], CHOICES, axis=1),
        },
        np.array([0, 2, 1, 1]),
        {"": (BATCH, CHOICES)},
    ),
]
TASKS = [member for member in FAMILY if member.labels is not None]
