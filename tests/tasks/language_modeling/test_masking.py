"""Masks: BERT's shares, never a special token, decided by seed and step alone."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.tasks.language_modeling.masked_lm_task import MaskedLmTask
from rembert_tf.tasks.language_modeling.masking import Masking, ordinary_ids
from tests.golden import fixture


@pytest.fixture(scope="module")
def drawn(small_tokenizer):
    """A large batch, masked: (before, after, positions, labels)."""
    random = np.random.default_rng(0)
    ids = random.choice(ordinary_ids(small_tokenizer), (400, 102)).astype("int32")
    ids[:, 0], ids[:, 90:] = small_tokenizer.cls_token_id, small_tokenizer.pad_token_id
    ids[:, 89], ids[:, 40] = small_tokenizer.sep_token_id, small_tokenizer.unk_token_id
    masked, positions, labels = Masking(small_tokenizer)(tf.constant(ids), [0, 0])
    return ids, masked.numpy(), positions.numpy(), labels.numpy()


def near(count, total, share):
    """Whether a count is within four standard errors of a share."""
    return abs(count / total - share) < 4 * np.sqrt(share * (1 - share) / total)


def test_exactly_the_rate_of_the_ordinary_pieces_is_chosen(drawn):
    _, _, positions, labels = drawn
    used = labels != -100
    assert (used.sum(axis=1) == round(0.15 * 87)).all()
    assert (positions[~used] == 0).all()
    assert all(len(set(row[own])) == own.sum() for row, own in zip(positions, used, strict=True))


def test_labels_are_what_stood_there_and_all_else_stays(drawn, small_tokenizer):
    ids, masked, positions, labels = drawn
    rows, slots = np.nonzero(labels != -100)
    places = positions[rows, slots]
    np.testing.assert_array_equal(labels[rows, slots], ids[rows, places])
    assert not np.isin(labels, small_tokenizer.all_special_ids).any()
    others = np.ones_like(ids, bool)
    others[rows, places] = False
    np.testing.assert_array_equal(masked[others], ids[others])


def test_every_place_is_equally_likely(drawn):
    _, _, positions, labels = drawn
    places = positions[labels != -100]
    counts = np.bincount(places, minlength=102)
    assert not counts[[0, 40, *range(89, 102)]].any()
    ordinary = np.delete(counts, [0, 40, *range(89, 102)])
    chi_square = ((ordinary - ordinary.mean()) ** 2 / ordinary.mean()).sum()
    assert chi_square < 87 + 4 * np.sqrt(2 * 87)


def test_eighty_ten_ten(drawn, small_tokenizer):
    ids, masked, positions, labels = drawn
    rows, slots = np.nonzero(labels != -100)
    before, after = labels[rows, slots], masked[rows, positions[rows, slots]]
    total, is_mask, same = len(rows), after == small_tokenizer.mask_token_id, after == before
    assert near(is_mask.sum(), total, 0.8)
    assert near(same.sum(), total, 0.1)
    random = after[~is_mask & ~same]
    assert near(len(random), total, 0.1)
    allowed = ordinary_ids(small_tokenizer)
    assert np.isin(random, allowed).all()
    assert len(set(random)) > 0.9 * len(random) * (1 - len(random) / len(allowed) / 2)  # few of 8,000 occur twice


@pytest.mark.parametrize("name", ["udef_bytes_8k", "ctrl_16k", "oss_1k"])
def test_ordinary_pieces_stand_for_text(name):
    import sentencepiece

    path = fixture(f"tokenizer/models/{name}/sentencepiece.model")
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    tokenizer = RemBertTokenizerFast.from_pretrained(str(path))
    ordinary = set(ordinary_ids(tokenizer))
    specials = {"[CLS]", "[SEP]", "[PAD]", "[MASK]", "<pad>", "<unk>", "<s>", "</s>"}
    for number in range(processor.get_piece_size()):
        piece = processor.id_to_piece(number)
        is_byte = piece.startswith("<0x") and piece.endswith(">")
        if piece in specials or is_byte:
            assert number not in ordinary, piece
    assert len(ordinary) > 0.6 * processor.get_piece_size()


def arrays(dataset):
    return [{**{name: x[name].numpy() for name in x}, "labels": y.numpy()} for x, y in dataset]


def equal(first, second):
    return len(first) == len(second) and all(
        np.array_equal(a[name], b[name]) for a, b in zip(first, second, strict=True) for name in a
    )


def test_masks_are_drawn_anew_in_each_step_and_follow_the_seed(small_tokenizer, lines):
    batches = MaskedLmTask().batches(small_tokenizer, lines, 3, 16)
    whole = arrays(batches.training_dataset(2, seed=1))
    assert equal(whole, arrays(batches.training_dataset(2, seed=1)))
    assert equal(whole[4:], arrays(batches.training_dataset(2, seed=1, skip_steps=4)))
    assert not equal(whole, arrays(batches.training_dataset(2, seed=2)))
    one = MaskedLmTask().batches(small_tokenizer, lines, 100, 16)
    first, second = (batch["input_ids"] for batch in arrays(one.training_dataset(2, 0)))
    masks = [
        np.sort((ids == small_tokenizer.mask_token_id).astype(int) @ range(ids.shape[1])) for ids in (first, second)
    ]
    assert not np.array_equal(*masks)


def test_a_row_has_at_least_one_mask_and_one_without_pieces_none(small_tokenizer):
    cls, sep, pad = small_tokenizer.cls_token_id, small_tokenizer.sep_token_id, small_tokenizer.pad_token_id
    _, positions, labels = Masking(small_tokenizer)(tf.constant([[cls, 900, sep, pad], [cls, sep, pad, pad]]), [3, 4])
    assert positions.numpy().tolist() == [[1], [0]]
    assert labels.numpy().tolist() == [[900], [-100]]


@pytest.mark.parametrize("rate", [0, 1, -0.1])
def test_impossible_rates(rate):
    with pytest.raises(InputError, match="mask_rate must be above 0 and below 1"):
        MaskedLmTask(mask_rate=rate)
