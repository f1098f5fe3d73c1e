"""Code in tables: a forge wants its bars escaped, the site's generator shows the backslash."""

import re

# A block of code, which is left alone, or a row of a table.
ROW = re.compile(r"^ *(?P<fence>`{3,}|~{3,}).*?^ *(?P=fence) *$|^\|[^\n]*$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"(`+)[^`]+\1")


def with_site_bars(text):
    """Returns a page's Markdown with the bars of code in tables as the site's generator reads them.

    Args:
        text: the Markdown, as a forge reads it.
    """
    return ROW.sub(lambda match: match[0] if match["fence"] else _row(match[0]), text)


def _row(row):
    return CODE.sub(lambda match: match[0].replace("\\|", "|"), row)
