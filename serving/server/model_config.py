"""What to serve: a model's name, its place on disk, which of its versions, and names for some of them."""

import dataclasses
import re

from rembert_tf.errors import InputError

_LABEL = re.compile(r"[a-zA-Z0-9_]+")  # what TensorFlow Serving's URLs admit


@dataclasses.dataclass(frozen=True)
class VersionPolicy:
    """Which of the versions on disk to load.

    Args:
        latest: how many of the newest ones; None is all.
        specific: these version numbers instead, in any order; None asks for the newest ones.

    Raises:
        InputError: `latest` is under 1, or `specific` is empty or has a negative number.
    """

    latest: int | None = 1
    specific: tuple[int, ...] | None = None

    def __post_init__(self):
        if self.latest is not None and self.latest < 1:
            raise InputError(f"{self.latest} newest versions cannot be served; 1 or more can")
        if self.specific is not None and not self.specific:
            raise InputError("no version to serve is listed; list one or more version numbers")
        if self.specific is not None and min(self.specific) < 0:
            raise InputError(f"{min(self.specific)} is no version; versions are integers from 0 on")

    def choose(self, numbers):
        """The set of those version numbers, out of all on disk, that should be loaded."""
        if self.specific is not None:
            return set(numbers) & set(self.specific)
        return set(sorted(numbers, reverse=True)[: self.latest])


LATEST = VersionPolicy()
ALL = VersionPolicy(latest=None)


def version_policy(versions):
    """The policy that `"latest"`, `"all"` or a collection of version numbers means; a policy means itself."""
    if isinstance(versions, VersionPolicy):
        return versions
    if isinstance(versions, str):
        if versions not in ("latest", "all"):
            raise InputError(f"versions is {versions!r}; 'latest', 'all' and a tuple of version numbers are possible")
        return LATEST if versions == "latest" else ALL
    return VersionPolicy(specific=tuple(versions))


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """One model to serve.

    Args:
        name: the name in request URLs.
        base_path: directory whose integer-named subdirectories are SavedModels.
        policy: a `VersionPolicy`.
        labels: dict of label -> version number, by which requests can ask for a version too.

    Raises:
        InputError: the name, the base path or a label is empty or has a character that cannot be asked for.
    """

    name: str
    base_path: str
    policy: VersionPolicy = LATEST
    labels: dict[str, int] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        if not self.name:
            raise InputError("a model has no name; give it one without / and :")
        if set(self.name) & set("/:"):
            raise InputError(f"a URL cannot hold the model name {self.name!r}; give one without / and :")
        if not self.base_path:
            raise InputError(f"model {self.name!r} has no base path; give the directory of its version directories")
        for label in self.labels:
            if not _LABEL.fullmatch(label):
                raise InputError(f"a URL cannot hold the version label {label!r}; letters, digits and _ are possible")


def require_unique_names(configs):
    """Raises InputError when two models have the same name."""
    seen = set()
    for config in configs:
        if config.name in seen:
            raise InputError(f"Illegal to list model {config.name} multiple times in config list")
        seen.add(config.name)
