"""RemBertModel: the encoder, with its pooler."""

import keras
from keras import ops

from rembert_tf.layers.attention import additive_mask
from rembert_tf.layers.embeddings import Embeddings
from rembert_tf.layers.encoder import Encoder
from rembert_tf.layers.initializers import new_weight
from rembert_tf.layers.token_layout import PaddedLayout
from rembert_tf.models.pretrained import PretrainedModel


@keras.saving.register_keras_serializable("rembert_tf")
class RemBertModel(PretrainedModel):
    """The RemBERT encoder (Chung et al., ICLR 2021).

    Example:
        >>> config = RemBertConfig(vocab_size=1000, hidden_size=48, num_hidden_layers=2, num_attention_heads=4)
        >>> outputs = RemBertModel(config)({"input_ids": [[312, 5, 6, 313]]})
        >>> outputs["last_hidden_state"].shape
        TensorShape([1, 4, 48])

    Args:
        config: a RemBertConfig.
        add_pooling_layer: whether `pooler_output` is computed.
        **kwargs: `name`, `dtype` and `trainable`, as of any Keras model.
    """

    def __init__(self, config, add_pooling_layer=True, **kwargs):
        super().__init__(config, **kwargs)
        self.add_pooling_layer = add_pooling_layer
        policy = self.dtype_policy
        self.embeddings = Embeddings(config, dtype=policy, name="embeddings")
        self.encoder = Encoder(config, dtype=policy, name="encoder")
        self.pooler = None
        if add_pooling_layer:
            self.pooler = keras.layers.Dense(
                config.hidden_size,
                activation="tanh",  # whatever hidden_act is
                kernel_initializer=new_weight(config),
                dtype=policy,
                name="pooler",
            )
        self.build()

    def build(self, input_shape=None):
        self.embeddings.build()
        self.encoder.build()
        if self.pooler is not None:
            self.pooler.build((None, self.config.hidden_size))
        self.built = True

    def call(self, inputs, training=False, output_hidden_states=False, output_attentions=False, use_cache=False):
        """Encodes a batch.

        Args:
            inputs: dictionary with `input_ids` (batch, length) or `inputs_embeds`
                (batch, length, input_embedding_size); optional `attention_mask` (batch, length), where
                every non-zero entry is kept, `token_type_ids` (batch, length; default 0) and
                `position_ids` (batch or 1, length; default 0, 1, 2, ... whatever the mask says).
            training: whether dropout is active.
            output_hidden_states: also return `hidden_states`.
            output_attentions: also return `attentions`.
            use_cache: accepted for decoders; an encoder has no cache.

        Returns:
            Dictionary: `last_hidden_state` (batch, length, hidden_size); `pooler_output`
            (batch, hidden_size) unless built without pooler; when asked `hidden_states`, layers + 1
            tensors of which the first is the projected embedding; and `attentions`, one tensor
            (batch, heads, length, length) a layer, after dropout.
        """
        tensors = self.check_inputs(inputs)
        hidden_states, attentions, layout = self._encode(tensors, training)
        outputs = {"last_hidden_state": layout.to_batch(hidden_states[-1])}
        if self.pooler is not None:
            outputs["pooler_output"] = self.pooler(layout.first_tokens(hidden_states[-1]))
        if output_hidden_states:
            outputs["hidden_states"] = tuple(layout.to_batch(state) for state in hidden_states)
        if output_attentions:
            outputs["attentions"] = tuple(attentions)
        return outputs

    def _encode(self, tensors, training):
        ids, embeds = tensors.get("input_ids"), tensors.get("inputs_embeds")
        batch, length = ops.shape(ids if embeds is None else embeds)[:2]
        layout = PaddedLayout(batch, length)

        def tokens(name, default):
            per_position = tensors.get(name)
            per_position = default if per_position is None else ops.cast(per_position, "int32")
            return layout.to_tokens(ops.broadcast_to(per_position, (batch, length)))

        embeddings = self.embeddings(
            None if ids is None else layout.to_tokens(ids),
            token_type_ids=tokens("token_type_ids", ops.zeros((1, 1), "int32")),
            position_ids=tokens("position_ids", ops.arange(length, dtype="int32")[None, :]),
            inputs_embeds=None if embeds is None else layout.to_tokens(embeds),
            training=training,
        )
        mask = tensors.get("attention_mask")
        bias = None if mask is None else additive_mask(mask, self.compute_dtype)
        return *self.encoder(embeddings, layout=layout, attention_bias=bias, training=training), layout

    def get_config(self):
        return {**super().get_config(), "add_pooling_layer": self.add_pooling_layer}
