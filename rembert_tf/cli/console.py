"""What the commands show while they work: messages and progress bars, all on standard error."""

import contextlib
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

console = Console(stderr=True, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def progress(description):
    """Yields `report(done, total, note="")`, which moves a progress bar on standard error.

    The bar vanishes when the work is done. Where standard error is no terminal, a line now and then
    takes its place.

    Args:
        description: what is being done, in a word or two.
    """
    if not console.is_terminal:
        yield _LineEveryFewSeconds(description)
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task(description, total=None, note="")
        yield lambda done, total, note="": bar.update(task, completed=done, total=total, note=note)


def say(message):
    """Prints a line for the person who waits, on standard error."""
    console.print(message, markup=False)


class _LineEveryFewSeconds:
    """Reports progress to a log file: a line every 15 seconds, and one at the end."""

    SECONDS = 15

    def __init__(self, description):
        self.description = description
        self.last = time.monotonic()

    def __call__(self, done, total, note=""):
        if done < total and time.monotonic() - self.last < self.SECONDS:
            return
        self.last = time.monotonic()
        say(f"{self.description} {done}/{total} {note}".rstrip())
