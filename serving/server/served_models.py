"""The models of a server, which a new configuration can exchange while it runs."""

import threading

from rembert_tf.errors import InputError
from rembert_tf.serving.server.model_config import require_unique_names
from rembert_tf.serving.server.status import Code, ServingError
from rembert_tf.serving.server.version_labels import checked_labels


class ServedModels:
    """Applies configurations: labels first, as TensorFlow Serving does, then models.

    Args:
        repository: a `ModelRepository`.
        manager: its `VersionManager`.
        allow_labels_for_unavailable: whether a new label may stand for a version that is not loaded.
    """

    def __init__(self, repository, manager, allow_labels_for_unavailable=False):
        self._repository = repository
        self._manager = manager
        self._allow = allow_labels_for_unavailable
        self._changing = threading.Lock()
        self._names = []

    @property
    def names(self):
        """The names of the configured models, in the order of the configuration."""
        return list(self._names)

    def start(self, configs):
        """Loads the first models.

        Raises:
            InputError: a model cannot be served, or a label stands for a version that is not loaded yet.
        """
        require_unique_names(configs)
        try:
            labels = checked_labels(self._repository, configs, self._allow)
        except ServingError as error:
            # TensorFlow Serving refuses it too: no version is loaded when labels are read.
            raise InputError(
                f"{error.message}; labels at start need --allow-version-labels-for-unavailable-models"
            ) from error
        self._repository.set_labels(labels)
        self._names = [config.name for config in configs]
        self._manager.start(configs)

    def reload(self, configs):
        """Serves these models from now on; returns when new ones answer. When labels are refused, nothing changes.

        Args:
            configs: list of `ModelConfig` with different names.

        Raises:
            ServingError: FAILED_PRECONDITION for a label; UNKNOWN when a new model has no version that loads.
        """
        with self._changing:
            labels = checked_labels(self._repository, configs, self._allow)
            new = [config.name for config in configs if config.name not in self._names]
            self._repository.set_labels(labels)
            self._names = [config.name for config in configs]
            self._manager.replace(configs)
            missing = [name for name in new if not self._repository.available(name)]
        if missing:
            reasons = ", ".join(f"{name}: {self._manager.reason(name)}" for name in missing)
            raise ServingError(Code.UNKNOWN, f"Some models did not become available: {{{reasons}}}")
