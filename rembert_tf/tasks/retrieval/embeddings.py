"""Sentence embeddings: a layer's states, pooled over a sentence."""

import numpy as np
import tensorflow as tf
from keras import ops

from rembert_tf.errors import InputError
from rembert_tf.layers.token_layout import padding_removed
from rembert_tf.tasks.batches import Batches
from rembert_tf.tasks.pairs.model_inputs import rectangle

MEAN, CLS = POOLING = ("mean", "cls")
# How much of all layers is held at a time; more sentences take more passes.
MEMORY = 2**30
_TOKENIZE_CHUNK = 4096
_GIVEN, _POOLED = ("input_ids", "attention_mask"), "pooled_positions"


def default_layer(num_layers):
    """Returns the hidden state that XTREME's scripts would take, where 0 is the projected embedding.

    They take the outputs of the blocks numbered 7 of 12 and 13 of 24, from 0: hidden states 8 and 14. Other
    depths follow the line through the two, which is a guess: 18 of 32. A sweep over the layers tells.

    Args:
        num_layers: of the model.
    """
    return min(num_layers, num_layers // 2 + 2)


def sentence_embeddings(
    model, tokenizer, texts, layer=None, pooling=MEAN, batch_size=64, max_length=512, specials=True, report=None
):
    """Returns an embedding for each text.

    Args:
        model: as a SentenceEmbedder takes it.
        tokenizer: as a SentenceEmbedder takes it.
        texts: list of strings; equal ones get equal embeddings, to the last bit.
        layer: 0 (the projected embedding) to the number of layers, or None for `default_layer`.
        pooling: as a SentenceEmbedder takes it.
        batch_size: as a SentenceEmbedder takes it.
        max_length: as a SentenceEmbedder takes it.
        specials: as a SentenceEmbedder takes it.
        report: called as `report(done, total)`, or None.

    Returns:
        Array (texts, hidden_size), float32; the rows are not normalised.

    Raises:
        InputError: the model has no such layer, no room for `max_length`, or another vocabulary.
    """
    embedder = SentenceEmbedder(model, tokenizer, pooling, batch_size, max_length, specials)
    layer = default_layer(embedder.num_layers) if layer is None else layer
    return next(embedder.by_layer(texts, [layer], report=report))[1]


class SentenceEmbedder:
    """Turns sentences into embeddings, and keeps what it compiled for the next ones.

    Args:
        model: a RemBertModel, or a model with a head, whose encoder is used.
        tokenizer: its RemBertTokenizerFast.
        pooling: "mean" over a sentence's pieces, or "cls": the state of the first token.
        batch_size: sentences at a time.
        max_length: pieces of a sentence; the end of longer ones is cut off.
        specials: whether the mean takes in [CLS] and [SEP], as XTREME's does. Padding never is in it.

    Raises:
        InputError: `pooling` is none of these, or the model has no room for `max_length`, or another vocabulary.
    """

    def __init__(self, model, tokenizer, pooling=MEAN, batch_size=64, max_length=512, specials=True):
        self.encoder = encoder_of(model)
        self.tokenizer, self.pooling, self.batch_size = tokenizer, pooling, batch_size
        self.max_length, self.specials = max_length, specials
        self._compiled = {}
        check_settings(self.encoder.config, tokenizer, pooling, max_length)

    @property
    def num_layers(self):
        """Layers of the model; its hidden states are one more."""
        return self.encoder.config.num_hidden_layers

    def by_layer(self, texts, layers=None, memory=MEMORY, report=None):
        """Yields (layer, embeddings (texts, hidden_size)), several layers from one pass over the texts.

        Args:
            texts: list of strings.
            layers: list of layers, or None for all of them, the projected embedding included.
            memory: bytes of embeddings to hold; what is more takes another pass over the texts. One layer is
                always held whole.
            report: called as `report(done, total)`, in sentences of all passes, or None.

        Raises:
            InputError: the model has no such layer.
        """
        layers = list(range(self.num_layers + 1)) if layers is None else list(layers)
        for layer in layers:
            if not 0 <= layer <= self.num_layers:
                raise InputError(
                    f"there is no layer {layer}: the model has 0 (the projected embedding) to {self.num_layers}."
                )
        unique = list(dict.fromkeys(texts))
        places = {text: place for place, text in enumerate(unique)}
        rows = np.array([places[text] for text in texts], "int64")
        batches = _batches(self.tokenizer, unique, self.batch_size, self.max_length, self.specials)
        at_once = max(1, memory // max(1, 4 * len(unique) * self.encoder.config.hidden_size))
        groups = [layers[start : start + at_once] for start in range(0, len(layers), at_once)]
        for number, group in enumerate(groups):
            step = report and _shifted(report, number * len(unique), len(groups) * len(unique))
            for layer, pooled in zip(group, self._one_pass(batches, group, step), strict=True):
                yield layer, pooled[rows]

    def _one_pass(self, batches, layers, report):
        """Returns embeddings (layers, texts, hidden_size)."""
        pooled = np.zeros((len(layers), len(batches), self.encoder.config.hidden_size), "float32")
        if not len(batches):
            return pooled
        states = self._states(tuple(layers))
        dataset, order = batches.ordered_dataset()
        done = 0
        for inputs in dataset:
            part = states(inputs).numpy()
            pooled[:, order[done : done + len(part)]] = part.transpose(1, 0, 2)
            done += len(part)
            if report is not None:
                report(done, len(batches))
        return pooled

    def _states(self, layers):
        if layers not in self._compiled:
            self._compiled[layers] = _compiled(PooledStates(self.encoder, layers, self.pooling))
        return self._compiled[layers]


def encoder_of(model):
    """Returns a model's encoder: itself, or what its head stands on."""
    return getattr(model, "rembert", model)


def check_settings(config, tokenizer, pooling, max_length):
    """Raises an InputError unless a model with this configuration can give these embeddings."""
    if pooling not in POOLING:
        raise InputError(f"pooling must be one of {', '.join(POOLING)}, not {pooling!r}.")
    if not 3 <= max_length <= config.max_position_embeddings:
        raise InputError(
            f"max_length is {max_length}: it must be from 3 to the model's {config.max_position_embeddings} positions."
        )
    if len(tokenizer) > config.vocab_size:
        raise InputError(
            f"the tokenizer has {len(tokenizer)} tokens, but the model's table has {config.vocab_size} rows: "
            "they do not belong together."
        )


class PooledStates:
    """Computes pooled states of some layers, (batch, layers, hidden_size), from model input.

    Args:
        encoder: a RemBertModel.
        layers: which.
        pooling: "mean", over `inputs["pooled_positions"]` (batch, length), or "cls".
    """

    def __init__(self, encoder, layers, pooling):
        self.encoder, self.chosen, self.pooling = encoder, layers, pooling

    def __call__(self, inputs):
        weights = ops.cast(inputs[_POOLED], "float32")
        weights = weights / ops.maximum(ops.sum(weights, axis=1, keepdims=True), 1)
        given = {name: inputs[name] for name in _GIVEN}
        outputs = self.encoder(given, output_hidden_states=True)
        return ops.stack([self._pool(outputs["hidden_states"][layer], weights) for layer in self.chosen], axis=1)

    def _pool(self, states, weights):
        # In single precision even where the model computes in half.
        states = ops.cast(states, "float32")
        return states[:, 0] if self.pooling == CLS else ops.einsum("blh,bl->bh", states, weights)


def _compiled(states):
    """Returns PooledStates compiled once for batches of any size; Keras would trace several shapes first."""
    rectangle = tf.TensorSpec([None, None], tf.int32)
    signature = [dict.fromkeys((*_GIVEN, _POOLED), rectangle)]
    return tf.function(padding_removed()(states), input_signature=signature, autograph=False)


def _batches(tokenizer, texts, batch_size, max_length, specials):
    """Returns Batches of input whose ids are computed once: their lengths are needed before the first batch."""
    parts = [
        tokenizer(
            texts[start : start + _TOKENIZE_CHUNK], truncation=True, max_length=max_length, split_special_tokens=True
        )["input_ids"]
        for start in range(0, len(texts), _TOKENIZE_CHUNK)
    ]
    ids = tf.concat(parts, axis=0) if parts else tf.ragged.constant([], tf.int32, ragged_rank=1)
    lengths = ids.row_lengths()

    def features(rows, width):
        count = tf.gather(lengths, rows)[:, tf.newaxis]
        padded = rectangle(tf.gather(ids, rows), tokenizer.pad_token_id, width)
        position = tf.range(width)[tf.newaxis]
        inside = position < count
        pooled = inside if specials else (position > 0) & (position < count - 1)
        return {
            "input_ids": padded,
            "attention_mask": tf.cast(inside, tf.int32),
            _POOLED: tf.cast(pooled, tf.int32),
        }

    return Batches(lengths.numpy(), features, batch_size, width_step=1)


def _shifted(report, before, total):
    return lambda done, _: report(before + done, total)
