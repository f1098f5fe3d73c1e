"""Links of a page: on a forge they lead to files of the repository, in the site to pages."""

import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = "docs"
# The site's folder of files that lie outside docs/.
FOLDER = "repository"
# Code, which is left alone, or the target of a link.
LINK = re.compile(
    r"^ *(?P<fence>`{3,}|~{3,}).*?^ *(?P=fence) *$|(?P<code>`+)[^`]+(?P=code)"
    r"|(?P<before>\]\()(?P<target>[^)\s]+)(?=\))",
    re.DOTALL | re.MULTILINE,
)


def targets(text):
    """Returns the targets of all links in a Markdown text, those in code left out."""
    return [match["target"] for match in LINK.finditer(text) if match["target"]]


def resolved(path, target):
    """Tells what a link of a file leads to.

    Args:
        path: of the file in the repository.
        target: as the link has it.

    Returns:
        (path in the repository, anchor with its #); the path is empty where the link leads elsewhere.
    """
    name, hash_sign, anchor = target.partition("#")
    if not name or "://" in name or name.startswith(("mailto:", "/")):
        return "", ""
    name = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    return ("", "") if name.startswith("..") else (name, hash_sign + anchor)


def with_site_links(text, path):
    """Returns a file's Markdown with the links that the site needs.

    Args:
        text: the Markdown.
        path: of the file in the repository.
    """
    here = posixpath.dirname(site_path(path)) or "."

    def rewritten(match):
        name, anchor = resolved(path, match["target"] or "")
        return match["before"] + posixpath.relpath(site_path(name), here) + anchor if name else match[0]

    return LINK.sub(rewritten, text)


def site_path(path):
    """Returns where the site has a file of the repository."""
    if path.startswith(f"{DOCS}/"):
        return path.removeprefix(f"{DOCS}/")
    return f"{FOLDER}/{path}" if path.endswith(".md") else f"{FOLDER}/{path}.md"


def repository_path(page):
    """Returns where the repository has the Markdown of a page of the site."""
    return page.removeprefix(f"{FOLDER}/") if page.startswith(f"{FOLDER}/") else f"{DOCS}/{page}"
