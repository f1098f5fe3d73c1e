"""The export from which a model directory or a run folder is served, written anew when the model is another one."""

import hashlib
import json
import os
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.serving.export import export_saved_model
from rembert_tf.serving.server.version_directories import list_versions
from rembert_tf.serving.signatures.catalogue import signatures_class
from rembert_tf.tasks.start import architecture_of, load_trained

EXPORT = "export"
SOURCE = "assets.extra/source.json"  # in a version: of which files it was made, and how


def export_of(path, model, say, **settings):
    """Returns the folder of versions of which the newest is this model; exports it where there is none.

    It is `export/` in the path, or `PATH-export` beside it where that cannot be written.

    Args:
        path: a model directory, or a run folder.
        model: the model directory of the path; see `model_of`.
        say: called with what is being done.
        **settings: `max_length`, `pair`, `optimize` and `check` of `export_saved_model`.

    Raises:
        InputError: the model cannot be exported, or nothing can be written there.
    """
    path = Path(path)
    architecture = architecture_of(model)
    signatures_class(architecture)  # refuses what has no signatures before anything is read
    source = _source(model, settings)
    places = [path / EXPORT, path.with_name(f"{path.resolve().name}-{EXPORT}")]
    for place in places:
        if _newest_source(place) == source:
            say(f"{place} holds the export of {model} already")
            return place
    place = next((each for each in places if _can_be_written(each)), None)
    if place is None:
        raise InputError(
            f"cannot write an export of {str(model)!r} into or beside {str(path)!r}: write one elsewhere with "
            f"`rembert export {model} BASE_PATH`, and serve that."
        )
    say(f"exporting {model} to {place} ...")
    version = export_saved_model(*load_trained(model, architecture), place, **settings)
    (version / SOURCE).write_text(json.dumps(source), encoding="utf-8")
    return place


def _source(model, settings):
    """Returns what an export follows from; hidden files are of somebody who is still writing."""
    files = sorted(file for file in model.iterdir() if file.is_file() and not file.name.startswith("."))
    chosen = {name: value for name, value in settings.items() if name != "check"}
    return {"files": {file.name: _digest(file) for file in files}, "settings": chosen}


def _digest(file):
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _newest_source(place):
    """Returns the source of the newest version, or None where there is none, or it tells nothing."""
    versions = list_versions(place) if place.is_dir() else {}
    try:
        return json.loads(Path(versions[max(versions)], SOURCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # also the `max` of nothing
        return None


def _can_be_written(place):
    return os.access(place if place.exists() else place.parent, os.W_OK)
