"""An error analysis as one HTML file that needs nothing else."""

from rembert_tf.tasks.error_report.hostile_texts import html_text

# Nothing may be fetched and nothing may run, should escaping ever fail.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2933; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid #cbd2d9; padding: .3rem .8rem; text-align: start; vertical-align: top; }
td.number { text-align: end; font-variant-numeric: tabular-nums; }
td.text { white-space: pre-wrap; overflow-wrap: anywhere; }
img { max-width: 100%; }
"""


def html_document(title, sections, pictures):
    """Returns the document as a string.

    Args:
        title: plain text.
        sections: list of Sections.
        pictures: {section's name: data URI}.
    """
    body = "\n".join(_section(section, pictures.get(section.name)) for section in sections)
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{html_text(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _section(section, picture):
    parts = [f"<h2>{html_text(section.heading)}</h2>"]
    if picture:
        parts.append(f'<p><img src="{picture}" alt="{html_text(section.heading)}"></p>')
    if section.rows:
        head = "".join(f"<th>{html_text(name)}</th>" for name in section.columns)
        rows = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in section.rows)
        parts.append(f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>")
    elif section.note:
        parts.append(f"<p>{html_text(section.note)}</p>")
    return "\n".join(parts)


def _cell(value):
    if isinstance(value, str):
        return f'<td class="text" dir="auto">{html_text(value)}</td>'
    return f'<td class="number">{html_text(value)}</td>'
