"""Written exports answer as the Python models do, in every language of the Universal Declaration of Human Rights.

The expected inputs come from the other tokenizer, so that no operation of the graph computes what it is compared
with. Tags, answers and masks have such tests of their own in `signatures/`.
"""

import json
import lzma
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import (
    RemBertForCausalLM,
    RemBertForMultipleChoice,
    RemBertForSequenceClassification,
    RemBertModel,
    RemBertTokenizer,
)
from rembert_tf.serving import export_saved_model
from rembert_tf.serving.options import GenerationOptions

ARTICLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "text" / "udhr_articles.jsonl.xz"
LENGTH, NEW = 48, 4

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not ARTICLES.is_file(), reason=f"{ARTICLES} is not there")]


@pytest.fixture(scope="module")
def articles():
    """Four lists of texts, article 1 to 4, the same languages in each."""
    with lzma.open(ARTICLES, "rt", encoding="utf-8") as lines:
        rows = [json.loads(next(lines)) for _ in range(4)]
    languages = sorted(set.intersection(*(set(row) for row in rows)) - {"article"})
    assert len(languages) >= 12
    return [[row[language] for language in languages] for row in rows]


@pytest.fixture(scope="module")
def tokenizer(small_vocabulary):
    return RemBertTokenizer.from_pretrained(small_vocabulary)


def exported(model, tokenizer, folder, **arguments):
    path = export_saved_model(model, tokenizer, folder, max_length=LENGTH, warmup=False, check=False, **arguments)
    return tf.saved_model.load(str(path)).signatures["serving_default"]


def alone(tokenizer, *texts):
    """Model input of one text or pair, which no padding of other rows can touch."""
    rows = [[text] for text in texts]
    return tokenizer(*rows, truncation=True, max_length=LENGTH, split_special_tokens=True)


def test_classification_of_pairs(articles, text_config, small_tokenizer, tokenizer, tmp_path):
    model = RemBertForSequenceClassification(text_config)
    answer = exported(model, small_tokenizer, tmp_path, pair=True)(
        text=tf.constant(articles[0]), text_pair=tf.constant(articles[1])
    )
    logits = [model(alone(tokenizer, *pair)).numpy()[0] for pair in zip(*articles[:2], strict=True)]
    np.testing.assert_allclose(answer["probabilities"], tf.nn.softmax(logits), atol=1e-5)


def test_embedding(articles, text_config, small_tokenizer, tokenizer, tmp_path):
    model = RemBertModel(text_config)
    answer = exported(model, small_tokenizer, tmp_path)(text=tf.constant(articles[2]))
    expected = [model(alone(tokenizer, text))["last_hidden_state"].numpy()[0].mean(axis=0) for text in articles[2]]
    np.testing.assert_allclose(answer["embedding"], expected, atol=1e-5)


def test_choices(articles, text_config, small_tokenizer, tokenizer, tmp_path):
    model = RemBertForMultipleChoice(text_config)
    choices = np.array(articles[1:]).T
    answer = exported(model, small_tokenizer, tmp_path)(prompt=tf.constant(articles[0]), choices=tf.constant(choices))
    for row, prompt in enumerate(articles[0]):
        inputs = [alone(tokenizer, prompt, choice) for choice in choices[row]]
        scores = [
            model({name: np.array([value]) for name, value in encoded.items()}).numpy()[0, 0] for encoded in inputs
        ]
        np.testing.assert_allclose(answer["probabilities"][row], tf.nn.softmax(scores), atol=1e-5)


def test_generation(articles, text_config, small_tokenizer, tokenizer, tmp_path):
    # Scores far apart, so that rounding decides nothing.
    model = RemBertForCausalLM(text_config.replace(is_decoder=True, initializer_range=0.8))
    options = GenerationOptions(max_new_tokens=NEW)
    answer = exported(model, small_tokenizer, tmp_path, options=options)(prompt=tf.constant(articles[3]))
    room = LENGTH - NEW - 1  # [CLS]
    for row, prompt in enumerate(articles[3]):
        pieces = tokenizer(prompt, add_special_tokens=False, split_special_tokens=True)["input_ids"][-room:]
        ids = np.array([[tokenizer.cls_token_id, *pieces]])
        new = model.generate({"input_ids": ids}, max_new_tokens=NEW, eos_token_id=tokenizer.sep_token_id)
        new = np.asarray(new)[0, ids.shape[1] :].tolist()
        new = new[: new.index(tokenizer.sep_token_id)] if tokenizer.sep_token_id in new else new
        assert answer["num_tokens"].numpy()[row] == len(new)
        assert answer["text"].numpy()[row].decode().strip() == tokenizer.decode(new).strip()
