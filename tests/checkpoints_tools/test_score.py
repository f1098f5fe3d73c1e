"""Scores of translations: a converted BLEURT against its SavedModel, from text to number."""

import json
import re

import keras
import numpy as np
import pytest
import sentencepiece
import tensorflow as tf

from rembert_tf import RemBertForSequenceClassification, RemBertTokenizer, RemBertTokenizerFast
from rembert_tf.checkpoints_tools import convert
from rembert_tf.cli import main
from rembert_tf.errors import InputError
from rembert_tf.serving import export_saved_model
from rembert_tf.tasks.translation_scores import read_pairs, score
from rembert_tf.tokenization.train_vocabulary import train_vocabulary
from tests.checkpoints_tools.bleurt_folder import CONFIG, HARD_PAIRS, PAIRS, encode, truncate, vocabulary, write_bleurt
from tests.golden import assert_close

SCORES = 1e-5
TEXTS = PAIRS + HARD_PAIRS
REFERENCES, CANDIDATES = (list(texts) for texts in zip(*TEXTS, strict=True))


@pytest.fixture(scope="module")
def model():
    return vocabulary()


@pytest.fixture(scope="module")
def bleurt(tmp_path_factory, model):
    """A BLEURT folder whose rows are as long as BLEURT-20's, and the directory that it became."""
    folder = tmp_path_factory.mktemp("score")
    config = {**CONFIG, "max_position_embeddings": 512}
    source = write_bleurt(folder / "source", None, config, max_seq_length=512, model=model)
    convert(source.path, folder / "converted")
    source.converted = folder / "converted"
    source.expected = source.scores(REFERENCES, CANDIDATES)
    return source


@pytest.fixture(scope="module")
def pair(bleurt):
    """The converted model and its tokenizer, which no test changes."""
    loaded = RemBertForSequenceClassification.from_pretrained(bleurt.converted)
    return loaded, RemBertTokenizerFast.from_pretrained(bleurt.converted)


@pytest.fixture
def rembert(capsys):
    """Runs a command line; returns its exit code, standard output and standard error."""

    def run(*arguments):
        capsys.readouterr()
        return main.run([str(argument) for argument in arguments]), *capsys.readouterr()

    return run


@pytest.fixture
def files(tmp_path):
    """The texts as two files."""
    names = tmp_path / "references", tmp_path / "candidates.en"
    for name, texts in zip(names, (REFERENCES, CANDIDATES), strict=True):
        name.write_bytes("".join(f"{text}\n" for text in texts).encode())
    return names


def test_text_to_score_equals_the_saved_model(bleurt):
    assert max(len(text) for text in REFERENCES) > 512  # some are truncated
    done = []
    ours = score(bleurt.converted, REFERENCES, CANDIDATES, batch_size=4, report=lambda *step: done.append(step))
    assert ours.dtype == np.float32
    assert_close("BLEURT: score from text", ours, bleurt.expected, SCORES)
    assert done == [(min(4 * step, len(TEXTS)), len(TEXTS)) for step in range(1, 6)]


def test_batches_change_nothing(bleurt, pair):
    assert_close("BLEURT: batches", score(pair, REFERENCES, CANDIDATES, 7), bleurt.expected, SCORES)


def test_one_pair_none_and_texts_without_words(bleurt, pair):
    assert score(pair, [], []).shape == (0,)
    assert_close("BLEURT: nothing", score(pair, [""], [""]), bleurt.scores([""], [""]), SCORES)


def test_the_reference_comes_first(bleurt, pair):
    swapped = score(pair, CANDIDATES, REFERENCES)
    assert np.abs(swapped - bleurt.expected).max() > 0.05
    assert_close("BLEURT: swapped", swapped, bleurt.scores(CANDIDATES, REFERENCES), SCORES)


def test_the_command_prints_a_score_a_line(bleurt, files, rembert):
    code, out, err = rembert("score", bleurt.converted, "--references", files[0], "--candidates", files[1])
    assert code == 0
    assert_close("BLEURT: command", [float(line) for line in out.splitlines()], bleurt.expected, SCORES)
    # The two means may be rounded to either side.
    assert float(re.search(rf"mean (\S+) of {len(TEXTS)} pairs", err)[1]) == pytest.approx(
        np.mean(bleurt.expected), abs=1e-4
    )


def test_the_command_writes_json_and_files(bleurt, files, rembert, tmp_path):
    arguments = ("score", bleurt.converted, "--references", files[0], "--candidates", files[1])
    code, out, _ = rembert(*arguments, "--json")
    found = json.loads(out)
    assert (code, found["pairs"]) == (0, len(TEXTS))
    assert_close("BLEURT: command, JSON", found["scores"], bleurt.expected, SCORES)
    assert found["mean"] == pytest.approx(np.mean(bleurt.expected), abs=SCORES)
    code, out, _ = rembert(*arguments, "--output", tmp_path / "new/scores.txt")
    assert (code, out) == (0, "")
    written = (tmp_path / "new/scores.txt").read_text().splitlines()
    assert_close("BLEURT: command, file", [float(line) for line in written], bleurt.expected, SCORES)


def test_lines_are_kept_as_they_are(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes("\ufeffeins\r\n\r\n drei \u2028 \x0c\x1c\n".encode())
    second.write_bytes("один\n\nтри".encode())
    assert read_pairs(first, second) == (["eins", "", " drei \u2028 \x0c\x1c"], ["один", "", "три"])


def test_mistakes_are_named(bleurt, pair, files, rembert, tmp_path):
    other = tmp_path / "other"
    other.write_text("one\ntwo\n")
    lines = f"has {len(TEXTS)} lines.*has 2"
    refused(rembert, bleurt.converted, files[0], other, lines)
    refused(rembert, bleurt.converted, files[0], tmp_path / "nowhere", "nowhere")
    other.write_bytes(b"fine\nnot \xff UTF-8\n")
    refused(rembert, bleurt.converted, other, files[1], "other, line 2: not UTF-8")
    other.write_bytes(b"")
    refused(rembert, bleurt.converted, other, other, "empty")
    refused(rembert, tmp_path / "no-model", *files, "no-model")
    refused(rembert, bleurt.path, *files, "rembert convert")
    with pytest.raises(InputError, match="1 and 2"):
        score(pair, ["a"], ["a", "b"])
    with pytest.raises(InputError, match="batch_size.*0"):
        score(pair, ["a"], ["a"], batch_size=0)


def refused(rembert, directory, references, candidates, words):
    code, out, err = rembert("score", directory, "--references", references, "--candidates", candidates)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert re.search(words, err)


@pytest.mark.parametrize("changes", [{"num_labels": 2}, {"problem_type": "multi_label_classification"}])
def test_other_models_give_no_scores(changes, rembert, files, tmp_path, small_config, model):
    config = small_config.replace(num_labels=1, vocab_size=CONFIG["vocab_size"]).replace(**changes)
    RemBertForSequenceClassification(config).save_pretrained(tmp_path / "model")
    RemBertTokenizer(model).save_pretrained(tmp_path / "model")
    refused(rembert, tmp_path / "model", *files, f"gives no scores: it has {config.num_labels} output")


@pytest.mark.parametrize("engine", [RemBertTokenizer, RemBertTokenizerFast])
def test_truncation_follows_bleurts_rule_whatever_the_lengths(engine, model):
    tokenizer = engine(model)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    beginnings = [text[:end] for text in REFERENCES for end in range(len(text))]
    by_count = {len(processor.encode(text)): text for text in beginnings}
    texts = [by_count[count] for count in range(12)]
    pairs = [(first, second) for first in texts for second in texts]
    for length in (3, 4, 5, 6, 7, 8, 12, 13, 20, 21):
        compare(tokenizer, processor, pairs, length)
    random = np.random.default_rng(3)
    words = [word for text in REFERENCES for word in text.split()]
    long = [" ".join(random.choice(words, count)) for count in random.integers(0, 260, 120)]
    compare(tokenizer, processor, [*zip(long[:60], long[60:], strict=True)], 512)


def compare(tokenizer, processor, pairs, length):
    """Asserts that rows are those of BLEURT's own rules."""
    first, second = zip(*pairs, strict=True)
    options = {"truncation": True, "max_length": length, "padding": "max_length", "split_special_tokens": True}
    ours = tokenizer(list(first), list(second), **options)
    expected = np.transpose([encode(processor, *pair, length) for pair in pairs], (1, 0, 2))
    for name, rows in zip(("input_ids", "attention_mask", "token_type_ids"), expected, strict=True):
        np.testing.assert_array_equal(np.asarray(ours[name]), rows)


def test_the_rule_itself():
    # The longer list loses first; at equal lengths the candidate does, so an odd piece stays with the reference.
    assert truncate("abcde", "vw", 5) == (["a", "b", "c"], ["v", "w"])
    assert truncate("ab", "vwxyz", 5) == (["a", "b"], ["v", "w", "x"])
    assert truncate("abcd", "wxyz", 5) == (["a", "b", "c"], ["w", "x"])


def test_the_one_difference_is_a_special_token_in_characters_that_are_no_pieces():
    # BLEURT looks pieces up by their spelling, and SentencePiece gives unknown characters in a row back as one piece.
    model = train_vocabulary(["abc def"] * 50 + ["abd cef ade"], 324)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    assert processor.encode("[SEP]", out_type=str) == ["▁", "[SEP]"]
    theirs, _, _ = encode(processor, "ab [SEP]", "ab", 16)
    ours = RemBertTokenizer(model)("ab [SEP]", "ab", max_length=16, padding="max_length", split_special_tokens=True)
    differing = [(a, b) for a, b in zip(theirs, ours["input_ids"], strict=True) if a != b]
    assert differing == [(313, 2)]


@pytest.mark.slow
def test_it_can_be_trained_further_and_exported(bleurt, tmp_path):
    loaded = RemBertForSequenceClassification.from_pretrained(bleurt.converted)
    tokenizer = RemBertTokenizerFast.from_pretrained(bleurt.converted)
    path = export_saved_model(loaded, tokenizer, tmp_path, max_length=512, pair=True, warmup=False)
    served = tf.saved_model.load(str(path)).signatures["serving_default"]
    answer = served(text=tf.constant(REFERENCES), text_pair=tf.constant(CANDIDATES))["score"]
    assert_close("BLEURT: exported", answer, bleurt.expected, SCORES)

    inputs = tokenizer(REFERENCES[:8], CANDIDATES[:8], padding=True)
    human = np.linspace(0.0, 1.0, 8, dtype="float32")
    loaded.compile(optimizer=keras.optimizers.Adam(1e-3))
    error = np.mean((bleurt.expected[:8] - human) ** 2)
    history = loaded.fit(inputs, human, batch_size=8, epochs=3, verbose=0).history["loss"]
    assert history[0] == pytest.approx(error, rel=1e-4)  # the mean squared error, as BLEURT's own loss
    assert history[2] < history[1] < history[0]
