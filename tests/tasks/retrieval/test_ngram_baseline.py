"""The n-gram baseline: by hand, and on real text against the numbers measured before."""

import json
import lzma

import numpy as np
import pytest

from rembert_tf.errors import MissingExtraError
from rembert_tf.tasks.retrieval.ngram_baseline import ngram_similarities
from rembert_tf.tasks.retrieval.tatoeba import Tatoeba
from tests.golden import HERE

DATA = HERE.parent.parent / "shared" / "data"
GNOME = DATA / "text" / "gnome_help_parallel.jsonl.xz"
TATOEBA = DATA / "xtreme_like" / "tatoeba"


def test_worked_by_hand():
    pytest.importorskip("sklearn")
    # "ab" and "ab" share all n-grams, "ab" and "cd" none; "abc" has ab, bc, abc, of which "ab" has one.
    cosines = ngram_similarities(["ab", "abc"], ["ab", "cd"])
    rare, common = np.log(5 / 2) + 1, np.log(5 / 4) + 1  # smoothed idf of four texts
    expected = [[1, 0], [common / np.sqrt(common**2 + 2 * rare**2), 0]]
    assert cosines == pytest.approx(np.array(expected), abs=1e-6)


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(MissingExtraError, match="n-gram baseline.*rembert-tf.demo"):
        ngram_similarities(["a"], ["a"])


@pytest.mark.slow
@pytest.mark.skipif(not GNOME.exists(), reason="the parallel help pages are not here")
@pytest.mark.parametrize("language, known", [("de", 50.5), ("ja", 22.5), ("ta", 23.5), ("zh_CN", 21.5)])
def test_help_pages(language, known):
    # `known`: P@1 among 200 candidates, measured on the same pages with another selection and other code.
    pytest.importorskip("sklearn")
    with lzma.open(GNOME, "rt", encoding="utf-8") as file:
        blocks = [block for block in map(json.loads, file) if language in block]
    chosen = blocks[:: len(blocks) // 200][:200]
    cosines = ngram_similarities([block[language] for block in chosen], [block["en"] for block in chosen])
    accuracy = (cosines.argmax(axis=1) == np.arange(200)).mean()
    assert accuracy == pytest.approx(known / 100, abs=0.06)


@pytest.mark.slow
@pytest.mark.skipif(not TATOEBA.is_dir(), reason="Tatoeba's sentences are not here")
def test_tatoeba_is_hard_for_spelling_across_scripts():
    pytest.importorskip("sklearn")
    examples = Tatoeba().read([TATOEBA / f"{language}-en.tsv" for language in ("de", "ja")])
    accuracies = {}
    for group in examples.groups:
        assert len(group) == 1000
        best = ngram_similarities(group.texts, group.english).argmax(axis=0)
        accuracies[group.language] = (best == group.gold).mean()
    assert 0.15 < accuracies["de"] < 0.35 and accuracies["ja"] < 0.03
