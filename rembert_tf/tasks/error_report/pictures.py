"""The pictures of an error analysis."""

from rembert_tf.tasks.error_report.labels import codes, ranked_languages, shown_classes
from rembert_tf.training.pictures import (
    INK,
    SEEN_COLOUR,
    UNSEEN_COLOUR,
    draw_confusion_matrix,
    new_figure,
    save,
)


def draw_pictures(sections, confusion, scores_by_language, folder):
    """Draws what there is to draw.

    Args:
        sections: list of Sections.
        confusion: {(expected, predicted): count}.
        scores_by_language: {language: score}.
        folder: existing Path.

    Returns:
        {section's name: file name in the folder}.
    """
    rows = {section.name: section.rows for section in sections}
    pictures = {}
    if scores_by_language:
        pictures["languages"] = _draw_scores(scores_by_language, folder / "languages.png").name
    if confusion:
        pictures["confusion"] = _draw_confusion(confusion, folder / "confusion.png").name
    if rows["lengths"]:
        pictures["lengths"] = _draw_lengths(rows["lengths"], folder / "lengths.png").name
    return pictures


def _draw_confusion(confusion, path):
    names = shown_classes(confusion)
    matrix = [[confusion.get((expected, predicted), 0) for predicted in names] for expected in names]
    every = {name for pair in confusion for name in pair}
    title = "Confusion matrix" if len(names) == len(every) else f"Confusion of the {len(names)} worst classes"
    return draw_confusion_matrix(matrix, codes(names), path, title)


def _draw_scores(scores, path):
    names = ranked_languages(scores)
    figure = new_figure(max(5.0, 1.5 + 0.27 * len(names)), 4.0)
    axes = figure.add_subplot()
    axes.bar(range(len(names)), [scores[name] for name in names], color=SEEN_COLOUR, width=0.75)
    axes.set_xticks(range(len(names)), codes(names), rotation=60, ha="right", rotation_mode="anchor")
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter("{x:.0%}")
    return _finish(figure, axes, "Score by language", path)


def _draw_lengths(rows, path):
    figure = new_figure(max(5.0, 1.5 + 0.6 * len(rows)), 4.0)
    axes = figure.add_subplot()
    rated = len(rows[0]) > 2
    values = [(row[3] or 0) if rated else row[1] for row in rows]
    axes.bar(range(len(rows)), values, color=UNSEEN_COLOUR, width=0.75)
    axes.set_xticks(range(len(rows)), [row[0] for row in rows], rotation=35, ha="right", rotation_mode="anchor")
    axes.set_xlabel("length")
    if rated:
        axes.yaxis.set_major_formatter("{x:.0%}")
    return _finish(figure, axes, "Error rate by length" if rated else "Mistakes by length", path)


def _finish(figure, axes, title, path):
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, color=INK)
    return save(figure, path)
