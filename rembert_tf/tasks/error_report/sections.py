"""The tables of an error analysis, before they become HTML or Markdown."""

import dataclasses
from collections import Counter

from rembert_tf.tasks.error_report.labels import code_table, ranked_languages, shown_classes

CONFUSIONS = 30
LONGEST_TEXT = 1000
LENGTH_BINS = 8


@dataclasses.dataclass(frozen=True)
class Section:
    """A heading, a table, and perhaps a picture.

    Args:
        name: of its picture, too.
        heading: stands above.
        columns: names of the columns.
        rows: tuples of cells: strings, which are somebody's text, or numbers.
        note: a sentence for an empty table.
    """

    name: str
    heading: str
    columns: tuple
    rows: list
    note: str = ""


def report_sections(examples_count, mistakes, confusion, scores_by_language, lengths=None, worst=50):
    """Returns the Sections of a report; see `error_analysis.write_error_analysis` for the arguments."""
    return [
        _summary(examples_count, mistakes, scores_by_language),
        _languages(mistakes, scores_by_language),
        _confusion(confusion),
        *_codes(confusion, scores_by_language),
        _lengths(mistakes, lengths),
        _worst(mistakes, worst),
    ]


def _summary(examples_count, mistakes, scores):
    rows = [("examples", examples_count), ("mistakes", len(mistakes))]
    if examples_count:
        rows.append(("mistakes per example", Share(len(mistakes) / examples_count)))
    if scores:
        rows.append(("mean score of the languages", Share(sum(scores.values()) / len(scores))))
    return Section("summary", "Summary", ("what", "value"), rows)


def _languages(mistakes, scores):
    counts = Counter(mistake.language for mistake in mistakes)
    known = sorted(scores, key=lambda language: (scores[language], language))
    rows = [(language, Share(scores[language]), counts.pop(language, 0)) for language in known]
    rows += [(language or "unknown", "", count) for language, count in sorted(counts.items())]
    return Section("languages", "By language, worst first", ("language", "score", "mistakes"), rows, "No languages.")


def _confusion(confusion):
    totals = Counter()
    for (expected, _), count in confusion.items():
        totals[expected] += count
    wrong = sorted(
        ((count, *pair) for pair, count in confusion.items() if pair[0] != pair[1] and count),
        key=lambda row: (-row[0], row[1:]),
    )
    rows = [
        (expected, predicted, count, Share(count / totals[expected]))
        for count, expected, predicted in wrong[:CONFUSIONS]
    ]
    columns = ("expected", "predicted", "count", "share of the expected class")
    return Section("confusion", "What was taken for what", columns, rows, "No classes were confused.")


def _codes(confusion, scores):
    """Yields the legend of the pictures, where they need one."""
    rows = [*code_table(ranked_languages(scores)), *code_table(shown_classes(confusion))]
    if rows:
        yield Section("codes", "Codes in the pictures", ("code", "stands for"), rows)


def _lengths(mistakes, lengths):
    note = "No mistakes."
    if not mistakes and not lengths:
        return Section("lengths", "By length", ("length", "mistakes"), [], note)
    wrong = [mistake.length for mistake in mistakes]
    edges = length_edges(lengths or wrong)
    rows = []
    for low, high in zip(edges, edges[1:], strict=False):
        count = sum(low <= length < high for length in wrong)
        name = f"{low}" if high == low + 1 else f"{low} to {high - 1}"
        if lengths:
            total = sum(low <= length < high for length in lengths)
            rows.append((name, count, total, Share(count / total) if total else ""))
        else:
            rows.append((name, count))
    columns = ("length", "mistakes", "examples", "rate") if lengths else ("length", "mistakes")
    return Section("lengths", "By length", columns, rows, note)


def length_edges(lengths, bins=LENGTH_BINS):
    """Returns ascending edges that cut lengths into at most `bins` parts of about equal number.

    Args:
        lengths: non-empty list of integers.
        bins: the number of parts.
    """
    ordered = sorted(lengths)
    inner = {ordered[len(ordered) * part // bins] for part in range(1, bins)}
    return sorted({ordered[0], *inner, ordered[-1] + 1})


def _worst(mistakes, worst):
    shown = sorted(mistakes, key=lambda mistake: (-mistake.badness, mistake.language, mistake.text))[:worst]
    rows = [
        (
            mistake.language,
            shortened(mistake.text),
            shortened(mistake.expected),
            shortened(mistake.predicted),
            round(float(mistake.badness), 4),
        )
        for mistake in shown
    ]
    columns = ("language", "text", "expected", "predicted", "badness")
    return Section("worst", f"The {len(rows)} worst mistakes" if rows else "The worst mistakes", columns, rows, "None.")


class Share(float):
    """A number from 0 to 1, shown in percent."""

    def __str__(self):
        return f"{float(self):.1%}"


def shortened(text):
    """Returns a text of at most `LONGEST_TEXT` characters."""
    text = str(text)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
