"""Served tags are those of the task: on annotated text, in windows, and after an export was written."""

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForTokenClassification
from rembert_tf.serving.options import TokenClassificationOptions
from rembert_tf.serving.signatures.token_classification import TokenClassificationSignatures
from rembert_tf.tasks.tagging.predicting import predict_tags
from rembert_tf.tasks.tagging.schemes import IOB2, UPOS
from tests.serving.signatures.served import ask, assert_servable, saved_and_loaded
from tests.serving.signatures.served_taggers import LENGTH, served
from tests.tasks.tagging.real_data import ROOT

SENTENCES = [
    "Angela Merkel besuchte ( gestern ) Berlin .",
    "The U.S. isn't Mr. Smith's .",
    "北京 位于 中国 北部 ， 是 首都 。",
    "Москва — столица России .",
    "القاهرة عاصمة مصر ، وهي كبيرة .",
    "दिल्ली भारत की राजधानी है ।",
    "Hà Nội là thủ đô , đúng không ?",
    "\u200b , x",
]


@pytest.fixture(scope="module")
def tagger(text_config):
    keras.utils.set_random_seed(1)
    return RemBertForTokenClassification(text_config.replace(id2label=dict(enumerate(IOB2)), initializer_range=0.3))


def test_where_windows_overlap_the_one_with_more_context_decides(tagger, small_tokenizer):
    words = ["a"] * 60  # a piece each
    got = ask(served(tagger, small_tokenizer, length=22, stride=10, aggregation="words", include_outside=True),
              text=[" ".join(words)])  # fmt: skip
    ids = small_tokenizer.encode_words(words)["input_ids"].numpy()
    expected = []
    for piece in range(60):
        # Windows of 20 pieces begin at 0, 10, 20, 30, 40: most context is in the middle ten.
        start = min(max((piece - 5) // 10 * 10, 0), 40)
        row = np.concatenate([ids[:1], ids[1 + start : 21 + start], ids[-1:]])[None]
        logits = np.asarray(tagger({"input_ids": row}))[0, 1 + piece - start]
        expected.append(np.exp(logits - logits.max()).max() / np.exp(logits - logits.max()).sum())
    np.testing.assert_allclose(got["score"][0], expected, atol=1e-5)


def equal_to_predict(function, model, tokenizer, sentences, length):
    """Returns how many sentences were cut into their words; asserts that these have the tags and scores of the task."""
    answer = ask(function, text=[" ".join(words) for words in sentences])
    same = 0
    for row, predicted in enumerate(predict_tags(model, tokenizer, sentences, 8, length)):
        ends = np.cumsum([len(word) + 1 for word in sentences[row]]) - 1
        count = int(answer["num_entities"][row])
        if answer["end"][row, :count].tolist() == ends.tolist():
            same += 1
            assert [tag.decode() for tag in answer["entity"][row, :count]] == predicted["tags"]
            np.testing.assert_allclose(answer["score"][row, :count], predicted["scores"], atol=1e-5)
    return same


def test_tags_and_scores_are_those_of_predict(tagger, small_tokenizer):
    function = served(tagger, small_tokenizer, aggregation="words", include_outside=True)
    sentences = [text.split(" ") for text in SENTENCES]
    assert equal_to_predict(function, tagger, small_tokenizer, sentences, LENGTH) == len(sentences)


def real_sentences():
    """{language: lists of words} of 14 languages."""
    found = {}
    for name in [f"ud_pos/test-{code}" for code in ("ar", "de", "en", "es", "fr", "hi", "id", "ko", "ru", "zh")] + [
        "uner/test-pt"
    ]:
        blocks = (ROOT / f"{name}.tsv").read_text("utf-8").strip().split("\n\n")
        rows = [[line.split("\t")[0] for line in block.splitlines()] for block in blocks]
        found[name[-2:]] = [row for row in rows if not any(any(map(str.isspace, word)) for word in row)]
    for language in ("fi", "tr", "it"):
        lines = (ROOT / "tatoeba" / f"{language}-en.tsv").read_text("utf-8").splitlines()
        found[language] = [line.split("\t")[0].split() for line in lines]
    return found


@pytest.mark.slow
@pytest.mark.skipif(not ROOT.is_dir(), reason=f"needs {ROOT}, which is not part of the repository")
def test_real_sentences_are_tagged_as_by_predict(small_tokenizer, text_config):
    keras.utils.set_random_seed(2)
    config = text_config.replace(id2label=dict(enumerate(UPOS)), max_position_embeddings=512, initializer_range=0.3)
    model = RemBertForTokenClassification(config)
    options = {"length": 512, "aggregation": "words", "include_outside": True}
    automatic = served(model, small_tokenizer, UPOS, **options)
    by_space = served(model, small_tokenizer, UPOS, pretokenized=True, **options)
    for language, sentences in real_sentences().items():
        sentences = sentences[::5][:200]
        assert equal_to_predict(by_space, model, small_tokenizer, sentences, 512) == len(sentences)
        if language not in ("fi", "tr", "it"):  # not cut into tokens
            same = equal_to_predict(automatic, model, small_tokenizer, sentences, 512)
            print(f"{language}: {same} of {len(sentences)} without further spans")
            assert same >= 0.98 * len(sentences)


@pytest.mark.slow
def test_a_written_model_answers_the_same(tagger, small_tokenizer, tmp_path):
    options = TokenClassificationOptions()
    module = TokenClassificationSignatures(tagger, small_tokenizer, LENGTH, options, IOB2)
    function = saved_and_loaded(module, tmp_path / "1")
    assert_servable(function, tmp_path / "1")
    expected = ask(module.serving_default(), text=SENTENCES)
    for name, value in ask(function, text=SENTENCES).items():
        if name == "score":
            np.testing.assert_allclose(value, expected[name], atol=1e-6)
        else:
            np.testing.assert_array_equal(value, expected[name])
