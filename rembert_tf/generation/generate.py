"""Text generation from a checked prompt to the cut result."""

import secrets

from keras import ops

from rembert_tf.generation.beam_search import BeamSearch
from rembert_tf.generation.compiled import compiled
from rembert_tf.generation.random_numbers import key_of, uniforms
from rembert_tf.generation.single import generate_single
from rembert_tf.layers.lora import adapter_settings

LENGTH_STEP = 16  # prompts are filled up to a multiple of it, so that few lengths need a program of their own


def generate(model, prompt, settings):
    """Continues prompts.

    Args:
        model: a RemBertForCausalLM.
        prompt: dictionary of tensors; see `Decoder`.
        settings: GenerationSettings.

    Returns:
        Pieces (prompts * num_return_sequences, length + new pieces), and the scores of beam search
        (prompts * num_return_sequences,) or None.
    """
    run = _program(model, settings)
    prompt, filled = _filled(prompt)
    if settings.num_beams == 1:
        sequences, length = run(prompt, _uniforms(settings, prompt["input_ids"].shape[0]))
        return sequences[:, filled : int(length)], None
    sequences, scores, lengths = run(prompt)
    kept = settings.num_return_sequences
    length = int(ops.convert_to_numpy(lengths)[:, :kept].max())
    sequences = ops.reshape(sequences[:, :kept, filled:length], (-1, length - filled))
    return sequences, ops.reshape(scores[:, :kept], (-1,))


def _filled(prompt):
    """Returns the prompt with masked columns before it, up to a multiple of LENGTH_STEP, and their number."""
    missing = -prompt["input_ids"].shape[1] % LENGTH_STEP
    filled = dict(prompt)
    for name in ("input_ids", "token_type_ids", "attention_mask"):
        filled[name] = ops.pad(prompt[name], [(0, 0), (missing, 0)])
    return filled, missing


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
    seed = secrets.randbits(64) if settings.seed is None else settings.seed
    return uniforms(key_of(seed), settings.max_new_tokens, rows)
