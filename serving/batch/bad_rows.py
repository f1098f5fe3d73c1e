"""Rows that have no answer, and why."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class BadRow:
    """A row that cannot be answered.

    Args:
        reason: why, in a few words.
    """

    reason: str


class RowError(Exception):
    """A row cannot be answered; the message is the reason."""
