"""What the pages of docs/api name, and the docstrings behind it, read without importing anything."""

import logging
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "api").glob("*.md"))
ENTRY = re.compile(r"^::: (\S+)\n((?:    .*\n|\n(?=    ))*)", re.MULTILINE)


def options():
    """Returns {what a page shows: the options that the page gives it}."""
    found = {}
    for page in PAGES:
        for name, block in ENTRY.findall(page.read_text(encoding="utf-8")):
            assert name not in found, f"{name} is shown twice"
            found[name] = (yaml.safe_load(block) or {}).get("options", {})
    return found


def entries():
    """Returns {what a page shows: names of the members that it shows}."""
    return {name: given.get("members", []) for name, given in options().items()}


def lazy_packages():
    """Yields the import names of the packages below `rembert_tf` that have a table of public names."""
    folders = {
        "rembert_tf": "rembert_tf",
        "serving": "rembert_tf.serving",
        "checkpoints_tools": "rembert_tf.checkpoints_tools",
    }
    for folder, name in folders.items():
        for file in (ROOT / folder).rglob("__init__.py"):
            parts = file.parent.relative_to(ROOT / folder).parts
            if "\n_PUBLIC = " in file.read_text(encoding="utf-8") and (parts or folder != "rembert_tf"):
                yield ".".join([name, *parts])


def read_package(folder):
    """Reads the packages as the site's build does.

    Args:
        folder: an empty folder, a Path.

    Returns:
        griffe's Module of `rembert_tf`.
    """
    import griffe

    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from build_site import link_packages
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    link_packages(folder / "rembert_tf")
    return griffe.load(
        "rembert_tf",
        search_paths=[folder],
        docstring_parser="google",
        docstring_options={
            "warn_missing_types": False,
            "returns_multiple_items": False,
            "returns_named_value": False,
        },
        allow_inspection=False,
        try_relative_path=False,
    )


def shown(package):
    """Yields (name, griffe's object) of everything on the pages, members after what they are members of.

    Args:
        package: from `read_package`.
    """
    for name, members in entries().items():
        entry = _target(package[name.removeprefix("rembert_tf.")])
        yield name, entry
        for member in members:
            yield f"{name}.{member}", _target(entry.all_members[member])


def _target(entry):
    return entry.final_target if entry.is_alias else entry


class Warnings(logging.Handler):
    """What griffe complains of while docstrings are read."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())
