"""Where a training runs: on one device, on several of one machine, on several machines, or on a TPU."""

import contextlib
import contextvars
import functools

from rembert_tf.errors import InputError
from rembert_tf.training.cluster import TF_CONFIG, Cluster, read_cluster
from rembert_tf.training.worker_meeting import meet

AUTO, MIRRORED, MULTI_WORKER, TPU = "auto", "mirrored", "multi_worker", "tpu"
STRATEGIES = (AUTO, MIRRORED, MULTI_WORKER, TPU)
ABORTED = "Collective ops is aborted by:"  # TensorFlow's words
LOST = (
    "lost contact to another worker ({reason}): this one stopped too. What was saved before is in the run folder: "
    "start all workers again with --resume."
)


class Place:
    """Where a training runs, and which of its processes this is.

    Args:
        strategy: a `tf.distribute` strategy, or None for one device.
        cluster: the Cluster.
    """

    def __init__(self, strategy=None, cluster=None):
        self.strategy, self.cluster = strategy, cluster or Cluster()
        self._messages = None
        if self.cluster.workers > 1:
            from rembert_tf.training.worker_messages import ChiefMessages

            self._messages = ChiefMessages(strategy, self.is_chief)

    @property
    def is_chief(self):
        """Whether this process is the one that writes and prints."""
        return self.cluster.index == 0

    @property
    def replicas(self):
        """Devices that share each batch, those of all workers together."""
        return 1 if self.strategy is None else self.strategy.num_replicas_in_sync

    @property
    def is_tpu(self):
        """Whether the devices are a TPU's."""
        import tensorflow as tf

        return isinstance(self.strategy, tf.distribute.TPUStrategy)

    def model_scope(self):
        """Within it, models, optimizers and whatever else has variables are made."""
        return contextlib.nullcontext() if self.strategy is None else self.strategy.scope()

    def by_chief(self, function):
        """Returns what a function returns at the chief, which alone calls it; its InputError is raised everywhere.

        All workers must come here in the same order.

        Args:
            function: takes nothing; where there are several workers it returns what JSON can hold.
        """
        return function() if self._messages is None else self._messages.by_chief(function)

    def chiefs_array(self, array):
        """Returns the chief's array on every worker; all give one of the same shape and type."""
        return array if self._messages is None else self._messages.array(array)

    def training_dataset(self, batches, settings, skip_steps):
        """Returns a training's batches, divided among the replicas.

        Args:
            batches: Batches.
            settings: FinetuneSettings.
            skip_steps: batches to leave out at the start.
        """
        if self.strategy is None:
            return batches.training_dataset(settings.epochs, settings.seed, skip_steps=skip_steps)
        from rembert_tf.training.replica_batches import distributed

        workers = self.cluster.workers
        share = {} if workers == 1 else {"worker": self.cluster.index, "workers": workers}
        dataset = batches.training_dataset(settings.epochs, settings.seed, skip_steps=skip_steps, **share)
        return distributed(self.strategy, dataset, self.replicas // workers)

    def check(self, settings):
        """Raises an InputError where a batch has too few rows for the replicas."""
        parts = self.replicas * settings.accumulate_steps
        if parts > settings.batch_size:
            cut = f", each in {settings.accumulate_steps} parts" if settings.accumulate_steps > 1 else ""
            raise InputError(
                f"batch_size is {settings.batch_size}, too few rows for {self.replicas} replicas{cut}: "
                f"it must be at least {parts}."
            )


ONE_DEVICE = Place()
_PLACE = contextvars.ContextVar("place", default=ONE_DEVICE)


def current_place():
    """Returns the Place of the innermost `training_scope`; one device outside of any."""
    return _PLACE.get()


@contextlib.contextmanager
def training_scope(settings):
    """Yields the Place where a training with these settings runs; a scope within another keeps that one's.

    A run folder that is made within it is written by the chief alone, and `finetune` divides its batches.

    Args:
        settings: FinetuneSettings, of which `strategy`, `batch_size` and `accumulate_steps` count.

    Raises:
        InputError: the strategy cannot be had here, or another worker was lost.
    """
    place = current_place()
    if place is ONE_DEVICE:
        place = _make_place(settings.strategy)
    place.check(settings)
    token = _PLACE.set(place)
    try:
        with _worker_watch(place):
            yield place
    finally:
        _PLACE.reset(token)


def is_chief(strategy):
    """Whether this process is the one that prints results; known without TensorFlow.

    Args:
        strategy: one of STRATEGIES.
    """
    return strategy not in (AUTO, MULTI_WORKER) or read_cluster().index == 0


def _make_place(strategy):
    cluster = read_cluster() if strategy in (AUTO, MULTI_WORKER) else Cluster()
    if cluster.workers > 1:
        _require_tensorflow(MULTI_WORKER)
        return Place(_multi_worker_strategy(cluster), cluster)
    if strategy == MULTI_WORKER:
        raise InputError(f"multi_worker needs several workers in the environment variable {TF_CONFIG}.")
    if strategy == AUTO and _backend() != "tensorflow":
        return ONE_DEVICE
    _require_tensorflow(strategy)
    import tensorflow as tf

    kinds = {kind: len(tf.config.list_physical_devices(kind)) for kind in ("GPU", "TPU")}
    if strategy == TPU or (strategy == AUTO and kinds["TPU"]):
        return Place(_tpu_strategy())
    if strategy == MIRRORED or kinds["GPU"] > 1:
        return Place(_mirrored_strategy())
    return ONE_DEVICE


@functools.cache  # two in one process would give the same numbers to their collective operations
def _mirrored_strategy():
    """Returns a strategy over all GPUs, or where there is none over all logical CPU devices."""
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices])


@functools.cache  # TensorFlow joins a cluster once in a process
def _multi_worker_strategy(cluster):
    import tensorflow as tf

    meet(cluster)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as problem:
        raise InputError(f"multi_worker must begin before TensorFlow computes anything: {problem}") from problem
    except (ValueError, tf.errors.OpError) as problem:
        raise InputError(f"cannot join the workers of {TF_CONFIG}: {_first_line(problem)}") from problem


@functools.cache
def _tpu_strategy():
    import tensorflow as tf

    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, RuntimeError, tf.errors.OpError) as problem:
        raise InputError(f"there is no TPU here, or it cannot be used: {_first_line(problem)}") from problem
    return tf.distribute.TPUStrategy(resolver)


def _require_tensorflow(strategy):
    if _backend() != "tensorflow":
        raise InputError(f"strategy {strategy!r} needs the TensorFlow backend, and Keras runs on {_backend()}.")


def _backend():
    import keras

    return keras.backend.backend()


@contextlib.contextmanager
def _worker_watch(place):
    """Turns what TensorFlow says when another worker is gone into an InputError."""
    if place.cluster.workers == 1:
        yield
        return
    import tensorflow as tf

    gone = (
        *(tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.InternalError),
        *(tf.errors.DeadlineExceededError, tf.errors.FailedPreconditionError, tf.errors.UnknownError),
    )
    try:
        yield
    except gone as problem:
        raise InputError(LOST.format(reason=_reason(problem))) from problem


def _reason(problem):
    """Returns what the network said: TensorFlow puts it behind a list of where the operation was made."""
    lines = str(problem).splitlines()
    said = (line.partition(ABORTED)[2].strip() for line in lines if ABORTED in line)
    return (next(said, None) or _first_line(problem)).rstrip(".:")


def _first_line(problem):
    return (str(problem).splitlines() or [type(problem).__name__])[0]
