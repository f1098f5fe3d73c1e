"""Greedy search and sampling: one continuation for each prompt."""

from keras import ops

from rembert_tf.generation.decoder import Decoder
from rembert_tf.generation.scores import draw, likeliest, penalize_repetition, pieces_in, with_piece
from rembert_tf.layers.buffer import written


def generate_single(model, settings, prompt, uniforms):
    """Continues every prompt by one loop that ends when all are complete.

    Args:
        model: a RemBertForCausalLM.
        settings: GenerationSettings.
        prompt: see `Decoder`.
        uniforms: (max_new_tokens, rows) numbers for sampling; not looked at otherwise.

    Returns:
        (rows, prompt length + max_new_tokens) pieces, and how many of the columns count.
    """
    decoder = Decoder(model, prompt, settings.max_new_tokens)
    start, total = decoder.start, decoder.total
    penalty = settings.repetition_penalty

    def choose(logits, present, step):
        logits = logits if penalty == 1 else penalize_repetition(logits, present, penalty)
        return draw(logits, uniforms[step], settings) if settings.do_sample else likeliest(logits)

    def append(sequences, present, complete, index, logits):
        pieces = choose(logits, present, index - start)
        pieces = ops.where(complete, ops.full_like(pieces, settings.pad_token_id), pieces)
        if settings.eos_token_id is not None:
            complete = ops.logical_or(complete, ops.equal(pieces, settings.eos_token_id))
        present = present if penalty == 1 else with_piece(present, pieces)
        return written(sequences, pieces[:, None], index, axis=1), present, complete

    def going_on(index, sequences, present, complete, caches):
        return ops.logical_and(index < total, ops.logical_not(ops.all(complete)))

    def step(index, sequences, present, complete, caches):
        logits, caches = decoder.scores(sequences, index - 1, caches)
        sequences, present, complete = append(sequences, present, complete, index, logits)
        return index + 1, sequences, present, complete, caches

    ids = ops.cast(prompt["input_ids"], "int32")
    sequences = ops.pad(ids, [(0, 0), (0, settings.max_new_tokens)], constant_values=settings.pad_token_id)
    present = (
        ops.zeros((1, 1), "bool") if penalty == 1 else pieces_in(ids, prompt["attention_mask"], model.config.vocab_size)
    )
    logits, caches = decoder.first_scores()
    index = ops.convert_to_tensor(start, "int32")
    complete = ops.zeros((decoder.rows,), "bool")
    sequences, present, complete = append(sequences, present, complete, index, logits)
    length, sequences, *_ = ops.while_loop(going_on, step, (index + 1, sequences, present, complete, caches))
    return sequences, length
