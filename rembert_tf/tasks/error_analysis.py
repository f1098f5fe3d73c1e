"""What a model got wrong, as a folder to read: report.html, report.md and pictures."""

import base64

from rembert_tf.tasks.error_report.html import html_document
from rembert_tf.tasks.error_report.markdown import markdown_document
from rembert_tf.tasks.error_report.pictures import draw_pictures
from rembert_tf.tasks.error_report.sections import report_sections
from rembert_tf.weights.atomic_files import new_directory

WORST = 50


def write_error_analysis(
    task_name, examples_count, mistakes, confusion, scores_by_language, folder, lengths=None, worst=WORST
):
    """Writes an error analysis.

    `report.html` holds its pictures itself, needs no network and runs no script; `report.md` says the same.
    Texts are shown as they are, whatever they contain, in the direction of their script.

    Args:
        task_name: for the heading.
        examples_count: how many were evaluated.
        mistakes: list of `tasks.task.Mistake`, in any order.
        confusion: {(expected, predicted): count}, right ones included; {} for a task without classes.
        scores_by_language: {language: score from 0 to 1}; {} where languages are not known.
        folder: where to write; must not exist yet.
        lengths: the lengths of all examples, in the unit of `Mistake.length`, which turn the number of
            mistakes by length into a rate; or None.
        worst: how many mistakes to show.

    Returns:
        The folder's path.

    Raises:
        InputError: the folder exists already or cannot be made; nothing is left behind.
    """
    title = f"Error analysis: {task_name}"
    sections = report_sections(examples_count, mistakes, confusion, scores_by_language, lengths, worst)
    with new_directory(folder) as place:
        pictures = draw_pictures(sections, confusion, scores_by_language, place)
        (place / "report.md").write_text(markdown_document(title, sections, pictures), encoding="utf-8")
        embedded = {
            name: "data:image/png;base64," + base64.b64encode((place / file).read_bytes()).decode("ascii")
            for name, file in pictures.items()
        }
        (place / "report.html").write_text(html_document(title, sections, embedded), encoding="utf-8")
    return folder
