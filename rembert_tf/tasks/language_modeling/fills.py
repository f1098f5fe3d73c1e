"""The likeliest pieces for every [MASK] in texts."""

import numpy as np
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.models.labels import IGNORED_LABEL
from rembert_tf.tasks.batches import Batches
from rembert_tf.tasks.language_modeling.piece_scores import likeliest_pieces
from rembert_tf.tasks.pairs.model_inputs import model_inputs, rectangle


def fill_masks(model, tokenizer, texts, top_k, batch_size, max_length, report=None):
    """Returns for each text {"fills": a list for each [MASK]}: its `top_k` pieces as {"token", "score"}.

    A piece that begins a word begins with "▁". A mask of a text longer than a row is filled from the row around it.

    Args:
        model: a RemBertForMaskedLM.
        tokenizer: its RemBertTokenizerFast.
        texts: list of strings; other special tokens than [MASK] are ordinary text.
        top_k: pieces of a mask.
        batch_size: rows at a time.
        max_length: pieces of a row.
        report: called as `report(texts_done, texts)`, or None.
    """
    if max_length < 3:
        raise InputError(f"max_length must be at least 3, not {max_length}.")
    top_k = min(top_k, model.config.vocab_size)
    rows = list(_rows(tokenizer, texts, max_length - 2))
    fills = [{"fills": []} for _ in texts]
    found = {}
    for number, pieces, shares in _likeliest(model, tokenizer, rows, top_k, batch_size):
        names = tokenizer.convert_ids_to_tokens(pieces.ravel().tolist())
        named = np.array(names, object).reshape(pieces.shape)
        found[number] = [
            [{"token": token, "score": round(float(share), 6)} for token, share in zip(*mask, strict=True)]
            for mask in zip(named, shares, strict=True)
        ]
        if report is not None:
            report(len(texts) * len(found) // len(rows), len(texts))
    for number in range(len(rows)):
        fills[rows[number][0]]["fills"] += found[number]
    return fills


def _rows(tokenizer, texts, room):
    """Yields (text's number, ids, places of the masks asked about) of rows [CLS] ... [SEP]."""
    pieces = tokenizer.tokenize_to_ids(tf.constant(texts, tf.string), split_special_tokens="all_but_mask")
    for number, ids in enumerate(np.split(pieces.values.numpy(), pieces.row_splits.numpy()[1:-1])):
        masks = np.flatnonzero(ids == tokenizer.mask_token_id)
        groups = [masks] if len(ids) <= room else [masks[i : i + 1] for i in range(len(masks))]
        for group in [group for group in groups if len(group)]:
            # A long text has a row for each of its masks, which stands in the middle where it can.
            start = 0 if len(ids) <= room else int(np.clip(group[0] - room // 2, 0, len(ids) - room))
            part = ids[start : start + room]
            yield number, [tokenizer.cls_token_id, *part, tokenizer.sep_token_id], group - start + 1


def _likeliest(model, tokenizer, rows, top_k, batch_size):
    """Yields (row's number, (masks, top_k) pieces, (masks, top_k) probabilities)."""
    if not rows:
        return
    lengths = [len(ids) for _, ids, _ in rows]
    all_ids = tf.ragged.constant([ids for _, ids, _ in rows], tf.int32)
    asked = tf.ragged.constant(
        [np.where(np.isin(np.arange(len(ids)), masks), 0, IGNORED_LABEL).tolist() for _, ids, masks in rows], tf.int32
    )

    def features(numbers, width):
        inputs = model_inputs(tf.gather(all_ids, numbers), tokenizer.pad_token_id, width)
        return inputs, rectangle(tf.gather(asked, numbers), IGNORED_LABEL, width)

    likeliest, done = likeliest_pieces(model, top_k), 0
    dataset, order = Batches(lengths, features, batch_size).ordered_dataset()
    for inputs, chosen in dataset:
        pieces, shares = (tensor.numpy() for tensor in likeliest(inputs, chosen))
        numbers, first = order[done : done + len(chosen)], 0
        for number in numbers:
            last = first + len(rows[number][2])
            yield number, pieces[first:last], shares[first:last]
            first = last
        done += len(chosen)
