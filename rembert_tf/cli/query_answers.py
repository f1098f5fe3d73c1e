"""An answer of a model server as a line to read, and as JSON."""

import dataclasses
import json
import re

import numpy as np

from rembert_tf.serving.client import heads

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def as_record(answer):
    """An `AnyAnswer` as one JSON object, on one line."""
    return json.dumps(_record(answer), ensure_ascii=False)


def _record(answer):
    head, value = answer.head, answer.value
    if head == heads.ENTITIES:
        return {"entities": _plain(value)}
    if head == heads.ANSWER and isinstance(value, list):
        return {"answers": _plain(value)}
    if head == heads.FILL_MASK:
        return {"masks": [[{"token": fill.token, "score": fill.score} for fill in mask] for mask in value]}
    if head == heads.EMBEDDING:
        return {"embedding": _plain(value)}
    if head == heads.TOKENIZE:
        return {"input_ids": _plain(value)}
    if answer.labels is not None:
        return {"probabilities": dict(zip(answer.labels, _plain(value.probabilities), strict=True))}
    return _plain(value)


def _plain(value):
    """Dicts, lists, strings and numbers; a float32 with the digits that tell it apart, not those of its double."""
    if dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: _plain(content) for name, content in fields.items() if content is not None}
    if isinstance(value, dict):
        return {name: _plain(content) for name, content in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (np.ndarray, list)):
        return [_plain(item) for item in value]
    if isinstance(value, float):  # the client's scores are float32 in a Python float
        return float(str(np.float32(value)))
    if isinstance(value, np.floating):
        return float(str(value))
    return value.item() if isinstance(value, np.generic) else value


def as_line(answer):
    """An `AnyAnswer` as one line, its parts separated by tabs."""
    value = answer.value
    if answer.labels is not None:
        pairs = zip(answer.labels, value.probabilities, strict=True)
        return "\t".join(f"{_text(label)}={probability:.4f}" for label, probability in pairs)
    write = _LINES.get(answer.head, _other_line)
    return write(value)


def _classification_line(value):
    return f"{_text(value.label)}\t{value.score:.4f}"


def _regression_line(value):
    return _short(value.score)


def _entities_line(entities):
    if not entities:
        return "(no entities)"
    return "\t".join(
        f"{_text(entity.text or '')} [{entity.start}:{entity.end}] {_text(entity.entity)} {entity.score:.4f}"
        for entity in entities
    )


def _answer_line(value):
    if isinstance(value, list):
        return " | ".join(map(_answer_line, value))
    return f"{_text(value.answer) or '(no answer)'}\t[{value.start}:{value.end}]\t{value.score:.4f}"


def _fills_line(masks):
    if not masks:
        return "(no [MASK])"
    return " | ".join(", ".join(f"{_text(fill.token)} {fill.score:.4f}" for fill in mask) for mask in masks)


def _choice_line(value):
    best = float(value.probabilities[value.choice]) if value.choice < len(value.probabilities) else 0.0
    return f"{value.choice}\t{_text(value.text or '')}\t{best:.4f}"


def _generated_line(value):
    return _text(value.text)


def _other_line(row):
    if not isinstance(row, dict):
        return _short(row)
    if len(row) == 1:
        return _short(next(iter(row.values())))
    return "\t".join(f"{name}={_short(value)}" for name, value in row.items())


_LINES = {
    heads.CLASSIFICATION: _classification_line,
    heads.REGRESSION: _regression_line,
    heads.ENTITIES: _entities_line,
    heads.ANSWER: _answer_line,
    heads.FILL_MASK: _fills_line,
    heads.CHOICE: _choice_line,
    heads.GENERATION: _generated_line,
}


def _short(value):
    """One line, a few digits, long arrays with their middle left out."""
    if isinstance(value, np.ndarray):
        return " ".join(np.array2string(value, precision=4, threshold=16, max_line_width=10**6).split())
    if isinstance(value, (float, np.floating)):
        return f"{value:.4f}"
    return _text(str(_plain(value)))


def _text(text):
    """A text on one line: quoted as JSON where a control character would break it, or drive the terminal."""
    if not _CONTROLS.search(text):
        return text
    # JSON leaves the upper controls as they are.
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
