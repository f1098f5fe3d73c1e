"""Which versions of which models are there, in which state, and which one a request means."""

import contextlib
import dataclasses
import enum
import logging
import threading

from rembert_tf.serving.server.status import Code, ServingError, invalid_argument

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
class ModelSpec:
    """Which model a request means: a name and at most one of version and label; neither is the newest version."""

    name: str
    version: int | None = None
    label: str | None = None


@dataclasses.dataclass
class VersionRecord:
    """One version: `error` says why a version that ended did so; `requests` counts those that hold `servable`."""

    state: State = State.START
    error: ServingError | None = None
    servable: object = None
    requests: int = 0


class ModelRepository:
    """The versions of every model: requests hold them, a version manager brings them in and takes them out.

    Every method may be called from any thread. A version that is withdrawn takes no new request, and is
    closed when the last request that holds it has ended.
    """

    def __init__(self):
        self._lock = threading.Lock()  # held for look-ups only, never while something is computed or loaded
        self._records = {}
        self._labels = {}
        self._closed = False

    @contextlib.contextmanager
    def handle(self, spec):
        """Holds the loaded version that a request means, so that it is not closed before the request has ended.

        Args:
            spec: a `ModelSpec`.

        Returns:
            A context manager that gives a `Servable`.

        Raises:
            ServingError: NOT_FOUND for a model or version that is not loaded, INVALID_ARGUMENT for an unknown label.
        """
        with self._lock:
            record = self._find(spec)
            record.requests += 1
        try:
            yield record.servable
        finally:
            self._release(record)

    def find(self, spec):
        """The `Servable` that a request means, without holding it; raises as `handle`."""
        with self._lock:
            return self._find(spec).servable

    def _find(self, spec):
        version = spec.version
        if spec.label is not None:
            version = self._labels.get(spec.name, {}).get(spec.label)
            if version is None:
                raise invalid_argument(f"Unrecognized servable version label: {spec.label}")
        versions = self._records.get(spec.name, {})
        available = [number for number, record in versions.items() if record.state == State.AVAILABLE]
        wanted = max(available, default=None) if version is None else version
        if wanted in available:
            return versions[wanted]
        request = f"Latest({spec.name})" if version is None else f"Specific({spec.name}, {version})"
        raise ServingError(Code.NOT_FOUND, f"Servable not found for request: {request}")

    def _release(self, record):
        with self._lock:
            record.requests -= 1
        self._close_if_free(record)

    def version_states(self, name, version=None):
        """States of one version or of all versions (newest first) of a model, those that ended included.

        Returns:
            A dict of version -> `VersionRecord`, copies of this moment.

        Raises:
            ServingError: NOT_FOUND when there is none.
        """
        versions = self.records(name)
        if version is None:
            if not versions:
                raise ServingError(Code.NOT_FOUND, f"Could not find any versions of model {name}")
            return dict(sorted(versions.items(), reverse=True))
        if version not in versions:
            raise ServingError(Code.NOT_FOUND, f"Could not find version {version} of model {name}")
        return {version: versions[version]}

    def records(self, name):
        """Copies of a model's records by version number; empty for an unknown model."""
        with self._lock:
            return {number: dataclasses.replace(record) for number, record in self._records.get(name, {}).items()}

    def available(self, name):
        """The numbers of a model's loaded versions, a set."""
        return {number for number, record in self.records(name).items() if record.state == State.AVAILABLE}

    def begin(self, name, version, state):
        """Notes that a version is about to load (START) or loads (LOADING)."""
        with self._lock:
            self._records.setdefault(name, {})[version] = VersionRecord(state)

    def publish(self, name, version, servable):
        """Lets requests find a loaded version; the repository closes it in the end."""
        with self._lock:
            if not self._closed:
                self._records.setdefault(name, {})[version] = VersionRecord(State.AVAILABLE, servable=servable)
                return
        servable.close()  # it was loading while the server stopped

    def fail(self, name, version, error):
        """Notes a version's end and its reason, a `ServingError`."""
        with self._lock:
            self._records.setdefault(name, {})[version] = VersionRecord(State.END, error)

    def withdraw(self, name, version):
        """Takes a loaded version away from new requests; it is closed once those that hold it have ended."""
        with self._lock:
            record = self._records[name][version]
            record.state = State.UNLOADING
        log.info("unloading version %d of model %s", version, name)
        self._close_if_free(record)

    def _close_if_free(self, record):
        # In the thread of the last request: one answer a swap comes late by as long as freeing memory takes.
        with self._lock:
            if record.state != State.UNLOADING or record.requests or record.servable is None:
                return
            servable, record.servable = record.servable, None
        servable.close()
        with self._lock:
            record.state = State.END

    def set_labels(self, labels):
        """Exchanges all labels; a dict of model name -> dict of label -> version."""
        with self._lock:
            self._labels = labels

    def labels(self, name):
        """A model's labels, a dict of label -> version."""
        with self._lock:
            return dict(self._labels.get(name, {}))

    def close(self):
        """Unloads everything at once; requests that still run are cancelled. Nothing can be loaded afterwards."""
        with self._lock:
            self._closed = True
            records = [record for versions in self._records.values() for record in versions.values()]
            servables = [record.servable for record in records if record.servable is not None]
            for record in records:
                if record.servable is not None:
                    record.servable, record.state = None, State.END
        for servable in servables:
            servable.close()
