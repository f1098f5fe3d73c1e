"""A SavedModel in memory that answers batches, and finds out which rows of one it refuses."""

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.serving.batch.answers import answers_of
from rembert_tf.serving.batch.bad_rows import BadRow
from rembert_tf.serving.server.inference import predict
from rembert_tf.serving.server.servable import Servable
from rembert_tf.serving.server.status import Code, ServingError

# What lies in the rows: others of them may well be answered.
_REFUSALS = {Code.INVALID_ARGUMENT, Code.OUT_OF_RANGE, Code.RESOURCE_EXHAUSTED}
_LONGEST_REASON = 300  # characters


class LoadedModel:
    """A SavedModel that answers requests.

    Args:
        directory: of the SavedModel.
        signature: its BatchSignature.

    Raises:
        InputError: it does not load.
    """

    def __init__(self, directory, signature):
        self._servable = Servable(directory, 1)
        self._signature = signature

    def answer(self, requests):
        """Answers rows; where the model refuses them together, each of them by itself in the end.

        Args:
            requests: list of {input: bytes, or a list of bytes}.

        Returns:
            For each of them {output: value}, or a BadRow.

        Raises:
            InputError: the model fails, whatever the rows.
        """
        try:
            outputs = predict(self._servable, self._signature.name, self._arrays(requests))
        except ServingError as error:
            if error.code not in _REFUSALS:
                raise InputError(
                    f"signature {self._signature.name!r} of {self._servable.path} fails ({error})."
                ) from error
            if len(requests) == 1:
                return [BadRow(f"the model refuses it: {_short(error.message)}")]
            middle = len(requests) // 2
            return self.answer(requests[:middle]) + self.answer(requests[middle:])
        for name, array in outputs.items():
            if not array.ndim or len(array) != len(requests):
                raise InputError(
                    f"signature {self._signature.name!r} of {self._servable.path} returns {name!r} of shape "
                    f"{array.shape} for {len(requests)} rows: it must return something for each row."
                )
        return answers_of(outputs, requests)

    def _arrays(self, requests):
        return {
            name: _strings([request[name] for request in requests])
            if rank == 1
            else _rectangle([request[name] for request in requests])
            for name, rank in self._signature.inputs.items()
        }


def _strings(texts):
    array = np.empty(len(texts), object)
    array[:] = texts
    return array


def _rectangle(lists):
    """Returns (rows, longest) strings; an empty one is none, as the contract says of choices."""
    array = np.full((len(lists), max(map(len, lists))), b"", object)
    for row, texts in enumerate(lists):
        array[row, : len(texts)] = texts
    return array


def _short(message):
    lines = message.strip().splitlines() or ["it says nothing"]
    return lines[0][:_LONGEST_REASON]
