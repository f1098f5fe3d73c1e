"""Keeps what is loaded equal to what is on disk: loads new versions first, unloads old ones after."""

import logging
import threading
import time

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.serving.server.load_attempts import LoadAttempts
from rembert_tf.serving.server.repository import State
from rembert_tf.serving.server.status import Code, ServingError
from rembert_tf.serving.server.version_directories import fingerprint, list_versions, require_versions
from rembert_tf.serving.server.warmup import replay_warmup_requests

log = logging.getLogger(__name__)


class VersionManager:
    """Brings versions into a repository and takes them out of it, one model and one load at a time.

    A version that does not load shows its error, is tried again a few times, and at once when its files
    change. Nothing else about it changes: what was serving serves on.

    Args:
        repository: a `ModelRepository`.
        load_servable: function from (path, version number) to a `Servable`; raises InputError.
        retries: how often a version that does not load is tried again.
        retry_seconds: seconds between two tries.
        clock: function that tells the time in seconds.
    """

    def __init__(self, repository, load_servable, retries, retry_seconds, clock=time.monotonic):
        self._repository = repository
        self._load_servable = load_servable
        self._attempts = LoadAttempts(retries, retry_seconds, clock)
        self._round = threading.Lock()  # one round or change of models at a time
        self._configs = []
        self._complaints = {}  # name -> the last complaint about its base path

    def start(self, configs):
        """Loads the models of a server that starts.

        Args:
            configs: list of `ModelConfig`.

        Raises:
            InputError: a base path has no such version, or no version of a model loads.
        """
        for config in configs:
            _require_chosen(config)
        self.replace(configs)
        for config in configs:
            if not self._repository.available(config.name):
                raise InputError(self.reason(config.name))

    def replace(self, configs):
        """Serves these models instead of the present ones; models that are in both go on."""
        with self._round:
            kept = {config.name for config in configs}
            gone = [config.name for config in self._configs if config.name not in kept]
            self._warn_of_moves(configs)
            self._configs = list(configs)
            for name in gone:
                self._withdraw(name, self._repository.available(name))
                self._attempts.keep(name, set())
            for config in self._configs:
                self._follow(config)

    def poll(self):
        """One look at every base path. Loading happens here, so that a round may take minutes."""
        with self._round:
            for config in self._configs:
                self._follow(config)

    def reason(self, name):
        """Why a model has no version that answers, a sentence."""
        errors = [record.error for record in self._repository.records(name).values() if record.error]
        return errors[0].message if errors else self._complaints.get(name) or "it has no version"

    def _follow(self, config):
        try:
            found = list_versions(config.base_path)
        except InputError as error:
            # A base path that cannot be read may come back: as in TensorFlow Serving, nothing is unloaded.
            self._complain(config.name, str(error))
            return
        chosen = config.policy.choose(found)
        # An existing base path without versions is the operator's way to withdraw a model: TensorFlow Serving
        # then unloads the last version too (its servable_versions_always_present is off).
        self._complain(config.name, "" if chosen else f"{config.base_path} has no version of model {config.name}")
        self._attempts.keep(config.name, chosen)
        self._unload_surplus(config.name, chosen)
        due = [number for number in sorted(chosen, reverse=True) if self._is_due(config.name, number, found[number])]
        for number in due:
            self._repository.begin(config.name, number, State.START)
        for number in due:
            self._load(config.name, number, found[number])
            self._unload_surplus(config.name, chosen)

    def _is_due(self, name, number, path):
        if self._attempts.has_failed(name, number):
            return self._attempts.is_due(name, number, path)
        record = self._repository.records(name).get(number)
        return record is None or record.state == State.END

    def _load(self, name, number, path):
        self._repository.begin(name, number, State.LOADING)
        log.info("loading version %d of model %s from %s", number, name, path)
        files = fingerprint(path)
        try:
            servable = self._load_warm(path, number)
        except Exception as error:
            if isinstance(error, InputError):
                message = str(error)
            else:
                log.exception("loading %s failed", path)
                message = f"{type(error).__name__}: {error}"
            log.warning("version %d of model %s does not load: %s", number, name, message)
            self._attempts.failed(name, number, files)
            self._repository.fail(name, number, ServingError(Code.UNKNOWN, message))
        else:
            self._attempts.succeeded(name, number)
            self._repository.publish(name, number, servable)

    def _load_warm(self, path, number):
        servable = self._load_servable(path, number)
        try:
            replay_warmup_requests(servable)
        except BaseException:
            servable.close()
            raise
        return servable

    def _unload_surplus(self, name, chosen):
        """Unloads versions that are not chosen, but keeps the newest until a chosen one serves."""
        available = self._repository.available(name)
        surplus = sorted(available - chosen)
        if chosen and not available & chosen:
            surplus = surplus[:-1]
        self._withdraw(name, surplus)

    def _withdraw(self, name, numbers):
        for number in numbers:
            self._repository.withdraw(name, number)

    def _complain(self, name, complaint):
        """Logs what is wrong with a base path, once and not at every look."""
        if complaint and complaint != self._complaints.get(name):
            log.warning("%s", complaint)
        self._complaints[name] = complaint

    def _warn_of_moves(self, configs):
        before = {config.name: config.base_path for config in self._configs}
        for config in configs:
            if before.get(config.name, config.base_path) != config.base_path:
                # As in TensorFlow Serving, whose versions are known by name and number alone.
                log.warning("model %s has moved to %s; loaded versions stay as they are", config.name, config.base_path)


def _require_chosen(config):
    found = require_versions(config.base_path)
    if not config.policy.choose(found):
        missing = min(config.policy.specific)
        raise MissingFileError(
            f"{config.base_path} has no version {missing}; it has {', '.join(map(str, sorted(found)))}"
        )
