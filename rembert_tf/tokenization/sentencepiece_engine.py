"""SentencePiece as a TensorFlow operation, with a resource that survives.

tensorflow-text's own `SentencepieceTokenizer` lets an eager kernel own the loaded model. TensorFlow
throws eager kernels away whenever a seed is set or a session cleared (`keras.utils.set_random_seed`,
`keras.backend.clear_session`), and the tokenizer then fails with "Resource ... does not exist". Here the
resource has a name, made of the model's content: no kernel owns it, and equal models share it.
"""

import hashlib

import tensorflow as tf


class SentencePieceEngine(tf.Module):
    """Cuts texts into the pieces of one SentencePiece model.

    Args:
        model: the serialized model, as bytes.
    """

    def __init__(self, model):
        super().__init__(name="sentencepiece")
        self._model = _ModelResource(model)

    def tokenize(self, texts, nbest_size=0, alpha=1.0, out_type=tf.int32):
        """Returns ragged (batch, None) pieces.

        Args:
            texts: (batch,) strings; bytes that are not UTF-8 become unknown pieces.
            nbest_size: 0 takes the best segmentation; -1 samples among all of them.
            alpha: of sampling: 0 makes all segmentations equally likely, large values prefer the best.
            out_type: tf.int32 for ids, tf.string for pieces.
        """
        # The last options (begin and end markers, reversal) are state that all users of the resource
        # share: they are never anything but off.
        values, row_splits = _operations().sentencepiece_tokenize_op(
            self._model.resource_handle, texts, nbest_size, alpha, False, False, False, out_type, return_nbest=False
        )
        return tf.RaggedTensor.from_row_splits(values, row_splits, validate=False)

    def tokenize_with_offsets(self, texts):
        """Returns three ragged (batch, None) int32: ids, first byte of each piece, byte after its last.

        Args:
            texts: (batch,) strings.
        """
        values, row_splits, start, end = _operations().sentencepiece_tokenize_with_offsets_op(
            self._model.resource_handle, texts, 0, 1.0, False, False, False, tf.int32, return_nbest=False
        )
        return [
            tf.RaggedTensor.from_row_splits(tf.cast(part, tf.int32), row_splits, validate=False)
            for part in (values, start, end)
        ]

    def detokenize(self, ids):
        """Returns (batch,) strings: the texts of rows of ids.

        Args:
            ids: ragged (batch, None) int32, each an id of a piece.
        """
        return _operations().sentencepiece_detokenize_op(
            self._model.resource_handle, ids.values, ids.row_splits, False, False, False
        )


class _ModelResource(tf.saved_model.experimental.TrackableResource):
    def __init__(self, model):
        super().__init__()
        self._content = model
        self._shared_name = f"sentencepiece_{hashlib.sha256(model).hexdigest()[:32]}"
        _ = self.resource_handle  # made here, outside any graph that is being traced

    def _create_resource(self):
        return _operations().sentencepiece_op(model=self._content, shared_name=self._shared_name)


def _operations():
    """Returns tensorflow-text's SentencePiece operations, whose wrappers it does not export."""
    from tensorflow_text.python.ops import sentencepiece_tokenizer

    return sentencepiece_tokenizer.gen_sentencepiece_tokenizer
