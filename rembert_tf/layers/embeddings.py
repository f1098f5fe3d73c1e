"""Word, position and token-type embeddings at the input width."""

import keras
from keras import ops

from rembert_tf.layers.dropout import Dropout
from rembert_tf.layers.initializers import new_weight, zero_row


class Embeddings(keras.layers.Layer):
    """Sums three tables of width `input_embedding_size` and normalises the sum.

    LayerNorm and dropout stand before the projection to the hidden width, not after it (paper, section 3;
    reference `RemBertEmbeddings`).

    Args:
        config: a RemBertConfig.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.spelling = None  # in training from nothing; see rembert_tf.training.spelling
        width, policy = config.input_embedding_size, self.dtype_policy

        def table(rows, name, initializer):
            return keras.layers.Embedding(rows, width, embeddings_initializer=initializer, dtype=policy, name=name)

        self.word_embeddings = table(
            config.vocab_size, "word_embeddings", zero_row(config.pad_token_id, new_weight(config))
        )
        self.position_embeddings = table(config.max_position_embeddings, "position_embeddings", new_weight(config))
        self.token_type_embeddings = table(config.type_vocab_size, "token_type_embeddings", new_weight(config))
        self.layer_norm = keras.layers.LayerNormalization(
            epsilon=config.layer_norm_eps, dtype=policy, name="layer_norm"
        )
        self.dropout = Dropout(config.hidden_dropout_prob, dtype=policy, name="dropout")

    def build(self, input_shape=None):
        for table in (self.word_embeddings, self.position_embeddings, self.token_type_embeddings):
            table.build((None,))
        self.layer_norm.build((None, self.config.input_embedding_size))
        self.built = True

    def call(self, input_ids, token_type_ids, position_ids, inputs_embeds=None, training=False):
        """Returns `(tokens, input_embedding_size)`; every argument is a flat list of tokens.

        Args:
            input_ids: (tokens,) integers, or None when `inputs_embeds` is given.
            token_type_ids: (tokens,) integers.
            position_ids: (tokens,) integers.
            inputs_embeds: (tokens, input_embedding_size), instead of looking up `input_ids`.
            training: whether dropout is active.
        """
        words = self.look_up(input_ids, training) if inputs_embeds is None else inputs_embeds
        summed = words + self.token_type_embeddings(token_type_ids) + self.position_embeddings(position_ids)
        return self.dropout(self.layer_norm(summed), training=training)

    def look_up(self, input_ids, training=False):
        """Returns word vectors; the padding row is used as it is but never trained.

        The reference forces that row's gradient to zero (`padding_idx` of its table), so loss curves
        drift apart unless it is frozen here too.
        """
        words = self.word_embeddings(input_ids)
        if self.spelling is not None:
            words = words + ops.cast(self.spelling(input_ids, training), words.dtype)
        if self.config.pad_token_id is None:
            return words
        is_padding = ops.equal(input_ids, self.config.pad_token_id)[:, None]
        return ops.where(is_padding, ops.stop_gradient(words), words)
