"""Follows a configuration file while the server runs."""

import logging

from rembert_tf.errors import InputError
from rembert_tf.serving.server.model_config_file import parse_model_config, read_text
from rembert_tf.serving.server.status import ServingError

log = logging.getLogger(__name__)


class ConfigFileWatch:
    """Applies a configuration file again when it has changed.

    Args:
        path: of the file.
        models: the `ServedModels`.
        applied: the text that was applied already.
    """

    def __init__(self, path, models, applied):
        self._path = path
        self._models = models
        self._applied = applied
        self._complaint = None

    def poll(self):
        """One look at the file. A change that is refused is tried at every look, as its versions may come to load."""
        try:
            text = read_text(self._path)
            if text == self._applied:
                return
            self._models.reload(parse_model_config(text, self._path))
        except (InputError, ServingError) as error:
            if str(error) != self._complaint:
                log.error("%s is not applied: %s", self._path, error)
            self._complaint = str(error)
        else:
            self._applied, self._complaint = text, None
            log.info("applied %s", self._path)
