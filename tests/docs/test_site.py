"""The site of `make docs`: it is built, its links and anchors lead somewhere, and it loads nothing from elsewhere."""

import html as html_module
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from tests.docs.blocks import ROOT, all_blocks, pages, read_page

BUILD = ROOT / "scripts" / "build_site.py"
# What a page may load: everything else of these attributes is for readers to follow.
LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src")}
CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
LOADING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "preconnect", "dns-prefetch"}


class Page(HTMLParser):
    """What a page loads, what it links to, and the anchors that it has."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        for name in ("src", "href"):
            value = attributes.get(name)
            if value is None:
                continue
            loads = (tag, name) in LOADED or (tag == "link" and set(attributes.get("rel", "").split()) & LOADING_LINKS)
            (self.loads if loads else self.links).append(value)


@pytest.fixture(scope="module")
def site():
    pytest.importorskip("zensical", reason="the docs extra is not installed")
    done = subprocess.run([sys.executable, BUILD], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "build" / "site"


@pytest.fixture(scope="module")
def html(site):
    return {path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_page_is_there(html):
    wanted = {page.removeprefix("docs/").replace(".md", ".html") for page in pages() if page.startswith("docs/")}
    outside = {page.replace(".md", ".html") for page in pages() if not page.startswith("docs/")} - {"README.html"}
    wanted |= {f"repository/{page}" for page in outside | {"index.html"}}  # a README is its folder's first page
    assert wanted <= html.keys()


def test_links_and_anchors_lead_somewhere(site, html):
    broken = []
    for name, page in html.items():
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or name == "404.html":
                continue
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            place = target.resolve().relative_to(site.resolve()).as_posix()
            anchors = html[place].anchors if place in html else None
            if not target.exists() or (
                parts.fragment and anchors is not None and unquote(parts.fragment) not in anchors
            ):
                broken.append(f"{name}: {link}")
    assert not broken, "\n".join(broken)


def test_nothing_is_loaded_from_elsewhere(site, html):
    foreign = {load for page in html.values() for load in page.loads if urlsplit(load).netloc}
    assert not foreign
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert styles and not [
        url for text in styles for url in re.findall(r"url\(([^)]+)\)|@import", text) if "//" in url[:9]
    ]


def test_search_knows_the_pages(site):
    index = (site / "search.js").read_text(encoding="utf-8")
    for title in ("RemBertConfig", "export_saved_model", "prepare-corpus", "The run folder"[:7]):
        assert title in index


def test_diagrams_are_drawn(site):
    for page in {block.page for block in all_blocks() if block.language == "mermaid"}:
        text = (site / page.removeprefix("docs/").replace(".md", ".html")).read_text(encoding="utf-8")
        drawn = re.findall(r'<div class="diagram"><svg .*?</svg></div>', text)
        assert len(drawn) == len(re.findall(r"^```mermaid$", read_page(page), re.MULTILINE))
        assert "language-mermaid" not in text


def test_every_command_and_option_is_in_the_reference(site):
    import click

    from rembert_tf.cli.main import COMMANDS, rembert

    text = (site / "api" / "command_line.html").read_text(encoding="utf-8")
    for name, (_, line) in COMMANDS.items():
        assert f'href="#{name}">{name}</a></td>' in text and line in html_module.unescape(text)
        section = re.search(rf'<h2 id="{name}">(.*?)(?=<h2 |</article>)', text, re.DOTALL)[1]
        command = rembert.get_command(click.Context(rembert), name)
        options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
        assert not [option for option in options if option not in section]


def test_bars_of_code_in_tables_have_no_backslash(site):
    cells = [cell for page in site.rglob("*.html") for cell in CELL.findall(page.read_text(encoding="utf-8"))]
    code = [found for cell in cells for found in re.findall(r"<code>(.*?)</code>", cell)]
    assert "--choose [best|last]" in code and "sports|europe" in code
    assert not [found for found in code if "\\|" in found]


def test_every_page_is_in_the_navigation():
    """Of what is linked to outside docs/ only the pages that are always there."""
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = set(_leaves(settings["nav"]))
    own = {page.removeprefix("docs/") for page in pages() if page.startswith("docs/")}
    assert own <= listed, own - listed
    assert {name for name in listed if not name.startswith("repository/")} == own


def _leaves(entries):
    for entry in entries:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            yield from [value] if isinstance(value, str) else _leaves(value)


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere_on_a_forge(page):
    """Files are there, and anchors are headings, as a forge writes them."""
    text = re.sub(r"^ *(`{3,}|~{3,}).*?^ *\1 *$", "", read_page(page), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`]*`", "`code`", text)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, anchor = link.partition("#")
        if "://" in name or name.startswith("mailto:"):
            continue
        target = ((ROOT / page).parent / name).resolve() if name else ROOT / page
        assert target.exists() and ROOT in [target, *target.parents], link
        if anchor and "docs/api" not in target.as_posix():
            assert anchor in anchors_of(target), link


def anchors_of(path):
    """Returns the anchors of a Markdown file's headings."""
    headings = re.findall(r"^#+ (.+)$", Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
