"""What a client is made of, whether its caller waits or awaits: checked options, requests, connections."""

from rembert_tf.serving.client.connection_options import ConnectionOptions
from rembert_tf.serving.client.model_methods import ModelMethods
from rembert_tf.serving.server.defaults import DEFAULT_MODEL_NAME


class ConnectedClient(ModelMethods):
    """The methods with connections to a server; a subclass opens them, in `_open`.

    Args: as `Client`.
    """

    def __init__(
        self,
        url,
        *,
        model=DEFAULT_MODEL_NAME,
        version=None,
        label=None,
        timeout=60.0,
        retries=3,
        batch_size=32,
        concurrency=4,
        headers=None,
        ca_file=None,
    ):
        self._options = ConnectionOptions(url, timeout, retries, batch_size, concurrency, headers, ca_file)
        super().__init__(self._options.messages(model, version, label), model, batch_size)
        self._connections = self._open(self._options)
