"""Masked pieces: the share that was asked for, never a special token, the same for the same seed and step."""

import numpy as np
import pytest

from rembert_tf.tasks.text_batches import TextBatches

TEXTS = [f"{'word ' * (number % 7)}text {number}" for number in range(53)]
RATE = 0.3


@pytest.fixture(scope="module")
def batches(small_tokenizer):
    return TextBatches(small_tokenizer, TEXTS, labels=np.arange(53, dtype="int32"), batch_size=8, max_length=12)


def arrays(dataset):
    return [{**{name: part.numpy() for name, part in x.items()}, "labels": y.numpy()} for x, y in dataset]


def ids_of(dataset):
    return [batch["input_ids"].tolist() for batch in arrays(dataset)]


def test_without_a_rate_nothing_changes(batches):
    assert ids_of(batches.training_dataset(2, seed=3)) == ids_of(batches.training_dataset(2, seed=3, mask_rate=0.0))


def test_only_ordinary_pieces_are_masked_and_all_else_stays(batches, small_tokenizer):
    plain = arrays(batches.training_dataset(2, seed=3))
    masked = arrays(batches.training_dataset(2, seed=3, mask_rate=RATE))
    specials = [small_tokenizer.pad_token_id, small_tokenizer.cls_token_id, small_tokenizer.sep_token_id]
    assert len(plain) == len(masked)
    for before, after in zip(plain, masked, strict=True):
        for name in ("token_type_ids", "attention_mask", "labels"):
            np.testing.assert_array_equal(before[name], after[name])
        changed = before["input_ids"] != after["input_ids"]
        assert (after["input_ids"][changed] == small_tokenizer.mask_token_id).all()
        assert not np.isin(before["input_ids"][changed], specials).any()


def test_the_share_is_the_one_asked_for(batches, small_tokenizer):
    ids = np.concatenate([b["input_ids"].ravel() for b in arrays(batches.training_dataset(40, 0, mask_rate=RATE))])
    specials = [small_tokenizer.pad_token_id, small_tokenizer.cls_token_id, small_tokenizer.sep_token_id]
    ordinary = ids[~np.isin(ids, specials)]
    share = (ordinary == small_tokenizer.mask_token_id).mean()
    assert abs(share - RATE) < 4 * np.sqrt(RATE * (1 - RATE) / len(ordinary))  # four standard errors


def test_masks_follow_seed_and_step_alone(batches):
    whole = ids_of(batches.training_dataset(2, seed=3, mask_rate=RATE))
    assert whole == ids_of(batches.training_dataset(2, seed=3, mask_rate=RATE))
    assert ids_of(batches.training_dataset(2, seed=3, mask_rate=RATE, skip_steps=9)) == whole[9:]


def test_every_epoch_masks_other_pieces(small_tokenizer):
    one = TextBatches(small_tokenizer, ["a text of several words"], labels=np.array([0]), batch_size=1, max_length=40)
    epochs = ids_of(one.training_dataset(8, seed=0, mask_rate=0.5))
    assert len({str(ids) for ids in epochs}) > 1
