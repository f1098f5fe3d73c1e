"""What a decoder's call accepts beside an encoder's inputs: an encoder's states, and a cache."""

from rembert_tf.errors import InputError

PAST = "past_key_values"
ENCODER_STATES = ("encoder_hidden_states", "encoder_attention_mask", PAST)


def past_length(tensors, config, batch):
    """Returns the number of cached positions: 0 without a cache, None while unknown.

    Args:
        tensors: the inputs; `past_key_values` holds a tuple a layer of two tensors
            (batch, heads, past_length, head_size), or of four with those of an encoder.
        config: the model's RemBertConfig.
        batch: number of rows, or None while unknown.

    Raises:
        InputError: the cache is not one of this model's.
    """
    caches = tensors.get(PAST)
    if caches is None:
        return 0
    if not isinstance(caches, (tuple, list)) or len(caches) != config.num_hidden_layers:
        raise InputError(f"{PAST} must hold one tuple for each of the {config.num_hidden_layers} layers.")
    wanted = (batch, config.num_attention_heads, None, config.head_size)
    for cache in caches:
        if len(cache) not in (2, 4):
            raise InputError(f"a layer's {PAST} must be 2 tensors, or 4 with an encoder's, not {len(cache)}.")
        for tensor in cache:
            if len(tensor.shape) != 4:
                raise InputError(f"{PAST} must have shape {_listed(wanted)}, not {tuple(tensor.shape)}.")
            check_agreement(PAST, tensor.shape, wanted)
    return caches[0][0].shape[2]


def check_encoder_states(tensors, config, batch):
    """Checks `encoder_hidden_states` and their mask against the model and the batch.

    Raises:
        InputError: a mask without states, states for a decoder that has no cross-attention, or sizes that
            disagree.
    """
    states, mask = tensors.get("encoder_hidden_states"), tensors.get("encoder_attention_mask")
    if states is None:
        if mask is not None and PAST not in tensors:
            raise InputError("encoder_attention_mask was given without encoder_hidden_states.")
        return
    if config.is_decoder and not config.add_cross_attention:
        raise InputError("encoder_hidden_states were given, but the configuration has add_cross_attention=False.")
    check_agreement("encoder_hidden_states", states.shape[:2], (batch, None))
    if mask is not None:
        check_agreement("encoder_attention_mask", mask.shape, states.shape[:2])


def check_agreement(name, shape, wanted, broadcast=False):
    """Raises an InputError unless every known size is the wanted one, or 1 along a batch that broadcasts."""
    for axis, (size, expected) in enumerate(zip(shape, wanted, strict=True)):
        fits = size == expected or size is None or expected is None or (broadcast and axis == 0 and size == 1)
        if not fits:
            raise InputError(f"{name} has shape {tuple(shape)}, which does not fit {_listed(wanted)}.")


def _listed(shape):
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"
