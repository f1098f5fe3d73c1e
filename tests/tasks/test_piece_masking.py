"""Masked pieces: the share that was asked for, never a special token, the same for the same seed and step."""

import numpy as np
import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.tasks.pairs.text_batches import text_batches
from rembert_tf.tasks.piece_masking import mask_in_training

TEXTS = [f"{'word ' * (number % 7)}text {number}" for number in range(53)]
RATE = 0.3


def make_batches(tokenizer, rate, texts=TEXTS, batch_size=8, max_length=12):
    """Returns Batches of texts numbered by their labels, masked in training where a rate is given."""
    examples = TextExamples(texts, labels=np.arange(len(texts), dtype="int32"))
    batches = text_batches(tokenizer, examples, batch_size, max_length, with_labels=True)
    if rate:
        mask_in_training(batches, rate, tokenizer)
    return batches


@pytest.fixture(scope="module")
def batches(small_tokenizer):
    return make_batches(small_tokenizer, 0.0)


@pytest.fixture(scope="module")
def masked_batches(small_tokenizer):
    return make_batches(small_tokenizer, RATE)


def arrays(dataset):
    return [{**{name: part.numpy() for name, part in x.items()}, "labels": y.numpy()} for x, y in dataset]


def ids_of(dataset):
    return [batch["input_ids"].tolist() for batch in arrays(dataset)]


def test_what_masks_itself_is_not_masked_again(masked_batches, small_tokenizer):
    with pytest.raises(InputError, match="mask_rate is for tasks that mask nothing themselves"):
        mask_in_training(masked_batches, 0.5, small_tokenizer)


def test_evaluation_masks_nothing(batches, masked_batches):
    def ids(found):
        return [inputs["input_ids"].numpy().tolist() for inputs, _ in found.ordered_dataset()[0]]

    assert ids(batches) == ids(masked_batches)


def test_only_ordinary_pieces_are_masked_and_all_else_stays(batches, masked_batches, small_tokenizer):
    plain = arrays(batches.training_dataset(2, seed=3))
    masked = arrays(masked_batches.training_dataset(2, seed=3))
    specials = [small_tokenizer.pad_token_id, small_tokenizer.cls_token_id, small_tokenizer.sep_token_id]
    assert len(plain) == len(masked)
    for before, after in zip(plain, masked, strict=True):
        for name in ("token_type_ids", "attention_mask", "labels"):
            np.testing.assert_array_equal(before[name], after[name])
        changed = before["input_ids"] != after["input_ids"]
        assert (after["input_ids"][changed] == small_tokenizer.mask_token_id).all()
        assert not np.isin(before["input_ids"][changed], specials).any()


def test_the_share_is_the_one_asked_for(masked_batches, small_tokenizer):
    ids = np.concatenate([b["input_ids"].ravel() for b in arrays(masked_batches.training_dataset(40, 0))])
    specials = [small_tokenizer.pad_token_id, small_tokenizer.cls_token_id, small_tokenizer.sep_token_id]
    ordinary = ids[~np.isin(ids, specials)]
    share = (ordinary == small_tokenizer.mask_token_id).mean()
    assert abs(share - RATE) < 4 * np.sqrt(RATE * (1 - RATE) / len(ordinary))  # four standard errors


def test_masks_follow_seed_and_step_alone(masked_batches):
    whole = ids_of(masked_batches.training_dataset(2, seed=3))
    assert whole == ids_of(masked_batches.training_dataset(2, seed=3))
    assert ids_of(masked_batches.training_dataset(2, seed=3, skip_steps=9)) == whole[9:]


def test_every_epoch_masks_other_pieces(small_tokenizer):
    one = make_batches(small_tokenizer, 0.5, ["a text of several words"], batch_size=1, max_length=40)
    epochs = ids_of(one.training_dataset(8, seed=0))
    assert len({str(ids) for ids in epochs}) > 1
