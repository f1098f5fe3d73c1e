"""Whether everybody can use a page: by its styles and headings, and by the browser's own accessibility tree."""

from pathlib import Path

SCRIPT = Path(__file__).with_name("accessibility.js").read_text(encoding="utf-8")
NAMED = {
    "button", "textbox", "combobox", "radio", "checkbox", "link", "image", "img", "table", "region", "form", "group",
    "radiogroup", "list", "canvas", "MenuListPopup",
}  # fmt: skip
LANDMARKS = {"banner", "main", "contentinfo", "form", "region"}


def complaints(page):
    """Everything that is wrong with what a page shows now, as sentences."""
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    nodes = [node for node in nodes if not node.get("ignored")]
    roles = {node["role"]["value"] for node in nodes}
    found = [f"there is no landmark {role}" for role in sorted(LANDMARKS - roles)]
    for node in nodes:
        role, name = node["role"]["value"], node.get("name", {}).get("value", "")
        if role in NAMED - {"MenuListPopup", "list"} and not name.strip():
            found.append(f"a {role} has no name")
    return found + page.driver.execute_script(SCRIPT)
