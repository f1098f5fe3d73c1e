"""Bytes that the chief of several workers sends to all, by the collective operations that sum gradients."""

import functools
import json

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError

# Sizes of what travels at once, in int32: every worker must know them beforehand.
SHORT, LONG = 2**10, 2**20
UNIT = 4  # bytes


class ChiefMessages:
    """What the chief knows and the other workers are told.

    Every worker must call the same methods in the same order.

    Args:
        strategy: a MultiWorkerMirroredStrategy.
        is_chief: whether this process is the chief.
    """

    def __init__(self, strategy, is_chief):
        self.strategy, self.is_chief = strategy, is_chief

    def by_chief(self, function):
        """Returns what a function returns at the chief, which alone calls it.

        Args:
            function: takes nothing, returns what JSON can hold.

        Raises:
            InputError: on every worker where the chief's function raised one.
        """
        result, said = None, None
        if self.is_chief:
            try:
                result = function()
                said = {"result": result}
            except InputError as problem:
                said = {"error": str(problem)}
        told = self._message(said)
        if "error" in told:
            raise InputError(told["error"])
        return result if self.is_chief else told["result"]

    def _message(self, said):
        content = json.dumps(said, default=float).encode("utf-8") if self.is_chief else b""
        length = int(self._sent(np.array([len(content)], "<i4"), SHORT)[0])
        return json.loads(self.bytes(content, length, SHORT))

    def bytes(self, content, length, size=LONG):
        """Returns the chief's bytes.

        Args:
            content: bytes; only the chief's count.
            length: how many they are.
            size: int32 numbers that travel at once.
        """
        padded = content + bytes(-len(content) % UNIT)
        numbers = np.frombuffer(padded, "<i4") if self.is_chief else np.zeros(0, "<i4")
        parts = [self._sent(numbers[start : start + size], size) for start in range(0, -(-length // UNIT), size)]
        return np.concatenate([np.zeros(0, "<i4"), *parts]).astype("<i4").tobytes()[:length]

    def array(self, array):
        """Returns the chief's array, bit for bit.

        Args:
            array: of the same shape and type on every worker.
        """
        received = self.bytes(np.ascontiguousarray(array).tobytes(), array.nbytes)
        return np.frombuffer(received, array.dtype).reshape(array.shape)

    def _sent(self, numbers, size):
        filled = np.zeros(size, "int32")
        filled[: len(numbers)] = numbers if self.is_chief else 0
        return self._sum(tf.constant(filled)).numpy()

    @functools.cached_property
    def _sum(self):
        strategy = self.strategy

        def on_replica(numbers):
            context = tf.distribute.get_replica_context()
            own = tf.where(tf.equal(context.replica_id_in_sync_group, 0), numbers, tf.zeros_like(numbers))
            return context.all_reduce(tf.distribute.ReduceOp.SUM, own)

        @tf.function
        def total(numbers):
            return strategy.experimental_local_results(strategy.run(on_replica, args=(numbers,)))[0]

        return total
