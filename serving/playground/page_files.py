"""The files of the page, as they lie in the package; they are served as they are."""

import functools
import importlib.resources

FOLDER = "static"
PAGE = "index.html"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@functools.cache
def page_files():
    """Returns {path below the page's own: (bytes, content type)}; no request ever names a file of the disk."""
    root = importlib.resources.files("rembert_tf.serving.playground") / FOLDER
    return {path: (file.read_bytes(), _TYPES["." + path.rpartition(".")[2]]) for path, file in _files(root)}


def _files(folder, before=""):
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{before}{entry.name}/")
        elif any(entry.name.endswith(suffix) for suffix in _TYPES):
            yield before + entry.name, entry
