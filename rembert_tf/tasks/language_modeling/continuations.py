"""How a causal language model continues texts."""

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError


def continue_texts(model, tokenizer, texts, max_new_tokens, options, batch_size, max_length, report=None):
    """Returns {"continuation": text} for each text, [CLS] before the text as in training.

    Args:
        model: a RemBertForCausalLM.
        tokenizer: its RemBertTokenizerFast.
        texts: list of strings; special tokens that they spell are ordinary text.
        max_new_tokens: pieces to add at most; [SEP] ends a continuation earlier.
        options: further arguments of `generate`, such as {"do_sample": True, "seed": 0}.
        batch_size: texts at a time.
        max_length: pieces of text and continuation; of a longer text the end is read.
        report: called as `report(done, total)`, or None.
    """
    room = max_length - max_new_tokens - 1
    if room < 1:
        raise InputError(
            f"max_length is {max_length}, which leaves no room for a text before {max_new_tokens} new pieces."
        )
    pieces = tokenizer.tokenize_to_ids(tf.constant(texts, tf.string), split_special_tokens=True)[:, -room:]
    order = np.argsort(-pieces.row_lengths().numpy(), kind="stable")
    found = [None] * len(texts)
    for start in range(0, len(order), batch_size):
        numbers = order[start : start + batch_size]
        prompt = _left_padded(tf.gather(pieces, numbers), tokenizer)
        rows = model.generate(prompt, max_new_tokens=max_new_tokens, eos_token_id=tokenizer.sep_token_id, **options)
        added = np.asarray(rows)[:, prompt["input_ids"].shape[1] :]
        for number, text in zip(numbers, _texts(added, tokenizer), strict=True):
            found[number] = {"continuation": text}
        if report is not None:
            report(start + len(numbers), len(texts))
    return found


def _left_padded(pieces, tokenizer):
    rows = [[tokenizer.cls_token_id, *ids] for ids in pieces.to_list()]
    width = max(map(len, rows))
    ids = [[tokenizer.pad_token_id] * (width - len(row)) + row for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return {"input_ids": np.array(ids, "int32"), "attention_mask": np.array(mask, "int32")}


def _texts(added, tokenizer):
    """Returns the texts of new pieces (rows, pieces) up to the end of each, as strings."""
    rows = []
    for ids in added.tolist():
        end = ids.index(tokenizer.sep_token_id) if tokenizer.sep_token_id in ids else len(ids)
        rows.append(ids[:end])
    return [text.decode("utf-8") for text in tokenizer.batch_decode(rows, skip_special_tokens=True).numpy()]
