"""Real sentences in dozens of languages: the two engines, the reference, and the four ways to run the fast one."""

import collections
import itertools
import lzma
import time

import pytest
import tensorflow as tf

from tests.golden import HERE, NOTES
from tests.tokenization.hostile import compare
from tests.tokenization.rows import lists

CORPUS = HERE.parent.parent / "shared" / "data" / "text" / "raw_text_packages.tsv.xz"
PER_LANGUAGE = 700
BATCH = 512

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CORPUS.exists(), reason=f"needs {CORPUS}, which is not part of the project"),
]


@pytest.fixture(scope="module")
def sentences():
    """At most 700 texts of each language, spread over its part of the file."""
    by_language = collections.defaultdict(list)
    with lzma.open(CORPUS, "rt", encoding="utf-8") as file:
        for line in file:
            language, text = line.rstrip("\n").split("\t", 1)
            by_language[language].append(text)
    chosen = {
        language: texts[:: max(1, len(texts) // PER_LANGUAGE)][:PER_LANGUAGE] for language, texts in by_language.items()
    }
    found = [text for texts in chosen.values() for text in texts]
    assert len(found) >= 20_000
    assert sum(len(texts) >= 50 for texts in chosen.values()) >= 30
    NOTES["real text"] = f"{len(found)} texts in {len(chosen)} languages"
    return found


def batches(texts):
    return [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]


def test_engines_and_oracle_on_every_sentence(vocabulary, sentences):
    call = {"add_special_tokens": False, "return_offsets_mapping": True, "split_special_tokens": True}
    started = time.perf_counter()
    for texts in batches(sentences):
        fast, python = (lists(tokenizer(texts, **call)) for tokenizer in (vocabulary.tokenizer, vocabulary.python))
        expected = [vocabulary.reference.raw_spans(text) for text in texts]
        assert python["input_ids"] == [[number for number, _ in row] for row in expected]
        assert python["offset_mapping"] == [[list(span) for _, span in row] for row in expected]
        rows = compare(vocabulary, texts, fast["input_ids"], python["input_ids"], "real sentences")
        for row in rows:
            assert fast["offset_mapping"][row] == python["offset_mapping"][row], texts[row]
    NOTES[f"{vocabulary.name}, real sentences, seconds"] = f"{time.perf_counter() - started:.0f}"


def test_literals_in_every_sentence(vocabulary, sentences):
    """A special token between two of them: the spans of a stretch begin where it begins."""
    tokens = itertools.cycle([" [MASK] ", "[SEP]", "[CLS] "])
    texts = [a[:60] + token + b[:60] for a, b, token in zip(sentences[::4], sentences[2::4], tokens, strict=False)]
    call = {"add_special_tokens": False, "return_offsets_mapping": True}
    for batch in batches(texts):
        fast, python = (lists(tokenizer(batch, **call)) for tokenizer in (vocabulary.tokenizer, vocabulary.python))
        expected = [vocabulary.reference.encode_with_spans(text) for text in batch]
        assert python["input_ids"] == [[number for number, _ in row] for row in expected]
        assert python["offset_mapping"] == [[list(span) for _, span in row] for row in expected]
        rows = compare(vocabulary, batch, fast["input_ids"], python["input_ids"], "real sentences with literals")
        assert [fast["offset_mapping"][row] for row in rows] == [python["offset_mapping"][row] for row in rows]


def test_eager_tf_data_function_and_saved_model(udef, sentences, tmp_path):
    tokenizer, call = (
        udef.tokenizer,
        {"padding": "max_length", "truncation": True, "max_length": 48, "return_offsets_mapping": True},
    )
    module = tf.Module()
    module.tokenizer = tokenizer
    module.encode = tf.function(
        lambda texts: tokenizer(texts, **call), input_signature=[tf.TensorSpec([None], tf.string)], autograph=False
    )
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    dataset = tf.data.Dataset.from_tensor_slices(sentences).batch(BATCH).map(lambda texts: tokenizer(texts, **call))
    for texts, piped in zip(batches(sentences), dataset, strict=True):
        eager = lists(tokenizer(texts, **call))
        for encoded in (piped, module.encode(tf.constant(texts)), loaded.encode(tf.constant(texts))):
            assert lists(encoded) == eager
