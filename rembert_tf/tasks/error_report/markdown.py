"""An error analysis as Markdown, with its pictures beside it."""

from rembert_tf.tasks.error_report.hostile_texts import markdown_text


def markdown_document(title, sections, pictures):
    """Returns the document as a string.

    Args:
        title: plain text.
        sections: list of Sections.
        pictures: {section's name: file name beside the document}.
    """
    parts = [f"# {markdown_text(title)}"]
    for section in sections:
        parts.append(f"## {markdown_text(section.heading)}")
        if section.name in pictures:
            parts.append(f"![{markdown_text(section.heading)}]({pictures[section.name]})")
        if section.rows:
            parts.append("\n".join(_table(section)))
        elif section.note:
            parts.append(markdown_text(section.note))
    return "\n\n".join(parts) + "\n"


def _table(section):
    yield _row(section.columns)
    yield "|" + "|".join(" --- " if isinstance(value, str) else " ---: " for value in section.rows[0]) + "|"
    for row in section.rows:
        yield _row(row)


def _row(cells):
    # Numbers hold nothing to escape.
    return "| " + " | ".join(markdown_text(cell) if isinstance(cell, str) else str(cell) for cell in cells) + " |"
