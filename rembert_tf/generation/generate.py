"""Text generation from the first check to the cut result."""

import warnings

import numpy as np
from keras import ops

from rembert_tf.errors import InputError
from rembert_tf.generation.beam_search import BeamSearch
from rembert_tf.generation.compiled import compiled
from rembert_tf.generation.single import generate_single
from rembert_tf.layers.lora import adapter_settings
from rembert_tf.models.decoder_inputs import PAST
from rembert_tf.models.inputs import check_ranges

PROMPT = ("input_ids", "attention_mask", "token_type_ids", "encoder_hidden_states", "encoder_attention_mask")


def generate(model, inputs, settings):
    """Continues prompts.

    Args:
        model: a RemBertForCausalLM.
        inputs: dictionary with `input_ids` (prompts, length), padded on the left, and optionally
            `attention_mask`, `token_type_ids`, `encoder_hidden_states` and `encoder_attention_mask`.
        settings: GenerationSettings.

    Returns:
        Pieces (prompts * num_return_sequences, length + new pieces), and the scores of beam search
        (prompts * num_return_sequences,) or None.

    Raises:
        InputError: inputs that do not fit, padding on the right, or more positions than the model has.
    """
    prompt = _checked_prompt(model, inputs, settings)
    if not model.config.is_decoder:
        warnings.warn(
            "generate with is_decoder=False attends in both directions and means nothing: "
            "set is_decoder=True in the configuration.",
            stacklevel=3,
        )
    run = _program(model, settings)
    if settings.num_beams == 1:
        sequences, length = run(prompt, _uniforms(settings, prompt["input_ids"].shape[0]))
        return sequences[:, : int(length)], None
    sequences, scores, lengths = run(prompt)
    kept = settings.num_return_sequences
    length = int(ops.convert_to_numpy(lengths)[:, :kept].max())
    sequences = ops.reshape(sequences[:, :kept, :length], (-1, length))
    return sequences, ops.reshape(scores[:, :kept], (-1,))


def _program(model, settings):
    """Returns the compiled search; it is kept with the model, since compiling takes longer than running."""
    # Not an attribute that Keras would track.
    programs = vars(model).setdefault("_generation_programs", {})
    # Another size or adapters bring other variables.
    key = (settings, model.config.vocab_size, adapter_settings(model))
    if key not in programs:
        if settings.num_beams == 1:
            programs[key] = compiled(model, lambda *tensors: generate_single(model, settings, *tensors))
        else:
            programs[key] = compiled(model, lambda prompt: BeamSearch(model, settings, prompt).run())
    return programs[key]


def _uniforms(settings, rows):
    """Returns the numbers that sampling draws with, (max_new_tokens, rows): a seed gives the same ones anywhere."""
    if not settings.do_sample:
        return ops.zeros((1, 1), "float32")
    random = np.random.default_rng(settings.seed)
    return ops.convert_to_tensor(random.random((settings.max_new_tokens, rows)), "float32")


def _checked_prompt(model, inputs, settings):
    if not isinstance(inputs, dict) or inputs.get("input_ids") is None:
        raise InputError("generate takes a dictionary with input_ids.")
    unknown = sorted(name for name, value in inputs.items() if value is not None and name not in PROMPT)
    if unknown:
        hint = " (it keeps its own cache)" if PAST in unknown else ""
        raise InputError(f"generate does not take {', '.join(unknown)}{hint}; it takes {', '.join(PROMPT)}.")
    prompt = model.rembert.check_inputs(inputs)
    check_ranges(prompt, model.config)
    ids = prompt["input_ids"]
    if "attention_mask" not in prompt:
        prompt["attention_mask"] = ops.ones(ids.shape, "int32")
    prompt.setdefault("token_type_ids", ops.zeros(ids.shape, "int32"))
    mask = ops.convert_to_numpy(prompt["attention_mask"]) != 0
    prompt["attention_mask"] = ops.cast(ops.convert_to_tensor(mask), "int32")
    if ids.shape[0] == 0:
        raise InputError("there is no prompt: input_ids has no row.")
    if not mask[:, -1].all():
        raise InputError(
            f"prompt {int(np.argmin(mask[:, -1]))} is padded on the right (its attention_mask ends with 0): "
            "pad on the left, so that the continuation follows the text."
        )
    longest = int(mask.sum(axis=1).max()) + settings.max_new_tokens
    if longest > model.config.max_position_embeddings:
        raise InputError(
            f"max_new_tokens={settings.max_new_tokens} makes sequences of {longest} pieces, but "
            f"max_position_embeddings is {model.config.max_position_embeddings}."
        )
    return prompt
