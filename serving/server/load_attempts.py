"""When a version that did not load is tried again."""

import dataclasses

from rembert_tf.serving.server.version_directories import fingerprint


@dataclasses.dataclass
class _Failure:
    tries: int
    due: float  # when the next try may be
    files: tuple  # what was on disk at the last try


class LoadAttempts:
    """Remembers failed loads: a few tries at intervals, and a new beginning whenever the files change.

    Args:
        retries: how often a version is tried again.
        retry_seconds: seconds between two tries.
        clock: function that tells the time in seconds.
    """

    def __init__(self, retries, retry_seconds, clock):
        self._retries = retries
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._failures = {}  # (model name, version number) -> _Failure

    def has_failed(self, name, number):
        """Whether the last load of a version failed."""
        return (name, number) in self._failures

    def is_due(self, name, number, path):
        """Whether a version that failed should be tried now."""
        failure = self._failures[name, number]
        if failure.files != fingerprint(path):
            failure.tries = 0  # mended, or only now complete
            return True
        return failure.tries <= self._retries and self._clock() >= failure.due

    def failed(self, name, number, files):
        """Notes a failed load.

        Args:
            name: the model's.
            number: the version's.
            files: `fingerprint` of the directory, taken before the load so that no change is overlooked.
        """
        tries = self._failures[name, number].tries if self.has_failed(name, number) else 0
        self._failures[name, number] = _Failure(tries + 1, self._clock() + self._retry_seconds, files)

    def succeeded(self, name, number):
        """Forgets a version's failures."""
        self._failures.pop((name, number), None)

    def keep(self, name, numbers):
        """Forgets a model's failures but those of some versions: another is tried at once when it comes back."""
        for key in [key for key in self._failures if key[0] == name and key[1] not in numbers]:
            del self._failures[key]
