"""The folder that a load test leaves."""

import functools
from pathlib import Path

from rembert_tf.load_testing.capacity import plans
from rembert_tf.load_testing.report import as_json, markdown
from rembert_tf.weights.atomic_files import write_files

JSON, MARKDOWN, PICTURE = "load-test.json", "load-test.md", "load-test.png"


def write_report(folder, outcome, target=None, picture=False):
    """Writes the report; an earlier one's files are replaced, and its picture goes.

    Args:
        folder: made if it does not exist.
        outcome: an `Outcome`.
        target: the `Target` of capacity planning, or None.
        picture: whether it is drawn; it takes a second of processor time, which a running test should not lose.

    Raises:
        InputError: the folder cannot be written.
    """
    found = plans(outcome.points, target)
    contents = {MARKDOWN: markdown(outcome, found).encode(), JSON: as_json(outcome, found).encode()}
    if picture:
        from rembert_tf.load_testing.pictures import draw

        contents[PICTURE] = functools.partial(draw, outcome, target=target)
    write_files(Path(folder), contents, last=JSON, remove=() if picture else (PICTURE,))
