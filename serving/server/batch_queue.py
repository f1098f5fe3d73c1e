"""Gathers tasks into batches, and computes the batches in a few threads."""

import collections
import logging
import threading
import time
from concurrent.futures import Future

from rembert_tf.serving.server.status import Code, ServingError

log = logging.getLogger(__name__)


class Task:
    """One request that waits for its share of a batch.

    Args:
        key: tasks with equal keys may share a batch.
        feeds: dict of tensor name -> array (rows, ...).
        fetches: list of tensor names.
        rows: how many rows of a batch it takes.
        timeout: seconds until nobody waits for it any more, or None.
    """

    def __init__(self, key, feeds, fetches, rows, timeout):
        self.key = key
        self.feeds = feeds
        self.fetches = fetches
        self.rows = rows
        self.enqueued = time.monotonic()
        self.deadline = None if timeout is None else self.enqueued + timeout
        self.answer = Future()

    def remaining(self):
        """Seconds until the deadline; None without one."""
        return None if self.deadline is None else self.deadline - time.monotonic()


class _Batch:
    def __init__(self, key):
        self.key = key
        self.tasks = []
        self.rows = 0
        self.opened = time.monotonic()
        self.closed = False  # takes no more tasks


class BatchQueue:
    """Tasks in, batches out.

    A batch is computed when a thread is free and it is full or old enough; threads without work sleep.

    Args:
        parameters: `BatchingParameters`.
        compute: called in a thread of the queue with a list of tasks that share a key; it sets their answers.
        name: of the threads.
    """

    def __init__(self, parameters, compute, name):
        self._limit = parameters.max_batch_size
        self._max_enqueued = parameters.max_enqueued_batches
        self._timeout = parameters.batch_timeout_micros / 1e6
        self._compute = compute
        self._changed = threading.Condition()
        self._waiting = []  # batches, oldest first
        self._open = {}  # key -> the batch that takes its next task
        self._enqueued = collections.Counter()  # key -> waiting batches
        self._closing = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(parameters.num_batch_threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, task):
        """Adds a task; its answer comes through `task.answer`.

        Raises:
            ServingError: UNAVAILABLE when the queue is full or closed.
        """
        with self._changed:
            if self._closing:
                raise ServingError(Code.UNAVAILABLE, "The model was unloaded")
            batch = self._open.get(task.key)
            if batch is None or batch.rows + task.rows > self._limit:
                batch = self._begin_batch(task.key)
            batch.tasks.append(task)
            batch.rows += task.rows
            if batch.rows == self._limit:
                self._close_batch(batch)
            self._changed.notify()

    def waiting_batches(self):
        """How many batches wait for a thread."""
        return len(self._waiting)

    def waiting_rows(self):
        """How many rows are in them."""
        with self._changed:
            return sum(batch.rows for batch in self._waiting)

    def refuse(self):
        """Takes no more tasks, and begins with every waiting batch at once."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def join(self):
        """Waits until every task has its answer and the threads have ended; only after `refuse`."""
        for thread in self._threads:
            thread.join()

    def _begin_batch(self, key):
        if self._enqueued[key] >= self._max_enqueued:
            raise ServingError(Code.UNAVAILABLE, "The batch scheduling queue to which this task was submitted is full")
        if key in self._open:
            self._close_batch(self._open[key])
        batch = self._open[key] = _Batch(key)
        self._waiting.append(batch)
        self._enqueued[key] += 1
        return batch

    def _close_batch(self, batch):
        batch.closed = True
        if self._open.get(batch.key) is batch:
            del self._open[batch.key]

    def _work(self):
        while batch := self._next_batch():
            try:
                self._compute([task for task in batch.tasks if task.answer.set_running_or_notify_cancel()])
            except Exception as error:  # a thread that ended here would leave later requests without an answer
                log.exception("a batch of %d requests failed", len(batch.tasks))
                _fail(batch.tasks, error)

    def _next_batch(self):
        """Waits for a batch that may be computed and takes it out; None when the queue is closed and empty."""
        with self._changed:
            while True:
                now = time.monotonic()
                for batch in self._waiting:
                    if batch.closed or self._closing or now >= batch.opened + self._timeout:
                        return self._take(batch)
                if self._closing:
                    return None
                oldest = self._waiting[0].opened + self._timeout - now if self._waiting else None
                self._changed.wait(oldest)

    def _take(self, batch):
        self._close_batch(batch)
        self._waiting.remove(batch)
        self._enqueued[batch.key] -= 1
        if not self._enqueued[batch.key]:
            del self._enqueued[batch.key]
        if self._waiting:  # another thread has to look after these
            self._changed.notify()
        return batch


def _fail(tasks, error):
    for task in tasks:
        if not task.answer.done():
            task.answer.set_exception(ServingError(Code.INTERNAL, f"{type(error).__name__}: {error}"))
