"""Windows: what truncation cuts off, in rows of its own."""

import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.tokenization import list_packing, packing
from tests.tokenization.rows import ids, lists

LONG = "The quick brown fox jumps over the lazy dog. " * 30


def test_recorded_windows(vocabulary, engine):
    """The reference's fast class has windows; it and ours refuse the same ones."""
    tokenizer, compared, refused = vocabulary.engine(engine), 0, 0
    for case in vocabulary.golden["overflow"]:
        call = dict(return_special_tokens_mask=True, **case["kwargs"])
        second = None if case["b"] is None else [case["b"]]
        if "error" in case["fast"]:
            with pytest.raises(InputError, match="which leaves the other none of|stride=16 must be less"):
                tokenizer([case["a"]], second, **call)
            refused += 1
            continue
        if any(tokenizer.unk_token_id in row for row in case["fast"]["ids"]) and vocabulary.name == "udef_bytes_8k":
            continue  # the recorded class has no byte pieces
        encoded = lists(tokenizer([case["a"]], second, **call))
        for ours, theirs in {
            "input_ids": "ids",
            "token_type_ids": "type_ids",
            "special_tokens_mask": "special",
        }.items():
            assert encoded[ours] == case["fast"][theirs], case["kwargs"]
        assert encoded["overflow_to_sample_mapping"] == case["fast"]["overflow_to_sample_mapping"]
        compared += 1
    assert (compared, refused) == {"oss_1k": (9, 6), "ctrl_16k": (11, 4), "udef_bytes_8k": (3, 4)}[vocabulary.name]


def test_the_first_window_is_the_slow_row_and_the_rest_its_overflow(vocabulary, engine):
    tokenizer = vocabulary.engine(engine)
    for case in vocabulary.golden["overflow"]:
        if case["b"] is None:
            rows = ids(tokenizer([case["a"]], **case["kwargs"]))
            stride, bodies = case["kwargs"]["stride"], [row[1:-1] for row in rows]
            assert rows[0] == case["slow"]["ids"]
            overflow = bodies[1][:stride] if len(bodies) > 1 else []
            overflow = overflow + [number for body in bodies[1:] for number in body[stride:]]
            assert overflow == case["slow"]["overflowing_tokens"]


@pytest.mark.parametrize("seed", range(40))
def test_both_packings_share_and_cut_alike(seed):
    """Lengths, budgets and strides at random: the tensors' rules are the lists'."""
    random = np.random.default_rng(seed)
    first, second = random.integers(0, 12, [2, 6])
    budget, stride = int(random.integers(0, 14)), int(random.integers(0, 6))
    for strategy in ("longest_first", "only_first", "only_second"):
        for pair in (second, None):
            ours = outcome(
                packing.kept_lengths, tf.constant(first), None if pair is None else tf.constant(pair), budget, strategy
            )
            theirs = outcome(
                list_packing.kept_lengths, list(first), None if pair is None else list(pair), budget, strategy
            )
            assert ours == theirs
    sizes = random.integers(1, 9, 6)
    ours = outcome(packing.windows, tf.constant(first), tf.constant(sizes), stride)
    theirs = outcome(list_packing.windows, first.tolist(), sizes.tolist(), stride)
    assert ours == (theirs if isinstance(theirs, str) else [list(column) for column in zip(*theirs, strict=True)])


def outcome(function, *arguments):
    try:
        return lists(function(*arguments))
    except InputError as error:
        return str(error)


@pytest.mark.parametrize(
    ("length", "size", "stride"), [(0, 3, 0), (3, 3, 0), (4, 3, 0), (4, 3, 2), (50, 7, 3), (9, 9, 8)]
)
def test_windows_cover_a_text_and_share_the_stride(length, size, stride):
    found = list_packing.windows([length], [size], stride)
    assert found[0][1] == 0
    assert found[-1][1] + found[-1][2] == length
    for (_, start, count), (_, following, _) in zip(found, found[1:], strict=False):
        assert count == size
        assert start + count - following == stride


WRONG = {
    "stride as long as the window": (
        {"truncation": True, "max_length": 10, "stride": 8},
        "stride=8 must be less than the window, which holds 8 pieces",
    ),
    "no room for a window": ({"truncation": True, "max_length": 2}, "stride=0 must be less than the window"),
    "a negative stride": ({"truncation": True, "stride": -1}, "stride must be a number of pieces, 0 or more, not -1"),
    "a stride that is no number": ({"truncation": True, "stride": "5"}, "stride must be.*not '5'"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_windows_that_never_advance(oss, engine, what):
    arguments, said = WRONG[what]
    with pytest.raises(InputError, match=said):
        oss.engine(engine)([LONG], return_overflowing_tokens=True, **arguments)


def test_windows_of_pairs(oss, engine):
    tokenizer = oss.engine(engine)
    with pytest.raises(InputError, match="return_overflowing_tokens needs truncation='only_first' or 'only_second'"):
        tokenizer(["a"], ["b"], truncation=True, max_length=9, return_overflowing_tokens=True)
    call = {"truncation": "only_second", "max_length": 12, "return_overflowing_tokens": True}
    with pytest.raises(InputError, match="stride=5 must be less than the window, which holds 4 pieces.*: in row 1"):
        tokenizer(["a", "a b c d e"], ["x", LONG], stride=5, **call)
    # A text that fits needs no windows, whatever the stride.
    encoded = lists(tokenizer(["a", "a b c d e"], ["x", "x"], stride=5, **call))
    assert encoded["overflow_to_sample_mapping"] == [0, 1]


def test_a_single_text_has_windows_too(oss, engine):
    encoded = lists(
        oss.engine(engine)(
            LONG, truncation=True, max_length=50, stride=10, padding=True, return_overflowing_tokens=True
        )
    )
    assert {len(row) for row in encoded["input_ids"]} == {50}
    assert encoded["overflow_to_sample_mapping"] == [0] * len(encoded["input_ids"])


def test_nothing_overflows_without_truncation(oss, engine):
    encoded = lists(oss.engine(engine)([LONG, "a"], return_overflowing_tokens=True))
    assert encoded["overflow_to_sample_mapping"] == [0, 1]
    assert encoded["input_ids"] == ids(oss.python([LONG, "a"]))


QUESTIONS = ["What jumps?", "Why?", "A question that goes on and on " * 20, ""]
CONTEXTS = [LONG, "", LONG[:700], "Short."]


@pytest.mark.parametrize("padding", [False, "max_length"])
def test_question_windows(vocabulary, engine, padding):
    tokenizer = vocabulary.engine(engine)
    encoded = lists(
        tokenizer.encode_question_windows(
            QUESTIONS, CONTEXTS, max_length=64, stride=16, max_question_length=20, padding=padding
        )
    )
    assert sorted(set(encoded["overflow_to_sample_mapping"])) == [0, 1, 2, 3]
    seen = {}
    for row, sample in enumerate(encoded["overflow_to_sample_mapping"]):
        length = sum(encoded["attention_mask"][row])
        assert len(encoded["input_ids"][row]) == (64 if padding else length)
        types, special = encoded["token_type_ids"][row], encoded["special_tokens_mask"][row]
        question = [at for at in range(length) if not special[at] and types[at] == 0]
        context = [at for at in range(length) if not special[at] and types[at] == 1]
        whole = ids(vocabulary.python(QUESTIONS[sample], add_special_tokens=False))
        assert [encoded["input_ids"][row][at] for at in question] == whole[:20]
        spans = [encoded["offset_mapping"][row][at] for at in context]
        seen.setdefault(sample, []).append(
            list(zip([encoded["input_ids"][row][at] for at in context], spans, strict=True))
        )
    for sample, windows in seen.items():
        whole = windows[0] + [piece for window in windows[1:] for piece in window[16:]]
        alone = lists(vocabulary.python(CONTEXTS[sample], add_special_tokens=False, return_offsets_mapping=True))
        assert [number for number, _ in whole] == alone["input_ids"]
        assert [span for _, span in whole] == alone["offset_mapping"]
        assert all(a[-16:] == b[:16] for a, b in zip(windows, windows[1:], strict=False))


def test_question_windows_at_their_usual_size(oss, engine):
    encoded = lists(oss.engine(engine).encode_question_windows("Who?", LONG * 3, padding="max_length"))
    assert {len(row) for row in encoded["input_ids"]} == {384}
    assert len(encoded["input_ids"]) > 2


def test_a_question_that_leaves_no_window(oss, engine):
    with pytest.raises(InputError, match="beside a question of 64 pieces, stride=40 must be less than the window"):
        oss.engine(engine).encode_question_windows("a", "b", max_length=100, stride=40)
    with pytest.raises(InputError, match="context has 1 rows, but text has 2"):
        oss.engine(engine).encode_question_windows(["a", "b"], ["c"])
