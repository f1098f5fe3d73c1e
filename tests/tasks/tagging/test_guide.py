"""docs/guides/token_classification.md: its Python runs, its example is readable, its settings are the recipes'."""

import re
import shutil

from rembert_tf.tasks.tagging.panx import Panx
from rembert_tf.tasks.tagging.udpos import UdPos
from tests.golden import HERE
from tests.tasks.tagging.conftest import UDPOS
from tests.tasks.tagging.official import read_tag_lines

GUIDE = (HERE.parent / "docs/guides/token_classification.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, flags=re.DOTALL)


def test_the_example_of_a_file_is_one(write):
    [example] = blocks("text")
    assert Panx().read([write(example)]).words == [["Angela", "Merkel", "visited", "Paris"], ["She", "left"]]


def test_the_python_runs(write, tmp_path, monkeypatch, small_vocabulary, text_config):
    write(UDPOS * 10)
    write(UDPOS, "dev-en.tsv")
    shutil.copy(small_vocabulary, tmp_path / "sentencepiece.model")
    text_config.save_pretrained(tmp_path)
    monkeypatch.chdir(tmp_path)
    [code] = blocks("python")
    exec(compile(code, "token_classification.md", "exec"), {})
    assert [len(tags) for tags in read_tag_lines("udpos/test-en.tsv")] == [4, 2]


def test_the_settings_are_the_recipes():
    for task in (UdPos(), Panx()):
        recipe = task.recipe
        rate = f"{recipe.learning_rate:.0e}".replace("e-0", "e-")
        assert f"| `{task.name}` | {rate} | {recipe.batch_size} | {recipe.epochs} | {recipe.max_length} |" in GUIDE
        assert re.search(r"F1 ([0-9.]+)", recipe.expected)[1] in GUIDE
