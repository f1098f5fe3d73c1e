"""A runner that loses something between two steps is found out: what came out of a step is counted twice."""

import pytest

from rembert_tf.errors import InputError
from rembert_tf.pretraining.corpus import manifest, pipeline, steps
from rembert_tf.pretraining.corpus.prepare import prepare_corpus
from rembert_tf.pretraining.corpus.settings import CorpusSettings

IDENTITY = {"files": [["text-de.txt", 9]], "sentencepiece_sha256": "", "settings": {"max_length": 8}}
# Two documents of 7 and 5 pieces in train, one of 4 held out; three rows of each part.
SUMMARY = {
    "sizes": [["de", "held_out", 1, 1, 4], ["de", "train", 2, 3, 12]],
    "packed": [3, 16, 6],
    "shards": [["de", "held_out", "held_out/de", 3], ["de", "train", "train/de", 3]],
    "rejected": {},
}


def test_counts_that_agree():
    assert manifest.make(SUMMARY, IDENTITY, 100)["languages"]["de"]["rows"] == 3


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        ([2, 16, 6], "the runner made 2 documents of 3 between two steps, so nothing is kept: run the command again"),
        ([3, 15, 6], "made 15 pieces of 16"),
        ([3, 16, 5], "made 6 rows of 5"),
    ],
)
def test_counts_that_do_not(packed, message):
    with pytest.raises(InputError, match=message):
        manifest.make({**SUMMARY, "packed": packed}, IDENTITY, 100)


def all_but_the_first(*arguments):
    return list(steps.into_shards(*arguments))[1:]


def test_a_corpus_that_lacks_a_row_is_none(small_vocabulary, tmp_path, monkeypatch):
    text = tmp_path / "text-de.txt"
    text.write_text("\n\n".join(f"Ein Satz mit der Nummer {number}." for number in range(20)), encoding="utf-8")
    monkeypatch.setattr(pipeline, "into_shards", all_but_the_first)
    with pytest.raises(InputError, match=r"the runner made \d+ rows of \d+ between two steps"):
        prepare_corpus([text], small_vocabulary, tmp_path / "corpus", CorpusSettings(max_length=20))
    assert not (tmp_path / "corpus").exists()
