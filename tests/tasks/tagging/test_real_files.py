"""Real treebanks: read whole, split without a trace, scored as the official files are."""

import types
import warnings

import numpy as np
import pytest
import sentencepiece
import tensorflow as tf

from rembert_tf.tasks.tagging import predicting
from rembert_tf.tasks.tagging.panx import Panx
from rembert_tf.tasks.tagging.udpos import UdPos
from tests.tasks.tagging.official import read_columns, read_tag_lines
from tests.tasks.tagging.real_data import real_file

FILES = [(UdPos(), "ud_pos/test-de.tsv"), (UdPos(), "ud_pos/test-zh.tsv"), (Panx(), "uner/test-ru.tsv")]
# Scored twice; all 1,000 would take a while.
SENTENCES = 300


@pytest.mark.parametrize(("task", "file"), FILES)
def test_all_words_and_tags_are_read(task, file):
    path = real_file(file)
    data = task.read([path])
    pairs = [list(zip(words, tags, strict=True)) for words, tags in zip(data.words, data.tags, strict=True)]
    assert pairs == read_columns(path)
    assert len(data) == 1000
    assert set(data.languages) == {file[-6:-4]}


class ContextFree:
    """Stands for a model that looks at one piece only, so that splitting must not change what it says."""

    def __init__(self, labels, vocabulary, seed):
        self.config = types.SimpleNamespace(id2label=dict(enumerate(labels)))
        self.table = np.random.default_rng(seed).normal(size=(vocabulary, len(labels)))

    def __call__(self, inputs):
        return tf.gather(self.table, inputs["input_ids"])


@pytest.mark.parametrize(("task", "file"), FILES)
def test_scores_are_the_official_ones_split_or_not(
    task, file, small_tokenizer, small_vocabulary, tmp_path, monkeypatch
):
    from seqeval.metrics import f1_score, precision_score, recall_score

    path = real_file(file)
    data = task.read([path]).select(range(SENTENCES))
    model = ContextFree(task.labels, len(small_tokenizer), seed=0)
    monkeypatch.setattr(predicting, "kept_outputs", lambda model: model)  # no Keras model, no graph
    whole, split = (task.predict(model, small_tokenizer, data, 64, length) for length in (512, 12))
    assert split == whole

    submission = tmp_path / "test.tsv"
    task.write_predictions(data, split, str(submission))
    processor = sentencepiece.SentencePieceProcessor(model_file=small_vocabulary)
    gold = read_columns(path)[:SENTENCES]
    first_pieces = [processor.encode([word for word, _ in sentence]) for sentence in gold]
    expected = [[task.labels[model.table[pieces[0]].argmax()] for pieces in sentence] for sentence in first_pieces]
    predicted = read_tag_lines(submission)
    assert predicted == expected
    tags = [[tag for _, tag in sentence] for sentence in gold]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        official = {
            "f1": f1_score(tags, predicted),
            "precision": precision_score(tags, predicted),
            "recall": recall_score(tags, predicted),
        }
    assert {name: task.score(data, split)[name] for name in official} == official
    assert official["f1"] > 0
