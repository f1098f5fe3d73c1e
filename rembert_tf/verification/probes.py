"""Inputs that exercise an encoder when no reference's own inputs are known: always the same for one shape."""

import numpy as np

SEED = 20210504


def probes(config, architecture):
    """Returns {name: inputs}: several lengths, masks, token types and positions.

    Args:
        config: a RemBertConfig; of two directories to compare, one whose vocabulary and lengths fit both.
        architecture: the class; multiple choice gets (batch, 1, length).
    """
    random = np.random.default_rng(SEED)

    def ids(batch, length):
        return random.integers(0, config.vocab_size, (batch, length), dtype=np.int32)

    def types(batch, length):
        return random.integers(0, config.type_vocab_size, (batch, length), dtype=np.int32)

    short, long = min(12, config.max_position_embeddings), min(40, config.max_position_embeddings)
    cases = {
        "one token": {"input_ids": ids(2, 1)},
        "ids only": {"input_ids": ids(2, short)},
        "padding and types": {
            "input_ids": ids(4, short),
            "attention_mask": _masks(short),
            "token_type_ids": types(4, short),
        },
        "long": {"input_ids": ids(1, long), "token_type_ids": types(1, long)},
    }
    if config.add_cross_attention:
        states = random.standard_normal((4, 5, config.hidden_size), dtype=np.float32)
        visible = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 1, 1, 1], [1, 0, 1, 0, 1]], np.int32)
        source = {"encoder_hidden_states": states, "encoder_attention_mask": visible}
        cases["encoder states"] = {**cases["padding and types"], **source}
    if architecture == "RemBertForMultipleChoice":
        return {case: {name: x[:, None] for name, x in inputs.items()} for case, inputs in cases.items()}
    return cases


def _masks(length):
    """Returns four rows: nothing masked, padded on the right, padded on the left, and a hole inside."""
    mask = np.ones((4, length), np.int32)
    mask[1, (length + 1) // 2 :] = 0
    mask[2, : length // 2] = 0
    mask[3, length // 3 : length // 2] = 0
    return mask
