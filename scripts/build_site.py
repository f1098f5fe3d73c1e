"""Builds the documentation as a site: `make docs`.

    .venv/bin/python scripts/build_site.py

The pages of docs/ are written for a reader on a forge. What a site needs beside them is made here, as plain Markdown in
build/site_source, so that the generator needs no extension of ours: pages for files outside docs/ that are linked to,
the reference of the command line, pictures for diagrams, and the packages laid out as setup.py installs them.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from site_pages import command_line, diagrams, links, repository_files, tables

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "build" / "site_source"
SITE = ROOT / "build" / "site"
# What the generator says of a docstring that cannot be read; it counts such warnings for nothing, even when strict.
DOCSTRING_WARNING = "griffe: "
# What the generator loads where a page is opened as a file.
FOREIGN_SCRIPT = "https://unpkg.com/iframe-worker/shim"
# What stands before a description of a returned value, whose type our docstrings have in the description.
DASH_WITHOUT_TYPE = re.compile(r'(<li class="doc-section-item field-body">)\s+–(?=\s)')
PACKAGE = "rembert_tf"
MOUNTED = ("serving", "checkpoints_tools")  # at the top of the repository, inside the package once installed


def main():
    """Lays out the source and builds it; any warning is an error, and the site of before stays."""
    lay_out(SOURCE)
    command = [Path(sys.executable).with_name("zensical"), "build", "--strict", "--clean"]
    done = subprocess.run(command, cwd=SOURCE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    said = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    if done.returncode or DOCSTRING_WARNING in said:
        sys.exit(f"{said.partition('Traceback')[0]}The site was not built: see above.")
    finish(SOURCE / "site", SITE)
    print(f"open {(SITE / 'index.html').relative_to(ROOT)}")


def lay_out(folder):
    """Writes all that the generator reads.

    Args:
        folder: a Path; what an earlier build left there is replaced.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    link_packages(folder / PACKAGE)
    for page, text in repository_files.pages().items():
        place = folder / "docs" / page
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    for place in (folder / "docs").rglob("*.md"):
        page = place.relative_to(folder / "docs").as_posix()
        text = links.with_site_links(place.read_text(encoding="utf-8"), links.repository_path(page))
        place.write_text(tables.with_site_bars(command_line.filled(diagrams.drawn(text))), encoding="utf-8")


def finish(built, site):
    """Puts a built site in its place, with the search script of ours instead of one that is loaded from elsewhere.

    Args:
        built: the generator's folder, a Path; it is gone afterwards.
        site: where the site shall stand; what was there is replaced.
    """
    for page in built.rglob("*.html"):
        up = "../" * (len(page.relative_to(built).parts) - 1)
        text = page.read_text(encoding="utf-8").replace(FOREIGN_SCRIPT, f"{up}javascripts/search_worker.js")
        page.write_text(DASH_WITHOUT_TYPE.sub(r"\1", text), encoding="utf-8")
    shutil.rmtree(site, ignore_errors=True)
    built.rename(site)


def link_packages(package):
    """Makes a package's folder from which docstrings are read; nothing is imported."""
    package.mkdir(parents=True)
    for entry in [*(ROOT / PACKAGE).iterdir(), *(ROOT / name for name in MOUNTED)]:
        (package / entry.name).symlink_to(entry)


if __name__ == "__main__":
    main()
