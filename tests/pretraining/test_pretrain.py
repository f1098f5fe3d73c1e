"""A pre-training from end to end: it learns, it can be repeated, and its run folder holds what it promises."""

import json
import re

import numpy as np
import pytest

from rembert_tf import RemBertForMaskedLM, RemBertModel, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.pretraining.corpus.settings import CorpusSettings
from rembert_tf.pretraining.corpus_data import open_corpus
from rembert_tf.pretraining.origin import Origin
from rembert_tf.pretraining.pretrain import pretrain
from rembert_tf.tasks.csv_task import CsvTask
from rembert_tf.tasks.start import from_directory
from tests.pretraining.small_corpus import ROWS, SETTINGS, run


def named(variables):
    return {variable.path: variable.numpy() for variable in variables}


def test_it_learns(trained):
    rows = [json.loads(line) for line in (trained[0] / "metrics.jsonl").read_text().splitlines()]
    perplexities = [row["dev_perplexity"] for row in rows if "dev_perplexity" in row]
    assert len(perplexities) == 3 and perplexities[-1] < 0.8 * perplexities[0]
    assert trained[1]["perplexity"] == min(perplexities) and trained[1]["step"] == 12


def test_run_folder_holds_what_it_promises(trained):
    output, result = trained
    assert json.loads((output / "result.json").read_text()) == result
    for picture in ("training_curves.png", "languages.png"):
        assert (output / picture).read_bytes().startswith(b"\x89PNG")
    assert list((output / "tensorboard").iterdir()) and not list(output.glob("state-*"))
    for checkpoint in ("best", "last"):
        model = RemBertForMaskedLM.from_pretrained(output / checkpoint)
        assert len(RemBertTokenizerFast.from_pretrained(output / checkpoint)) == model.config.vocab_size


def test_result_tells_of_each_language(trained):
    result = trained[1]
    roots = {code: np.sqrt(count) for code, count in ROWS.items()}
    assert {code: row["share"] for code, row in result["languages"].items()} == pytest.approx(
        {code: root / sum(roots.values()) for code, root in roots.items()}
    )
    assert result["accuracy"] == pytest.approx(np.mean([row["accuracy"] for row in result["languages"].values()]))
    losses = np.log([row["perplexity"] for row in result["languages"].values()])
    assert np.log(result["perplexity"]) == pytest.approx(np.mean(losses))


@pytest.mark.slow  # as does every run that goes on: see test_resume.py
def test_the_same_seed_gives_the_same_weights(trained, corpus, config, tmp_path):
    assert run(corpus, tmp_path / "run", config) == trained[1]
    first, again = (
        named(RemBertForMaskedLM.from_pretrained(path / "last").weights) for path in (trained[0], tmp_path / "run")
    )
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name], err_msg=name)


def test_fine_tuning_takes_encoder_and_small_table_only(trained):
    with pytest.warns(UserWarning, match="no weights for pooler"):  # pre-training has none
        model, _ = from_directory(trained[0] / "best")(CsvTask.architecture, {"id2label": {0: "a", 1: "b"}})
    ours = RemBertForMaskedLM.from_pretrained(trained[0] / "best")
    kept, pretrained = named(model.weights), named(ours.weights)
    assert not [name for name in kept if name.startswith("lm_head")]
    assert set(kept) & set(pretrained) == {name for name in pretrained if not name.startswith("lm_head")}
    for name in set(kept) & set(pretrained):
        np.testing.assert_array_equal(kept[name], pretrained[name], err_msg=name)


@pytest.mark.parametrize("architecture", [RemBertForMaskedLM, RemBertModel])
def test_a_model_directory_keeps_its_weights(architecture, corpus, config, small_tokenizer, tmp_path):
    model = architecture(config)
    model.save_pretrained(tmp_path / "model")
    small_tokenizer.save_pretrained(tmp_path / "model")
    found, _ = Origin(model=str(tmp_path / "model")).load(open_corpus(corpus), SETTINGS)
    ours, theirs = named(model.weights), named(found.weights)
    ours = {
        re.sub(r"^rem_bert_model\w*/", "rembert/", name): value for name, value in ours.items() if "pooler" not in name
    }
    assert ours.keys() <= theirs.keys() and len(ours) > 20
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


def test_another_vocabulary_is_refused(corpus, config, tmp_path, small_vocabulary):
    other = small_vocabulary.replace("udef_bytes_8k", "oss_1k")
    with pytest.raises(InputError, match="was prepared with another vocabulary .* than that of .*oss_1k"):
        pretrain([corpus], tmp_path / "run", SETTINGS, Origin(config=config, sentencepiece=other))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "begins with a model directory or with a configuration"),
        ({"model": "a", "vocab_size": 9}, "a model directory brings its own vocabulary"),
        ({"config": 1, "sentencepiece": "a", "vocab_size": 9}, "but not both"),
    ],
)
def test_an_origin_that_cannot_be(change, message):
    with pytest.raises(InputError, match=message):
        Origin(**change)


def test_data_that_is_no_corpus(corpus, config, tmp_path):
    for data, message in (
        ([tmp_path], "is no prepared corpus"),
        ([corpus, "text-de.txt"], "give one prepared corpus, or files of text"),
    ):
        with pytest.raises(InputError, match=message):
            pretrain(data, tmp_path / "run", SETTINGS, Origin(config=config))


def test_what_a_prepared_corpus_has_decided(corpus, config, tmp_path):
    for origin, text in ((Origin(config=config, vocab_size=700), None), (Origin(config=config), CorpusSettings())):
        with pytest.raises(InputError, match="max_length, vocab_size and .* when the corpus was prepared"):
            pretrain([corpus], tmp_path / "run", SETTINGS, origin, text)
    assert not (tmp_path / "run").exists()


def test_rows_longer_than_the_positions(corpus, config, tmp_path):
    with pytest.raises(InputError, match="rows have up to 16 pieces, but the model has 8 positions"):
        run(corpus, tmp_path / "run", config.replace(max_position_embeddings=8))
    assert not (tmp_path / "run").exists()
