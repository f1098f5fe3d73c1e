"""What the client returns."""

import dataclasses
import typing

import numpy as np


@dataclasses.dataclass(frozen=True)
class Classification:
    """A sequence classifier's answer to one text.

    Args:
        label: the most probable label; None for a regression or multi-label model.
        score: its probability, or a regression model's value; None for a multi-label model.
        probabilities: float32 (num_labels,), in the order of `Client.labels()`; None for a regression model.
    """

    label: str | None
    score: float | None
    probabilities: np.ndarray | None


@dataclasses.dataclass(frozen=True)
class Regression:
    """A regression model's answer to one text.

    Args:
        score: its value, or float32 (num_labels,) where it has several.
    """

    score: float | np.ndarray


@dataclasses.dataclass(frozen=True)
class Entity:
    """A labelled span of a text.

    Args:
        entity: its kind.
        start: first character, counted in Unicode code points as Python does.
        end: the character after the last one.
        score: probability, 0 to 1.
        text: the characters; None where the text was given as bytes that are not UTF-8.
    """

    entity: str
    start: int
    end: int
    score: float
    text: str | None = None


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer found in a context.

    Args:
        answer: its text.
        start: first character of the context, counted in Unicode code points.
        end: the character after the last one.
        score: as the model gives it.
    """

    answer: str
    start: int
    end: int
    score: float


class Fill(typing.NamedTuple):
    """One way to fill a `[MASK]`: the token and its probability."""

    token: str
    score: float


@dataclasses.dataclass(frozen=True)
class Choice:
    """A multiple-choice model's answer to one prompt.

    Args:
        choice: number of the best choice, from 0.
        text: that choice.
        probabilities: float32 (number of this prompt's choices,).
    """

    choice: int
    text: str | None
    probabilities: np.ndarray


@dataclasses.dataclass(frozen=True)
class Generated:
    """A causal language model's continuation of a prompt.

    Args:
        text: the continuation.
        num_tokens: its length in tokens.
    """

    text: str
    num_tokens: int


@dataclasses.dataclass(frozen=True)
class VersionStatus:
    """One version of a model.

    Args:
        version: its number.
        state: `AVAILABLE` when it answers, or `LOADING`, `UNLOADING`, `END`, `START`.
        error: what went wrong; empty where nothing did.
    """

    version: int
    state: str
    error: str


def read_statuses(entries):
    """A list of `VersionStatus` from the entries of a status answer, as JSON."""
    return [VersionStatus(int(entry["version"]), entry["state"], entry["status"]["error_message"]) for entry in entries]
