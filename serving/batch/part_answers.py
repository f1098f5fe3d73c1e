"""Answering the rows of a part: batches of rows of about one length, answers in the order of rows."""

import dataclasses

from rembert_tf.serving.batch.bad_rows import BadRow, RowError

BATCH_BYTES = 2**20  # of texts: long ones go in smaller batches


@dataclasses.dataclass(frozen=True)
class PartAnswers:
    """What became of the rows of a part.

    Args:
        answered: list of {"file", "row", "id" where rows have names, "input", "output"}, in order.
        rejected: list of {"file", "row", "reason"}, in order.
    """

    answered: list
    rejected: list


def answer_rows(path, rows, requests, model, batch_size, report):
    """Answers rows.

    Args:
        path: of the file, for the answers.
        rows: iterable of (number, {column: value} or BadRow).
        requests: RowRequests.
        model: function that returns a LoadedModel.
        batch_size: most rows that it gets at once.
        report: called with a number of rows that are done.

    Returns:
        PartAnswers.
    """
    asked, found = {}, {}
    for number, row in rows:
        try:
            if isinstance(row, BadRow):
                raise RowError(row.reason)
            asked[number] = requests(row)
        except RowError as reason:
            found[number] = BadRow(str(reason))
    report(len(found))
    for numbers in _batches(asked, batch_size):
        answers = model().answer([asked[number].inputs for number in numbers])
        found.update(zip(numbers, answers, strict=True))
        report(len(numbers))
    answered, rejected = [], []
    for number in sorted(found):
        place, answer = {"file": path, "row": number}, found[number]
        if isinstance(answer, BadRow):
            rejected.append({**place, "reason": answer.reason})
        else:
            answered.append({**place, **asked[number].beside, "output": answer})
    return PartAnswers(answered, rejected)


def _batches(asked, batch_size):
    """Yields lists of row numbers whose texts are about as long as each other."""
    batch, used = [], 0
    for number in sorted(asked, key=lambda number: (asked[number].size, number)):
        size = asked[number].size
        if batch and (len(batch) == batch_size or used + size > BATCH_BYTES):
            yield batch
            batch, used = [], 0
        batch.append(number)
        used += size
    if batch:
        yield batch
