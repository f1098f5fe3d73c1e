"""Which models and versions exist, which of them are loaded, and which one a request means."""

import dataclasses
import enum
import logging

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.serving.server.servable import Servable
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument
from rembert_tf.serving.server.version_directories import find_versions
from rembert_tf.serving.server.warmup import replay_warmup_requests

log = logging.getLogger(__name__)


class State(enum.IntEnum):
    """A version's life, with the numbers of TensorFlow Serving's `ModelVersionStatus.State`."""

    UNKNOWN = 0
    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """What to serve.

    Args:
        name: the name in request URLs.
        base_path: directory whose integer-named subdirectories are SavedModels.
        versions: `"latest"`, `"all"`, or a tuple of version numbers.
    """

    name: str
    base_path: str
    versions: str | tuple[int, ...] = "latest"


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """Which model a request means: a name and at most one of version and label; neither is the newest version."""

    name: str
    version: int | None = None
    label: str | None = None


@dataclasses.dataclass
class VersionRecord:
    """One version's state; `error` says why a version that ended did so; `servable` is set while AVAILABLE."""

    state: State = State.START
    error: ServingError | None = None
    servable: Servable | None = None


class ModelRepository:
    """The versions of every configured model.

    Lookups read one dictionary that is replaced, never changed, so that versions can be exchanged
    while requests run.
    """

    def __init__(self, configs):
        self._configs = list(configs)
        self._records = {config.name: {} for config in self._configs}

    def load(self):
        """Loads every configured version and replays its warm-up requests.

        Raises:
            InputError: a base path has no such version, or a version does not load.
        """
        for config in self._configs:
            for version, path in sorted(_chosen_versions(config).items()):
                self._load_version(config.name, version, path)

    def _load_version(self, name, version, path):
        record = self._record(name, version, VersionRecord(State.LOADING))
        log.info("loading version %d of model %s from %s", version, name, path)
        servable = None
        try:
            servable = Servable(path, version)
            replay_warmup_requests(servable)
        except InputError as error:
            if servable is not None:
                servable.close()
            record.error = ServingError(Code.UNKNOWN, str(error))
            record.state = State.END
            raise
        record.servable = servable
        record.state = State.AVAILABLE

    def _record(self, name, version, record):
        versions = self._records.get(name, {})
        self._records = {**self._records, name: {**versions, version: record}}
        return record

    def find(self, spec):
        """The loaded version that a request means.

        Args:
            spec: a `ModelSpec`.

        Returns:
            A `Servable`.

        Raises:
            ServingError: NOT_FOUND for a model or version that is not loaded, INVALID_ARGUMENT for a label.
        """
        if spec.label is not None:
            raise invalid_argument(f"Unrecognized servable version label: {spec.label}")
        versions = self._records.get(spec.name, {})
        available = {v: record.servable for v, record in versions.items() if record.state == State.AVAILABLE}
        wanted = max(available, default=None) if spec.version is None else spec.version
        if wanted in available:
            return available[wanted]
        request = f"Latest({spec.name})" if spec.version is None else f"Specific({spec.name}, {spec.version})"
        raise ServingError(Code.NOT_FOUND, f"Servable not found for request: {request}")

    def version_states(self, name, version=None):
        """States of one version or of all versions (newest first) of a model.

        Returns:
            A dict of version -> `VersionRecord`.

        Raises:
            ServingError: NOT_FOUND when there is none.
        """
        versions = self._records.get(name, {})
        if version is None:
            if not versions:
                raise ServingError(Code.NOT_FOUND, f"Could not find any versions of model {name}")
            return dict(sorted(versions.items(), reverse=True))
        if version not in versions:
            raise ServingError(Code.NOT_FOUND, f"Could not find version {version} of model {name}")
        return {version: versions[version]}

    def close(self):
        """Unloads everything; no request may be running."""
        for versions in self._records.values():
            for record in versions.values():
                if record.servable is not None:
                    record.servable.close()
                    record.servable, record.state = None, State.END


def _chosen_versions(config):
    found = find_versions(config.base_path)
    if config.versions == "all":
        return found
    if config.versions == "latest":
        newest = max(found)
        return {newest: found[newest]}
    missing = sorted(set(config.versions) - set(found))
    if missing:
        raise MissingFileError(
            f"{config.base_path} has no version {missing[0]}; it has {', '.join(map(str, sorted(found)))}"
        )
    return {version: found[version] for version in config.versions}
