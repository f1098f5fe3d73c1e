"""Served taggers: labelled spans of any text, where people see them."""

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForTokenClassification
from rembert_tf.errors import InputError
from rembert_tf.serving.options import TokenClassificationOptions
from rembert_tf.serving.signatures import chunks
from rembert_tf.serving.signatures.token_classification import TokenClassificationSignatures
from rembert_tf.tasks.tagging.schemes import IOB2
from tests.serving.signatures.served import (
    HOSTILE,
    ask,
    assert_rows_alone_are_the_same,
    decoded,
)
from tests.serving.signatures.served_taggers import Lookup, served


@pytest.fixture(scope="module")
def tagger(text_config):
    keras.utils.set_random_seed(1)
    return RemBertForTokenClassification(text_config.replace(id2label=dict(enumerate(IOB2)), initializer_range=0.3))


def spans(function, texts):
    """For each text a list of (label, the text of the span)."""
    answer = ask(function, text=texts)
    rows = zip(answer["entity"], answer["start"], answer["end"], answer["num_entities"], decoded(texts), strict=True)
    return [
        [(label.decode(), text[start:end]) for label, start, end in zip(labels[:n], starts, ends, strict=False)]
        for labels, starts, ends, n, text in rows
    ]


@pytest.fixture(scope="module")
def lookup(small_tokenizer):
    words = {"Angela": "B-PER", "Merkel": "I-PER", "Berlin": "B-LOC", "Paris": "B-LOC", "Siemens": "I-ORG"}
    return Lookup(small_tokenizer, IOB2, words)


def test_entities_are_found_without_punctuation(lookup, small_tokenizer):
    texts = [
        "Angela Merkel, Berlin.",
        "(Berlin) Paris Siemens",
        "„Angela Merkel“: in Paris!",
        "nothing",
        "Merkel Merkel",
    ]
    assert spans(served(lookup, small_tokenizer), texts) == [
        [("PER", "Angela Merkel"), ("LOC", "Berlin")],
        [("LOC", "Berlin"), ("LOC", "Paris"), ("ORG", "Siemens")],
        [("PER", "Angela Merkel"), ("LOC", "Paris")],
        [],
        [("PER", "Merkel Merkel")],
    ]


def test_words_keep_their_whole_tags(lookup, small_tokenizer):
    function = served(lookup, small_tokenizer, aggregation="words")
    assert spans(function, ["Angela Merkel, Berlin."]) == [
        [("B-PER", "Angela"), ("I-PER", "Merkel"), ("B-LOC", "Berlin")]
    ]
    function = served(lookup, small_tokenizer, aggregation="words", include_outside=True)
    assert spans(function, ["in Berlin."]) == [[("O", "in"), ("B-LOC", "Berlin"), ("O", ".")]]


def test_outside_words_are_spans_of_their_own_on_request(lookup, small_tokenizer):
    function = served(lookup, small_tokenizer, include_outside=True)
    assert spans(function, ["he saw Angela Merkel"]) == [[("O", "he"), ("O", "saw"), ("PER", "Angela Merkel")]]


def test_a_score_is_the_mean_of_the_words(lookup, small_tokenizer):
    answer = ask(served(lookup, small_tokenizer), text=["Angela Merkel"])
    probability = np.exp(5) / (np.exp(5) + 6)
    np.testing.assert_allclose(answer["score"], [[probability]], rtol=1e-5)


def test_tags_without_prefixes_make_a_span_of_every_word(small_tokenizer):
    model = Lookup(small_tokenizer, ("NOUN", "O"), {"Berlin": "NOUN", "Paris": "NOUN"})
    found = spans(served(model, small_tokenizer, ("NOUN", "O")), ["Berlin Paris, Berlin"])
    assert found == [[("NOUN", "Berlin"), ("NOUN", "Paris"), ("NOUN", "Berlin")]]


def test_tags_that_mark_ends_and_single_words(small_tokenizer):
    tags = ("B-X", "I-X", "E-X", "S-X", "O")
    words = {"Angela": "B-X", "Merkel": "I-X", "Berlin": "E-X", "Paris": "S-X"}
    found = spans(
        served(Lookup(small_tokenizer, tags, words), small_tokenizer, tags), ["Angela Merkel Berlin Merkel Paris Paris"]
    )
    assert [text for _, text in found[0]] == ["Angela Merkel Berlin", "Merkel", "Paris", "Paris"]


@pytest.mark.parametrize("stride", [0, 6, 64])
def test_long_texts_are_tagged_to_their_end(lookup, small_tokenizer, stride):
    text = "Angela Merkel war in Berlin, nicht in Paris. " * 60
    found = spans(served(lookup, small_tokenizer, stride=stride), [text])
    assert found == [[("PER", "Angela Merkel"), ("LOC", "Berlin"), ("LOC", "Paris")] * 60]


def test_unspaced_scripts_are_tagged_piece_by_piece(small_tokenizer):
    text = "東京タワーは日本の首都東京都港区にある。กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย"
    encoded = small_tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    model = Lookup(small_tokenizer, IOB2, {})
    found = spans(served(model, small_tokenizer, length=64, include_outside=True), [text])[0]
    assert "".join(part for _, part in found) == text
    assert len(found) > 10
    # Units are SentencePiece's, but none begins with a combining mark.
    assert not any(part[0] in "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e47\u0e48\u0e49" for _, part in found)
    assert len(found) <= len(encoded["input_ids"]) + 2


def test_any_text_has_spans_inside_of_it(tagger, small_tokenizer):
    function = served(tagger, small_tokenizer, include_outside=True)
    answer = ask(function, text=HOSTILE)
    for row, text in enumerate(decoded(HOSTILE)):
        count = answer["num_entities"][row]
        start, end = answer["start"][row, :count], answer["end"][row, :count]
        assert (start >= 0).all() and (start < end).all() and (end <= len(text)).all()
        assert (end[:-1] <= start[1:]).all()
        for first, last in zip(start, end, strict=True):
            assert text[first:last] == text[first:last].strip()
        covered = {place for first, last in zip(start, end, strict=True) for place in range(first, last)}
        assert all(character.isspace() for place, character in enumerate(text) if place not in covered)
        assert not answer["end"][row, count:].any() and not any(answer["entity"][row, count:])
    assert_rows_alone_are_the_same(function, {"text": HOSTILE})


@pytest.mark.slow
def test_the_narrowest_windows_tag_too(lookup, small_tokenizer):
    least = TokenClassificationSignatures.least_length(TokenClassificationOptions(), False)
    found = spans(served(lookup, small_tokenizer, length=least), ["Angela Merkel, Berlin. 東京 " * 3])
    assert found == [[("PER", "Angela Merkel"), ("LOC", "Berlin")] * 3]


def test_an_empty_batch_is_answered(tagger, small_tokenizer):
    answer = ask(served(tagger, small_tokenizer, include_outside=True), text=[])
    assert {name: value.shape for name, value in answer.items()} == {
        "entity": (0, 0), "start": (0, 0), "end": (0, 0), "score": (0, 0), "num_entities": (0,)
    }  # fmt: skip


@pytest.mark.slow
def test_work_in_small_portions_changes_nothing(tagger, small_tokenizer, monkeypatch):
    whole = ask(served(tagger, small_tokenizer, include_outside=True), text=HOSTILE)
    monkeypatch.setattr(chunks, "CHUNK_PIECES", 100)
    portions = ask(served.__wrapped__(tagger, small_tokenizer, include_outside=True), text=HOSTILE)
    np.testing.assert_allclose(whole.pop("score"), portions.pop("score"), atol=1e-6)
    for name, value in whole.items():
        np.testing.assert_array_equal(value, portions[name])


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("aggregation", "first", "aggregation must be 'entities' or 'words', not 'first'"),
        ("stride", -1, "stride must be a number of pieces, 0 or more, not -1"),
        ("include_outside", 1, "include_outside must be True or False, not 1"),
        ("pretokenized", "yes", "pretokenized must be True or False, not 'yes'"),
    ],
)
def test_impossible_options(option, value, message):
    with pytest.raises(InputError, match=message):
        TokenClassificationOptions(**{option: value})
