"""Recipes: the settings that a task starts from, a TOML file each, in the folder `recipes`."""

import dataclasses
import tomllib
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.training.settings import FinetuneSettings, check_kind

FOLDER = Path(__file__).with_name("recipes")
# What a recipe says beside settings.
REMARKS = ("source", "command", "expected")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The settings a task starts from, and where they come from.

    Args:
        batch_size: rows of a step.
        max_length: pieces of a row.
        source: of the numbers.
        command: a complete command.
        learning_rate: peak, for the released checkpoint; 0 where nothing is trained.
        epochs: passes over the data; 0 where nothing is trained.
        expected: what the released model reached so, with its source; or None.
    """

    batch_size: int
    max_length: int
    source: str
    command: str
    learning_rate: float = 0.0
    epochs: int = 0
    expected: str | None = None


def recipe_of(task):
    """Returns the Recipe of a task.

    Args:
        task: its name on the command line.
    """
    return Recipe(**tomllib.loads((FOLDER / f"{task}.toml").read_text(encoding="utf-8")))


def read_recipe_settings(path):
    """Returns {setting: value} of somebody's own recipe.

    Args:
        path: a TOML file in the form of those in `recipes`, in which any setting of FinetuneSettings may stand.

    Raises:
        MissingFileError: there is no such file.
        InputError: it is no TOML, or has a key or a kind of value that is not accepted.
    """
    if not Path(path).is_file():
        raise MissingFileError(f"there is no file {str(path)!r}: expected a recipe, as TOML.")
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InputError(f"{path} is not valid TOML: {problem}.") from None
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    settings = [field.name for field in dataclasses.fields(FinetuneSettings)]
    unknown = [name for name in values if name not in settings and name not in REMARKS]
    if unknown:
        raise InputError(f"{path} has {', '.join(unknown)}; a recipe takes {', '.join([*settings, *REMARKS])}.")
    chosen = {name: value for name, value in values.items() if name in settings}
    for name, value in chosen.items():
        try:
            check_kind(name, value)
        except InputError as problem:
            raise InputError(f"{path}: {problem}") from None
    return chosen
