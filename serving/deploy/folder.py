"""Copies the deployment's files, with a user's names in them."""

import importlib.resources
import re
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.weights.atomic_files import new_directory

FILES = importlib.resources.files("rembert_tf.serving.deploy") / "files"
# What the files are written for: they can be used as they are, by a model of this name.
MODEL_NAME = "my-model"
IMAGE_NAME, IMAGE_TAG = f"rembert-{MODEL_NAME}", "1"
# "rembert-serving-" stands before it in names of Kubernetes, which have 63 characters at most.
LONGEST_NAME = 47

# Of Kubernetes' objects and of KServe's services; TensorFlow Serving itself takes more.
_NAME = re.compile(rf"[a-z](?:[-a-z0-9]{{0,{LONGEST_NAME - 2}}}[a-z0-9])?")
# As in registry.example.com:5000/team/rembert:1.0
_IMAGE_NAME = re.compile(
    r"(?:[A-Za-z0-9][-.A-Za-z0-9]*(?::[0-9]+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
)
_IMAGE_TAG = re.compile(r"\w[-.\w]{0,127}", re.ASCII)


def write_deployment(folder, model_name=MODEL_NAME, image=None):
    """Writes a folder with everything that serves a model with TensorFlow Serving.

    Args:
        folder: made; must not exist yet. Export the model into `folder/models/MODEL_NAME`.
        model_name: of the model in URLs, and in the names of Kubernetes' objects.
        image: name and tag of the container image that is built and run; None is `rembert-MODEL_NAME:1`.

    Returns:
        The folder in which the versions of the model belong, a path.

    Raises:
        InputError: a name is none, or `folder` exists already or cannot be made.
    """
    if not _NAME.fullmatch(model_name):
        raise InputError(
            f"{model_name!r} cannot be the model's name here: Kubernetes takes a lower-case letter, then lower-case "
            f"letters, digits and hyphens, with a letter or digit at the end, {LONGEST_NAME} characters at most."
        )
    image_name, tag = _parts(f"rembert-{model_name}:{IMAGE_TAG}" if image is None else image)
    try:
        with new_directory(folder) as written:
            _copy(FILES, written, lambda text: _named(text, model_name, image_name, tag))
            (written / "models" / model_name).mkdir(parents=True)
    except OSError as problem:
        raise InputError(f"cannot write {str(folder)!r}: {problem.strerror or problem}.") from problem
    return Path(folder) / "models" / model_name


def _parts(image):
    name, _, tag = image.rpartition(":")
    if not (_IMAGE_NAME.fullmatch(name) and _IMAGE_TAG.fullmatch(tag)):
        raise InputError(
            f"{image!r} is no name of an image with a tag; write it like registry.example.com/team/rembert:1."
        )
    return name, tag


def _named(text, model_name, image_name, tag):
    """Exchanges all names in one pass, since one of the new ones may contain one of the old."""
    names = {
        f"{IMAGE_NAME}:{IMAGE_TAG}": f"{image_name}:{tag}",
        f'newName: "{IMAGE_NAME}"\n': f'newName: "{image_name}"\n',
        f'newTag: "{IMAGE_TAG}"\n': f'newTag: "{tag}"\n',
        MODEL_NAME: model_name,
    }
    return re.sub("|".join(map(re.escape, names)), lambda found: names[found[0]], text)


def _copy(source, target, change):
    for entry in source.iterdir():
        if entry.is_dir():
            (target / entry.name).mkdir()
            _copy(entry, target / entry.name, change)
        else:
            (target / entry.name).write_text(change(entry.read_text(encoding="utf-8")), encoding="utf-8")
