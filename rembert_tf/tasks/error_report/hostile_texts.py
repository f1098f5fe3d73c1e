"""Making any string harmless to show: it was written by strangers."""

import html
import re

# Controls and lone surrogates, which no document may hold, and the marks that turn the direction of what
# follows them, which could make a text seem to say something else.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
# What means something within a line of Markdown, and what would make a link of an address.
_MARKUP = re.compile(r"[\\`*_{}\[\]()#|~^$@!]|:(?=//)|(?<=[wW]{3})\.")


def showable(text):
    """Returns a text whose unshowable characters are replaced by U+FFFD."""
    return _UNSHOWABLE.sub("\ufffd", str(text))


def html_text(text):
    """Returns a text as HTML, for an element's content or a quoted attribute."""
    return html.escape(showable(text), quote=True)


def markdown_text(text):
    """Returns a text as Markdown within one cell of a table: no markup of it, and no HTML, takes effect."""
    line = " ".join(showable(text).split())
    return _MARKUP.sub(r"\\\g<0>", line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def markdown_code(text):
    """Returns a text as code within a line of Markdown, outside of tables: it shows as it is, on one line."""
    line = " ".join(showable(text).split())
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    # A space next to each fence goes when it is shown; without it a grave accent would lengthen the fence.
    return f"{fence} {line} {fence}" if "`" in line or not line else f"{fence}{line}{fence}"
