"""A base path with a version manager, whose models are no more than names."""

import os

from rembert_tf.errors import InputError
from rembert_tf.serving.server.model_config import LATEST, ModelConfig
from rembert_tf.serving.server.repository import ModelRepository, ModelSpec
from rembert_tf.serving.server.version_manager import VersionManager

RETRIES = 2
RETRY_SECONDS = 60


class Model:
    """What a `Servable` is to the manager; loads unless its directory has a file called `broken`."""

    def __init__(self, path, version):
        if os.path.exists(f"{path}/broken"):
            raise InputError(f"{path} is broken")
        self.path = path
        self.version = version
        self.closed = False

    def close(self):
        assert not self.closed
        self.closed = True


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Shelf:
    """One model's base path, a repository and its manager.

    `loads` are triples: a version, what was available when its loading began, and its state.
    """

    def __init__(self, base_path):
        self.base_path = base_path
        self.clock = Clock()
        self.repository = ModelRepository()
        self.loads = []
        self.models = []
        self.manager = VersionManager(self.repository, self.load, RETRIES, RETRY_SECONDS, self.clock)

    def load(self, path, version):
        self.loads.append((version, self.repository.available("m"), self.repository.records("m")[version].state))
        self.models.append(Model(path, version))
        return self.models[-1]

    def add(self, *versions, broken=False):
        for version in versions:
            (self.base_path / str(version)).mkdir()
            if broken:
                (self.base_path / str(version) / "broken").touch()

    def remove(self, *versions):
        for version in versions:
            for file in (self.base_path / str(version)).iterdir():
                file.unlink()
            (self.base_path / str(version)).rmdir()

    def start(self, policy=LATEST):
        self.manager.start([ModelConfig("m", str(self.base_path), policy)])

    def states(self):
        return {number: record.state.name for number, record in sorted(self.repository.records("m").items())}

    def find(self, version=None):
        return self.repository.find(ModelSpec("m", version))
