"""What text generation accepts, checked before anything is compiled."""

import numpy as np
from keras import ops

from rembert_tf.errors import InputError
from rembert_tf.models.decoder_inputs import PAST
from rembert_tf.models.inputs import check_ranges

PROMPT = ("input_ids", "attention_mask", "token_type_ids", "encoder_hidden_states", "encoder_attention_mask")


def checked_prompt(model, inputs, max_new_tokens):
    """Returns what text generation starts from, as a dictionary of tensors.

    Args:
        model: a RemBertForCausalLM.
        inputs: dictionary with `input_ids` (prompts, length), padded on the left, and optionally
            `attention_mask`, `token_type_ids`, `encoder_hidden_states` and `encoder_attention_mask`.
        max_new_tokens: pieces that will be added at most.

    Returns:
        The same with a mask (int32) and token types in any case.

    Raises:
        InputError: inputs that do not fit, padding on the right, or more positions than the model has.
    """
    if not isinstance(inputs, dict) or inputs.get("input_ids") is None:
        raise InputError("generate takes a dictionary with input_ids, such as {'input_ids': [[5, 6, 7]]}.")
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
    longest = int(mask.sum(axis=1).max()) + max_new_tokens
    if longest > model.config.max_position_embeddings:
        raise InputError(
            f"max_new_tokens={max_new_tokens} makes sequences of {longest} pieces, but "
            f"max_position_embeddings is {model.config.max_position_embeddings}."
        )
    return prompt
