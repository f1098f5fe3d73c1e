"""Attention and attributions of a model directory, computed by the Keras model, which is loaded when first asked."""

import contextlib
import dataclasses
import threading

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.layers.lora import encoder_of
from rembert_tf.serving.playground.explained.catalogue import row_maker
from rembert_tf.serving.playground.explained.row import SPECIAL, number_of
from rembert_tf.serving.playground.integrated_gradients import integrated_gradients
from rembert_tf.serving.server.status import Code, ServingError
from rembert_tf.tasks.start import architecture_of, load_trained

MOST_PIECES = 256  # of a row: gradients keep every activation, and a page shows no more in a useful way
MEAN = "mean"  # instead of the number of a head
WAITING = 2  # explanations that run or wait; threads are there for predictions


@dataclasses.dataclass(frozen=True)
class ReadingSettings:
    """How the export reads texts.

    Args:
        max_length: pieces of a row.
        pair: whether a sequence classifier reads pairs.
    """

    max_length: int
    pair: bool = False


class Explainer:
    """Explains what the model of a directory does with a request. One explanation is computed at a time.

    Args:
        model_directory: of the model whose export is served.
        max_length: pieces of a row, as exported; None means what the model can take.
        pair: whether a sequence classifier was exported for pairs.
        version: of the export that is this model's; None says that any is.
    """

    def __init__(self, model_directory, max_length=None, pair=False, version=None):
        self.version = version
        self._directory = model_directory
        self._max_length = max_length
        self._pair = bool(pair)
        self._loaded = None
        self._turn = threading.Lock()
        self._waiting = threading.BoundedSemaphore(WAITING)

    def attention(self, inputs, target, layer=0, head=MEAN):
        """Returns how much each piece attends to each other one.

        Args:
            inputs: {name: text}, one row of `serving_default`.
            target: says which row of pieces is meant where a request has several.
            layer: number of the layer, from 0.
            head: number of the head, from 0; or "mean" for the mean of all.

        Returns:
            Dictionary of `pieces`, `layers`, `heads` and `weights` (length, length), rows of which add up to 1.
        """
        with self._model() as (model, tokenizer, make_row):
            row = make_row(inputs, target)
            config = model.config
            layer = number_of({"layer": layer}, "layer", config.num_hidden_layers)
            if head != MEAN:
                head = number_of({"head": head}, "head", config.num_attention_heads)
            outputs = encoder_of(model)(row.inputs(), training=False, output_attentions=True)
            weights = tf.cast(outputs["attentions"][layer][0], tf.float32).numpy()
            weights = weights.mean(axis=0) if head == MEAN else weights[head]
        return {
            "pieces": _pieces(tokenizer, row.ids),
            "layers": config.num_hidden_layers,
            "heads": config.num_attention_heads,
            "weights": np.round(weights.astype(np.float64), 4).tolist(),
        }

    def attributions(self, inputs, target):
        """Returns how much each piece adds to the score of the target.

        Args:
            inputs: {name: text}, one row of `serving_default`.
            target: says what is explained; its entries depend on the kind of model.

        Returns:
            Dictionary of `pieces`, `attributions` (length,), `about` (what the score is), `score`, and `baseline`:
            the score without any word. Special tokens stay, and have the attribution 0.

        Raises:
            InputError: there is nothing to explain in the request.
        """
        with self._model() as (model, tokenizer, make_row):
            row = make_row(inputs, target)
            if row.score is None:
                raise InputError(f"there is nothing to explain: the target names no part of {row.about}.")
            vectors = tf.cast(encoder_of(model).embeddings.look_up(tf.constant(row.ids)), tf.float32)
            baseline = tf.where(_is_special(tokenizer, row.ids)[:, np.newaxis], vectors, 0.0)
            shares = integrated_gradients(row.score, vectors, baseline).numpy()
            baseline_score, score = (float(row.score(each[tf.newaxis])[0]) for each in (baseline, vectors))
        return {
            "pieces": _pieces(tokenizer, row.ids),
            "attributions": [float(share) for share in shares],
            "about": row.about,
            "score": score,
            "baseline": baseline_score,
        }

    @contextlib.contextmanager
    def _model(self):
        """Gives model, tokenizer and what makes a checked row of a request, to one request at a time."""
        if not self._waiting.acquire(blocking=False):
            raise ServingError(Code.UNAVAILABLE, "Other explanations are being computed: try again in a moment")
        try:
            with self._turn:
                yield self._load()
        finally:
            self._waiting.release()

    def _load(self):
        if self._loaded is None:
            architecture = architecture_of(self._directory)
            model, tokenizer = load_trained(self._directory, architecture)
            self._loaded = model, tokenizer, self._row_maker(architecture, model, tokenizer)
        return self._loaded

    def _row_maker(self, architecture, model, tokenizer):
        make = row_maker(architecture)
        settings = ReadingSettings(self._max_length or model.config.max_position_embeddings, self._pair)

        def checked(inputs, target):
            row = make(model, tokenizer, inputs, target, settings)
            if len(row.ids) > MOST_PIECES:
                raise InputError(
                    f"the text has {len(row.ids)} pieces; up to {MOST_PIECES} can be explained: shorten it."
                )
            return row

        return checked


def _is_special(tokenizer, ids):
    """Returns (length,) bool: which pieces are no words."""
    return np.isin(ids, [getattr(tokenizer, name) for name in SPECIAL])


def _pieces(tokenizer, ids):
    tokens = tokenizer.convert_ids_to_tokens(ids)
    return [{"id": int(number), "piece": token} for number, token in zip(ids, tokens, strict=True)]
