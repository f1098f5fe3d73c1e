"""Files of the repository outside docs/ that pages link to: they become pages of the site themselves."""

from site_pages.links import DOCS, ROOT, resolved, site_path, targets

# Always there, for the navigation.
ALWAYS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
LANGUAGES = {".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".sh": "sh"}


def pages():
    """Returns {page of the site: Markdown} of every file that is linked to, from docs/ or from one of these."""
    found = {}
    waiting = [*ALWAYS, *(name for page in sorted((ROOT / DOCS).rglob("*.md")) for name in outside(page))]
    while waiting:
        name = waiting.pop()
        if site_path(name) not in found:
            found[site_path(name)] = page_of(name)
            waiting += outside(ROOT / name) if name.endswith(".md") else []
    return found


def outside(page):
    """Returns what a Markdown file links to that is in the repository and not in docs/.

    Args:
        page: its Path.
    """
    here = page.relative_to(ROOT).as_posix()
    found = [resolved(here, target)[0] for target in targets(page.read_text(encoding="utf-8"))]
    return [name for name in found if name and not name.startswith(f"{DOCS}/") and (ROOT / name).exists()]


def page_of(name):
    """Returns a page that shows a file: Markdown as it is, code as a block, a folder as a list."""
    place = ROOT / name
    if place.is_dir():
        names = sorted(entry.name + "/" * entry.is_dir() for entry in place.iterdir() if entry.name != "__pycache__")
        return f"# {name}\n\n" + "".join(f"- `{entry}`\n" for entry in names)
    text = place.read_text(encoding="utf-8")
    return text if name.endswith(".md") else f"# {name}\n\n~~~~{LANGUAGES.get(place.suffix, 'text')}\n{text}\n~~~~\n"
