"""RemBertModel: the encoder with its pooler, or, with `is_decoder`, the decoder."""

import warnings

import keras
from keras import ops

from rembert_tf.layers.attention_bias import additive_bias, causal_keep, padding_keep
from rembert_tf.layers.block import AttentionViews
from rembert_tf.layers.embeddings import Embeddings
from rembert_tf.layers.encoder import Encoder
from rembert_tf.layers.initializers import new_weight
from rembert_tf.layers.token_layout import PaddedLayout, encoder_layout
from rembert_tf.models.inputs import ENCODER_STATES
from rembert_tf.models.pretrained import PretrainedModel


@keras.saving.register_keras_serializable("rembert_tf")
class RemBertModel(PretrainedModel):
    """The RemBERT encoder (Chung et al., ICLR 2021).

    Examples:
        >>> config = RemBertConfig(vocab_size=1000, hidden_size=48, num_hidden_layers=2, num_attention_heads=4)
        >>> outputs = RemBertModel(config)({"input_ids": [[312, 5, 6, 313]]})
        >>> outputs["last_hidden_state"].shape
        TensorShape([1, 4, 48])

    Args:
        config: a RemBertConfig.
        add_pooling_layer: whether `pooler_output` is computed.
        **kwargs: `name`, `dtype` and `trainable`, as of any Keras model.
    """

    CONSTRUCTOR_ARGUMENTS = (*PretrainedModel.CONSTRUCTOR_ARGUMENTS, "add_pooling_layer")
    CALL_ARGUMENTS = ("training", "output_hidden_states", "output_attentions", "use_cache")
    # Called in the place of `encoder`, with the same arguments and result, where an export has set it on its twin.
    encoder_substitute = None

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
                A decoder also takes `encoder_hidden_states` (batch, encoder_length, hidden_size),
                `encoder_attention_mask` (batch, encoder_length) and `past_key_values`, which an earlier
                call returned; `attention_mask` then covers past and new positions.
            training: whether dropout is active.
            output_hidden_states: also return `hidden_states`.
            output_attentions: also return `attentions`, and from a decoder with cross-attention
                `cross_attentions`.
            use_cache: also return `past_key_values`; an encoder has none.

        Returns:
            Dictionary: `last_hidden_state` (batch, length, hidden_size); `pooler_output`
            (batch, hidden_size) unless built without pooler; when asked `hidden_states`, layers + 1
            tensors of which the first is the projected embedding; `attentions`, one tensor
            (batch, heads, length, key_length) a layer, after dropout; `cross_attentions`, empty where there
            was no encoder to attend to; `past_key_values`, one tuple a layer of keys and values
            (batch, heads, key_length, head_size), followed by those of the encoder's states if there are any.
        """
        tensors = self.check_inputs(inputs)
        encoded, layout = self.run(tensors, training=training, output_attentions=output_attentions)
        outputs = {"last_hidden_state": layout.to_batch(encoded.hidden_states[-1])}
        if self.pooler is not None:
            outputs["pooler_output"] = self.pooler(layout.first_tokens(encoded.hidden_states[-1]))
        if output_hidden_states:
            outputs["hidden_states"] = tuple(layout.to_batch(state) for state in encoded.hidden_states)
        if output_attentions:
            outputs["attentions"] = tuple(encoded.attentions)
            if self.config.add_cross_attention:
                outputs["cross_attentions"] = tuple(encoded.cross_attentions)
        if use_cache and self.config.is_decoder:
            outputs["past_key_values"] = tuple(encoded.caches)
        return outputs

    def run(self, tensors, training=False, output_attentions=False, cache_position=None):
        """Runs the stack on checked tensors; what `call` and text generation share.

        Args:
            tensors: what `check_inputs` returned.
            training: whether dropout is active.
            output_attentions: whether attention probabilities are needed; gradient checkpointing, which
                would not keep them, is then off.
            cache_position: the caches in `past_key_values` have a fixed size and are written at this
                position; None appends to them.

        Returns:
            An `EncoderOutput`, and the token layout of its hidden states.
        """
        caches = tensors.get("past_key_values")
        start = cache_position
        if start is None:
            start = ops.shape(caches[0][0])[2] if caches else 0
        embeddings, layout = self._embed(tensors, start, training)
        recompute = training and self.encoder.gradient_checkpointing and not (output_attentions or caches)
        encoded = (self.encoder_substitute or self.encoder)(
            embeddings,
            layout=layout,
            views=self._views(tensors, layout, start, caches, cache_position),
            caches=caches,
            cache_position=cache_position,
            training=training,
            recompute=recompute,
        )
        return encoded, layout

    def check_inputs(self, inputs):
        tensors = super().check_inputs(inputs)
        ignored = [] if self.config.is_decoder else [name for name in ENCODER_STATES if name in tensors]
        if ignored:
            warnings.warn(f"{', '.join(ignored)} ignored: the configuration has is_decoder=False.", stacklevel=3)
        return {name: value for name, value in tensors.items() if name not in ignored}

    def _embed(self, tensors, start, training):
        """Returns embeddings (tokens, input_embedding_size) and their layout."""
        ids, embeds = tensors.get("input_ids"), tensors.get("inputs_embeds")
        batch, length = ops.shape(ids if embeds is None else embeds)[:2]
        # A decoder's caches are rectangles, and so is what goes into them.
        layout = encoder_layout(batch, length, None if self.config.is_decoder else tensors.get("attention_mask"))

        def tokens(name, default):
            per_position = tensors.get(name)
            per_position = default if per_position is None else ops.cast(per_position, "int32")
            return layout.to_tokens(ops.broadcast_to(per_position, (batch, length)))

        positions = ops.arange(length, dtype="int32") + ops.cast(start, "int32")
        embeddings = self.embeddings(
            None if ids is None else layout.to_tokens(ids),
            token_type_ids=tokens("token_type_ids", ops.zeros((1, 1), "int32")),
            position_ids=tokens("position_ids", positions[None, :]),
            inputs_embeds=None if embeds is None else layout.to_tokens(embeds),
            training=training,
        )
        return embeddings, layout

    def _views(self, tensors, layout, start, caches, cache_position):
        """Returns the AttentionViews of a call."""
        mask = tensors.get("attention_mask")
        keep = None if mask is None else padding_keep(mask)
        if self.config.is_decoder:
            keys = layout.length + start if cache_position is None else ops.shape(caches[0][0])[2]
            causal = causal_keep(layout.length, keys, start)
            keep = causal if keep is None else ops.logical_and(causal, keep)
        states, states_mask = tensors.get("encoder_hidden_states"), tensors.get("encoder_attention_mask")
        views = AttentionViews(bias=None if keep is None else additive_bias(keep, self.compute_dtype))
        if states_mask is not None:
            views.encoder_bias = additive_bias(padding_keep(states_mask), self.compute_dtype)
        if states is not None:
            views.encoder_layout = PaddedLayout(*ops.shape(states)[:2])
            views.encoder_hidden = views.encoder_layout.to_tokens(ops.cast(states, self.compute_dtype))
        return views

    def get_config(self):
        return {**super().get_config(), "add_pooling_layer": self.add_pooling_layer}
