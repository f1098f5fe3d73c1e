import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from rembert_tf.training import pictures


def painted(path, colour):
    """The number of pixels that have nearly this colour."""
    image = matplotlib.image.imread(path)[..., :3]
    return int((np.abs(image - to_rgb(colour)).max(axis=-1) < 0.02).sum())


def test_confusion_matrix_darkens_the_shares_not_the_counts(tmp_path):
    dark = "#08306b"  # the end of the colour map: a share of 1
    right = pictures.draw_confusion_matrix([[900, 0], [0, 3]], ["a", "b"], tmp_path / "new" / "right.png")
    half = pictures.draw_confusion_matrix([[900, 0], [2, 2]], ["a", "b"], tmp_path / "half.png")
    empty = pictures.draw_confusion_matrix([[0, 0], [0, 0]], ["a", "b"], tmp_path / "empty.png")
    assert painted(right, dark) == pytest.approx(2 * painted(half, dark), rel=0.1)
    assert painted(empty, dark) < 0.05 * painted(half, dark)


def test_training_curves_show_what_was_measured(tmp_path):
    rows = [{"step": step, "loss": 1 / step} for step in range(1, 100)]
    train_only = pictures.draw_training_curves(rows, tmp_path / "train.png")
    rows += [{"step": 50, "epoch": 1, "dev_accuracy": 0.5, "dev_loss": None}]
    with_dev = pictures.draw_training_curves(rows, tmp_path / "dev.png")
    assert painted(train_only, pictures.SEEN_COLOUR) > 100
    assert painted(train_only, pictures.UNSEEN_COLOUR) == 0 < painted(with_dev, pictures.UNSEEN_COLOUR)
    assert matplotlib.image.imread(with_dev).shape[1] > 1.5 * matplotlib.image.imread(train_only).shape[1]


def test_language_bars_are_as_high_as_the_accuracy(tmp_path):
    rows = [
        {"language": "en", "accuracy": 0.8, "split_kind": "seen", "baseline": 0.9},
        {"language": "uk", "accuracy": 0.4, "split_kind": "unseen", "baseline": 0.3},
    ]
    path = pictures.draw_language_bars(rows, tmp_path / "bars.png")
    # The mark of the lower baseline and the legend's swatches are small against the bars.
    assert painted(path, pictures.SEEN_COLOUR) == pytest.approx(2 * painted(path, pictures.UNSEEN_COLOUR), rel=0.05)
