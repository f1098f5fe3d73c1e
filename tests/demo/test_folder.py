import pytest

from rembert_tf.demo.folder import DemoFolder
from rembert_tf.errors import InputError


def test_an_earlier_demo_is_replaced_and_strangers_files_stay(tmp_path):
    earlier = DemoFolder(tmp_path / "demo")
    earlier.training.mkdir()
    (earlier.training / "run.json").write_text("{}")
    earlier.metrics.write_text("{}")
    (earlier.path / "notes.txt").write_text("mine")
    again = DemoFolder(tmp_path / "demo")
    assert not again.training.exists() and not again.metrics.exists()
    assert (again.path / "notes.txt").read_text() == "mine"


def test_a_link_is_removed_but_never_what_it_points_to(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    folder = DemoFolder(tmp_path / "demo")
    folder.corpus.symlink_to(elsewhere)
    DemoFolder(tmp_path / "demo")
    assert (elsewhere / "precious").exists() and not folder.corpus.exists()


def test_any_other_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "corpus").mkdir()
    with pytest.raises(InputError, match="is not empty and holds no earlier demo"):
        DemoFolder(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "thesis.txt"]
    with pytest.raises(InputError, match="cannot use .*thesis.txt"):
        DemoFolder(tmp_path / "thesis.txt")


def test_an_empty_folder_is_taken(tmp_path):
    DemoFolder(tmp_path)
    DemoFolder(tmp_path / "new" / "deeper")
    assert (tmp_path / "new" / "deeper").is_dir()
