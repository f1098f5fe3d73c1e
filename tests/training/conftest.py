"""What tests of a training share: two files of which each text names an animal or a colour."""

import pytest

from tests.training.small_runs import ANIMALS, COLOURS


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with train.csv, 128 rows, and dev.csv, 16."""
    folder = tmp_path_factory.mktemp("data")
    rows = [f"a {word} again,{label}" for words, label in ((ANIMALS, "animal"), (COLOURS, "colour")) for word in words]
    (folder / "train.csv").write_text("\n".join(["text,label", *(rows * 8)]) + "\n")
    (folder / "dev.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    return folder
