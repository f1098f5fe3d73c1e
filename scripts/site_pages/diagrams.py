"""Mermaid blocks, which a forge draws in the browser, as pictures: the site loads no script for them."""

import itertools
import re

import mmdr

BLOCK = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Fonts that readers have: the width of labels is measured when the picture is made.
THEME = '%%{init: {"theme": "neutral", "themeVariables": {"fontFamily": "DejaVu Sans, Verdana, sans-serif"}}}%%\n'


def drawn(text):
    """Returns a page's Markdown with a picture for each diagram."""
    numbers = itertools.count(1)
    return BLOCK.sub(lambda match: picture(match[1], next(numbers)), text)


def picture(source, number):
    """Returns the HTML of a diagram.

    Args:
        source: its Mermaid text.
        number: of the diagram on its page; ids in a page must differ.
    """
    svg = mmdr.render(THEME + source).svg()
    svg = re.sub(r"\bmerman\b", f"diagram-{number}", svg)
    return f'<div class="diagram">{" ".join(svg.split())}</div>'
