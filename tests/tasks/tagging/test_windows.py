"""Windows: the pieces of every word, in order, split where XTREME's preprocessing splits."""

import numpy as np
import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st

from rembert_tf.errors import InputError
from rembert_tf.tasks.tagging.windows import make_windows, split_between_words

SENTENCES = [
    ["The", "extraordinarily", "long-winded", "counterrevolutionaries", "sleep", "."],
    ["日本語", "", "[MASK]", "New York", "ok"],
    ["one"],
    ["Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 3, "is", "a", "word"],
]


@pytest.fixture(scope="module")
def pieces(small_vocabulary, small_tokenizer):
    """The pieces of a word, from the sentencepiece package."""
    processor = sentencepiece.SentencePieceProcessor(model_file=small_vocabulary)
    return lambda word: processor.encode(word) or [small_tokenizer.unk_token_id]


def official_split(counts, budget):
    """The rule of XTREME's utils_preprocess.py, which begins a new block of lines for a new window."""
    windows, used = [[]], 0
    for word, count in enumerate(counts):
        count = 1 if count > budget else count  # there such a word becomes the unknown token
        if used + count > budget:
            windows.append([])
            used = 0
        windows[-1].append(word)
        used += count
    return [(window[0], window[-1] + 1) for window in windows]


COUNTS = st.lists(st.integers(1, 9), min_size=1, max_size=40)


@given(counts=COUNTS, budget=st.integers(9, 30))
def test_split_points_are_the_official_ones(counts, budget):
    assert split_between_words(counts, budget) == official_split(counts, budget)


@given(counts=COUNTS, budget=st.integers(1, 8))
def test_words_longer_than_a_window_fill_one(counts, budget):
    windows = split_between_words(counts, budget)
    assert [word for first, last in windows for word in range(first, last)] == list(range(len(counts)))
    sizes = [sum(min(count, budget) for count in counts[first:last]) for first, last in windows]
    assert max(sizes) <= budget
    for size, (_, last) in zip(sizes, windows, strict=True):
        assert last == len(counts) or size + min(counts[last], budget) > budget


@pytest.mark.parametrize("max_length", [3, 4, 7, 12, 64])
def test_every_word_keeps_its_pieces_and_its_place(small_tokenizer, pieces, max_length):
    windows = make_windows(small_tokenizer, SENTENCES, max_length)
    assert max(windows.lengths) <= max_length
    expected = [[pieces(word)[: max_length - 2] for word in words] for words in SENTENCES]
    found = []
    for ids, starts in zip(windows.ids, windows.starts, strict=True):
        assert (ids[0], ids[-1]) == (small_tokenizer.cls_token_id, small_tokenizer.sep_token_id)
        ends = [*starts[1:], len(ids) - 1]
        found.append([ids[start:end].tolist() for start, end in zip(starts, ends, strict=True)])
    assert windows.joined(found) == expected


def test_only_sentences_that_are_too_long_are_split(small_tokenizer, pieces):
    longest = max(sum(len(pieces(word)) for word in words) for words in SENTENCES)
    assert len(make_windows(small_tokenizer, SENTENCES, longest + 2)) == len(SENTENCES)
    assert len(make_windows(small_tokenizer, SENTENCES, longest + 1)) == len(SENTENCES) + 1


def test_more_sentences_than_are_tokenized_at_a_time(small_tokenizer, pieces):
    sentences = [[f"word{number}", "x"] for number in range(2500)]
    windows = make_windows(small_tokenizer, sentences, 64)
    assert windows.sentences.tolist() == list(range(2500))
    for number in (0, 1023, 1024, 2499):
        assert windows.ids[number][1:-1].tolist() == pieces(f"word{number}") + pieces("x")
        assert windows.starts[number].tolist() == [1, 1 + len(pieces(f"word{number}"))]


def test_no_room_for_a_piece(small_tokenizer):
    with pytest.raises(InputError, match=r"max_length must be at least 3 .* not 2"):
        make_windows(small_tokenizer, SENTENCES, 2)


def test_joining_keeps_the_order(small_tokenizer):
    windows = make_windows(small_tokenizer, SENTENCES, 5)
    flat = iter(word for words in SENTENCES for word in words)
    assert windows.joined([[next(flat) for _ in starts] for starts in windows.starts]) == SENTENCES
    assert np.all(np.diff(windows.sentences) >= 0)
