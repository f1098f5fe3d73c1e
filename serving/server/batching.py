"""Dynamic batching: concurrent requests for one signature are computed together and their rows handed back."""

import time

import numpy as np
import tensorflow as tf

from rembert_tf.serving.server.batch_queue import BatchQueue, Task
from rembert_tf.serving.server.batching_parameters import PER_MODEL_FILE, BatchingParameters
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument


def batching_loader(load_servable, parameters, observe_batch=None):
    """Makes a function that loads a version with batching in front.

    A version with a file `batching_params.pbtxt` is served with the parameters in it instead.

    Args:
        load_servable: function of (path, version) that returns a `Servable`.
        parameters: `BatchingParameters`.
        observe_batch: as in `BatchingServable`.

    Returns:
        A function of (path, version) that returns a `BatchingServable`, and raises InputError for a file
        that cannot be read.
    """

    def load(path, version):
        file = f"{path}/{PER_MODEL_FILE}"
        own = parameters
        if tf.io.gfile.exists(file):
            with tf.io.gfile.GFile(file, "rb") as opened:
                own = BatchingParameters.from_text(opened.read().decode("utf-8", "replace"), file)
        return BatchingServable(load_servable(path, version), own, observe_batch)

    return load


class BatchingServable:
    """A `Servable` whose `run` shares computations with other callers.

    Requests that name the same tensors, with the same types and the same sizes after the first dimension, are
    joined along the first. An output comes back cut to the request's rows: where the model makes a dimension as
    wide as its widest row, as for entities, it is as wide as the widest row of the whole batch.

    Args:
        servable: a `Servable`; it is closed with this one.
        parameters: `BatchingParameters`.
        observe_batch: called after each computation with rows, rows of padding, and a list of the seconds that
            each of its requests waited; or None.
    """

    def __init__(self, servable, parameters, observe_batch=None):
        self._servable = servable
        self._parameters = parameters
        self._observe_batch = observe_batch or (lambda rows, padding, waits: None)
        self._queue = BatchQueue(parameters, self._compute, name=f"batch-v{servable.version}")
        self.path = servable.path
        self.version = servable.version
        self.signatures = servable.signatures

    def run(self, feeds, fetches, timeout=None):
        """Computes tensors by name, as `Servable.run` does.

        Args:
            feeds: dict of tensor name -> array (rows, ...), with equal numbers of rows.
            fetches: list of tensor names.
            timeout: seconds, the time in the queue included; None waits for ever.

        Returns:
            A list of arrays (rows, ...), one for each fetch.

        Raises:
            ServingError: UNAVAILABLE when too many requests wait, INVALID_ARGUMENT for more rows than a batch
                may have, FAILED_PRECONDITION for inputs or outputs that are not made of rows,
                DEADLINE_EXCEEDED, or the runtime's own error.
        """
        feeds = {name: np.asarray(value) for name, value in feeds.items()}
        rows = _rows(feeds)
        if rows > self._parameters.max_batch_size:
            raise invalid_argument(
                f"Task size {rows} is larger than maximum input batch size {self._parameters.max_batch_size}"
            )
        if not rows:  # nothing that could be joined
            return self._servable.run(feeds, fetches, timeout)
        task = Task(_key(feeds, fetches), feeds, list(fetches), rows, timeout)
        self._queue.submit(task)
        try:
            return task.answer.result(timeout)
        except TimeoutError:
            task.answer.cancel()  # without effect once it is being computed
            raise _too_late() from None

    def waiting_batches(self):
        """How many batches wait for a thread."""
        return self._queue.waiting_batches()

    def waiting_rows(self):
        """How many rows are in them."""
        return self._queue.waiting_rows()

    def close(self):
        """Frees the weights; requests that still run or wait end as those of a closed `Servable`."""
        self._queue.refuse()
        self._servable.close()  # before the threads end: a computation without a deadline may be endless
        self._queue.join()

    def _compute(self, tasks):
        """Answers every task; a failure that one of several has caused falls on that one alone."""
        if not tasks:
            return
        try:
            shares = self._run_together(tasks)
        except Exception as error:
            if len(tasks) == 1:
                tasks[0].answer.set_exception(error)
                return
            for task in tasks:
                self._compute([task])
            return
        for task, share in zip(tasks, shares, strict=True):
            task.answer.set_result(share)

    def _run_together(self, tasks):
        """Runs tasks as one batch and returns a list of arrays for each of them."""
        timeout = _longest([task.remaining() for task in tasks])
        if timeout is not None and timeout <= 0:
            raise _too_late()
        rows = sum(task.rows for task in tasks)
        size = self._parameters.padded_size(rows)
        now = time.monotonic()
        feeds = {name: _join([task.feeds[name] for task in tasks], size - rows) for name in tasks[0].feeds}
        outputs = self._servable.run(feeds, tasks[0].fetches, timeout)
        self._observe_batch(size, size - rows, [now - task.enqueued for task in tasks])
        for output in outputs:
            _check_rows(np.asarray(output), size)
        ends = np.cumsum([task.rows for task in tasks])
        return [[output[end - task.rows : end] for output in outputs] for task, end in zip(tasks, ends, strict=True)]


def _rows(feeds):
    sizes = set()
    for array in feeds.values():
        if array.ndim == 0:
            raise _not_made_of_rows("Batching Run() input tensors must have at least one dimension.")
        sizes.add(len(array))
    if len(sizes) > 1:
        raise _not_made_of_rows("Batching Run() input tensors must have equal 0th-dimension size.")
    return sizes.pop() if sizes else 0


def _key(feeds, fetches):
    inputs = sorted((name, array.dtype.str, array.shape[1:]) for name, array in feeds.items())
    return (tuple(inputs), tuple(fetches))


def _join(arrays, padding):
    # Padding repeats a row that is a valid input, as in TensorFlow Serving.
    return np.concatenate([*arrays, np.repeat(arrays[0][:1], padding, axis=0)]) if padding else np.concatenate(arrays)


def _check_rows(output, size):
    if output.ndim == 0:
        raise _not_made_of_rows("Batched output tensor has 0 dimensions")
    if len(output) != size:
        raise _not_made_of_rows(
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the "
            "input tensors"
        )


def _longest(timeouts):
    return None if None in timeouts else max(timeouts)


def _not_made_of_rows(message):
    return ServingError(Code.FAILED_PRECONDITION, message)


def _too_late():
    return ServingError(Code.DEADLINE_EXCEEDED, "Timed out waiting for the batch of this request")
