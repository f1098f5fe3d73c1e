"""From a batch's outputs to what each row holds."""

import numpy as np

from rembert_tf.serving.client.results import (
    Answer,
    Choice,
    Classification,
    Entity,
    Fill,
    Generated,
    Regression,
)

# Outputs that say how many of a row's items are meant; the rest is padding to the batch's longest row.
_COUNTS = ("num_entities", "num_masks")


def split_rows(outputs):
    """Takes a batch apart.

    Args:
        outputs: dict of name -> array (batch, ...).

    Returns:
        For each row a dict of name -> scalar or array, without the padding that `num_entities` and
        `num_masks` tell apart.
    """
    batch_size = min((len(array) for array in outputs.values()), default=0)
    rows = ({name: array[index] for name, array in outputs.items()} for index in range(batch_size))
    return [_without_padding(row) for row in rows]


def _without_padding(row):
    count = next((int(row[name]) for name in _COUNTS if name in row), None)
    return {name: value[:count] if np.ndim(value) else value for name, value in row.items()}


def decode_strings(outputs):
    """Bytes -> text in every string output but those whose name ends in `_bytes`."""
    return {
        name: array if array.dtype != object or name.endswith("_bytes") else _decode(array)
        for name, array in outputs.items()
    }


def _decode(array):
    decoded = np.empty(array.size, object)
    decoded[:] = [item.decode("utf-8", "replace") for item in array.reshape(-1)]
    return decoded.reshape(array.shape)


def read_classifications(outputs):
    return [
        Classification(
            label=row.get("label"),
            score=_value(row["score"]) if "score" in row else None,
            probabilities=row.get("probabilities"),
        )
        for row in split_rows(outputs)
    ]


def read_regressions(outputs):
    return [Regression(_value(score)) for score in outputs["score"]]


def read_entities(outputs, texts):
    """Args: texts: list of str, or None for a text that is none."""
    return [_entities_of(row, text) for row, text in zip(split_rows(outputs), texts, strict=True)]


def _entities_of(row, text):
    columns = (row["entity"], row["start"].tolist(), row["end"].tolist(), row["score"].tolist())
    return [
        Entity(entity, start, end, score, None if text is None else text[start:end])
        for entity, start, end, score in zip(*columns, strict=True)
    ]


def read_answers(outputs):
    """An `Answer` a row, or a list of them, the best first, from a model that was exported to give several."""
    names = ("answer", "start", "end", "score")
    return [_answers_of(*(row[name] for name in names)) for row in split_rows(outputs)]


def _answers_of(answer, start, end, score):
    if np.ndim(score):
        return [_answers_of(*best) for best in zip(answer, start, end, score, strict=True)]
    return Answer(answer, int(start), int(end), float(score))


def read_fills(outputs):
    return [
        [
            [Fill(token, score) for token, score in zip(tokens, scores.tolist(), strict=True)]
            for tokens, scores in zip(row["token"], row["score"], strict=True)
        ]
        for row in split_rows(outputs)
    ]


def read_choices(outputs, choices):
    """Args: choices: for each row its list of choices."""
    return [
        _choice_of(int(row["choice"]), offered, row["probabilities"][: len(offered)])
        for row, offered in zip(split_rows(outputs), choices, strict=True)
    ]


def _choice_of(number, offered, probabilities):
    return Choice(number, offered[number] if number < len(offered) else None, probabilities)


def read_generated(outputs):
    return [Generated(row["text"], int(row["num_tokens"])) for row in split_rows(outputs)]


def read_embeddings(outputs):
    return outputs["embedding"]


def read_token_ids(outputs):
    pairs = zip(outputs["input_ids"], outputs["attention_mask"], strict=True)
    return [ids[mask.astype(bool)].tolist() for ids, mask in pairs]


def _value(score):
    return float(score) if np.ndim(score) == 0 else score
