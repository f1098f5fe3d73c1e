"""The embedded model server: models behind a REST and a gRPC interface, in threads of this process."""

import contextlib
import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor, wait

from rembert_tf.errors import InputError
from rembert_tf.serving.server.address import reachable
from rembert_tf.serving.server.batching import batching_loader
from rembert_tf.serving.server.config_file_watch import ConfigFileWatch
from rembert_tf.serving.server.defaults import DEFAULT_HOST, DEFAULT_MODEL_NAME
from rembert_tf.serving.server.grpc_server import GrpcServer
from rembert_tf.serving.server.model_config import ModelConfig, version_policy
from rembert_tf.serving.server.model_config_file import parse_model_config, read_text
from rembert_tf.serving.server.periodic import Periodic
from rembert_tf.serving.server.repository import ModelRepository, ModelSpec
from rembert_tf.serving.server.rest_api import RestApi
from rembert_tf.serving.server.rest_server import RestServer
from rembert_tf.serving.server.servable import Servable
from rembert_tf.serving.server.served_models import ServedModels
from rembert_tf.serving.server.settings import ServerSettings
from rembert_tf.serving.server.shutdown import serve_forever
from rembert_tf.serving.server.traffic import Traffic
from rembert_tf.serving.server.version_manager import VersionManager

__all__ = ["ModelServer", "serve_forever"]


class ModelServer:
    """Serves SavedModels with TensorFlow Serving's REST and gRPC contract, for development and tests.

    It is a context manager; `start` and `stop` do the same.

    Args:
        base_path: directory whose integer-named subdirectories are SavedModels. New ones are served, and those
            that went away are not, while the server runs.
        model_config_file: file with a `ModelServerConfig` in text format, for several models, instead of
            `base_path`, `name` and `versions`.
        name: the model's name in URLs and requests.
        host: interface to listen on; only this machine can reach the default.
        rest_port: 0 takes a free one (see the attribute of the same name).
        grpc_port: 0 takes a free one.
        versions: `"latest"`, `"all"`, a tuple of version numbers to load, or a `VersionPolicy`.
        threads: requests computed at a time by each interface; None means four for each processor, and with
            batching as many as fill two batches, 64 at most.
        rest_timeout: seconds that the computation of a REST request may take. gRPC requests carry their own.
        grace: seconds that running requests have to end after `stop`.
        settings: `ServerSettings` with everything else; what is given above goes before it.
        playground: a `rembert_tf.serving.playground.Playground`, which is then served under `/playground`; or None.

    Raises:
        InputError: not exactly one of base path and configuration file is given, or a value is out of range; on
            `start`, when a port is in use, or a model has no version that loads.

    Examples:
        >>> with ModelServer("exports/sentiment") as server:
        ...     client = rembert_tf.serving.Client(server.rest_url)
    """

    def __init__(
        self,
        base_path=None,
        *,
        model_config_file=None,
        name=DEFAULT_MODEL_NAME,
        host=DEFAULT_HOST,
        rest_port=0,
        grpc_port=0,
        versions="latest",
        threads=None,
        rest_timeout=None,
        grace=None,
        settings=None,
        playground=None,
    ):
        if (base_path is None) == (model_config_file is None):
            raise InputError("give either a base path or a model configuration file")
        given = {"threads": threads, "rest_timeout": rest_timeout, "grace": grace}
        given = {field: value for field, value in given.items() if value is not None}
        self.settings = dataclasses.replace(settings or ServerSettings(), **given)
        self.host = host
        self.rest_port = rest_port
        self.grpc_port = grpc_port
        self._playground = playground
        self._config_file = model_config_file
        self._config = None
        if base_path is not None:
            self._config = ModelConfig(name, os.fspath(base_path), version_policy(versions))
        self._repository = ModelRepository()
        self._models = self._manager = self._watch = None
        self._interfaces = []
        self._started = contextlib.ExitStack()

    def start(self):
        """Takes the ports, loads the models, then begins to answer.

        Returns:
            The server itself.
        """
        settings, traffic = self.settings, Traffic(self.settings)
        configs = self._prepare(traffic)
        traffic.watch_models(lambda: self._models.names, self._repository)
        threads = settings.threads or _default_threads(settings.batching)
        with contextlib.ExitStack() as undo:
            undo.callback(self._repository.close)
            undo.callback(self._stop_interfaces)
            # Ports first: that one is taken should not be found out after minutes of loading.
            api = RestApi(self._repository, settings.rest_timeout)
            if self._playground is not None:
                self._playground.connect(self._repository, lambda: self._models.names, self.host)
            rest = RestServer(api, self.host, self.rest_port, threads, settings, traffic, self._playground)
            self._interfaces.append(rest)
            reload = self._models.reload
            grpc = GrpcServer(self._repository, reload, self.host, self.grpc_port, threads, settings, traffic)
            self._interfaces.append(grpc)
            self._models.start(configs)
            rest.start()
            grpc.start()
            self.rest_port, self.grpc_port = rest.port, grpc.port
            for looking in self._periodic_looks():
                undo.callback(looking.stop, settings.grace)
                looking.start()
            self._started = undo.pop_all()
        return self

    def stop(self):
        """Refuses new requests, lets running ones end, and frees ports and weights; may be called twice."""
        self._started.close()

    def poll(self):
        """Looks for new versions, and for a new configuration, now and not at the next interval."""
        if self._watch is not None:
            self._watch.poll()
        self._manager.poll()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()

    @property
    def rest_url(self):
        """`http://host:port`, as `Client` takes it."""
        return f"http://{reachable(self.host, self.rest_port)}"

    @property
    def playground_url(self):
        """Where a browser finds the playground; None where it is not served."""
        return None if self._playground is None else f"{self.rest_url}/playground/"

    @property
    def grpc_url(self):
        """`grpc://host:port`, as `Client` takes it."""
        return f"grpc://{reachable(self.host, self.grpc_port)}"

    @property
    def name(self):
        """The name of the model, or of the first of several."""
        return self._config.name if self._config else self._models.names[0]

    @property
    def model(self):
        """The newest loaded version of the model, or of the first of several: a `Servable`."""
        return self._repository.find(ModelSpec(self.name))

    @property
    def models(self):
        """The newest loaded version of each model: a dict of name -> `Servable`."""
        names = [name for name in self._models.names if self._repository.available(name)]
        return {name: self._repository.find(ModelSpec(name)) for name in names}

    def _prepare(self, traffic):
        """Makes what loads and holds models, and returns the models' configurations."""
        settings, load = self.settings, Servable
        if settings.batching is not None:
            load = batching_loader(Servable, settings.batching, traffic.observe_batch)
        self._repository = ModelRepository()
        self._manager = VersionManager(self._repository, load, settings.load_retries, settings.load_retry_seconds)
        self._models = ServedModels(self._repository, self._manager, settings.allow_labels_for_unavailable)
        if self._config is not None:
            return [self._config]
        text = read_text(self._config_file)
        self._watch = ConfigFileWatch(self._config_file, self._models, applied=text)
        return parse_model_config(text, self._config_file)

    def _periodic_looks(self):
        yield Periodic(self._manager.poll, self.settings.poll_seconds, "versions")
        if self._watch is not None:
            yield Periodic(self._watch.poll, self.settings.config_poll_seconds, "model-config")

    def _stop_interfaces(self):
        """Both at once, so that neither takes requests while the other waits; what outlives its grace is cancelled."""
        with ThreadPoolExecutor(max(1, len(self._interfaces))) as stopping:
            wait([stopping.submit(interface.stop) for interface in self._interfaces], self.settings.grace)
            self._repository.close()
        self._interfaces = []


def _default_threads(batching):
    threads = 4 * (os.cpu_count() or 1)
    return threads if batching is None else max(threads, batching.waiting_threads)
