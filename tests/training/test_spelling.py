"""Spelling that pieces share in training: where it applies, what it adds, and that it leaves an ordinary model."""

import keras
import numpy as np
import pytest

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.training.optimizer import make_optimizer
from rembert_tf.training.spelling import ngrams, shared_spelling, spelling_in_table, spelling_table


@pytest.fixture
def model(text_config):
    return RemBertForSequenceClassification(text_config)


def word_table(model):
    return model.rembert.embeddings.word_embeddings.embeddings.numpy()


def encode(tokenizer):
    return {name: part.numpy() for name, part in tokenizer(["a word", "words again"], padding=True).items()}


def test_ngrams_are_distinct_and_know_where_a_word_starts():
    assert ngrams("\u2581aba", 2) == sorted({"a", "b", "ab", "ba", "\u2581a"})


def test_only_what_several_pieces_share_counts_and_only_ordinary_pieces_spell(small_tokenizer):
    rows, count = spelling_table(small_tokenizer, 3)
    assert len(rows) == len(small_tokenizer)
    uses = np.bincount([gram for row in rows for gram in row], minlength=count)
    assert uses.min() >= 2 and len(uses) == count
    processor = small_tokenizer.vocabulary.processor
    for piece, row in enumerate(rows):
        if piece >= processor.get_piece_size() or processor.is_control(piece) or processor.is_byte(piece):
            assert row == []
    assert rows[small_tokenizer.mask_token_id] == rows[small_tokenizer.cls_token_id] == []


def test_a_piece_is_its_row_and_the_scaled_sum_of_its_ngrams(model, small_tokenizer):
    rows, _ = spelling_table(small_tokenizer, 3)
    embeddings = model.rembert.embeddings
    before = word_table(model)
    with shared_spelling(model, small_tokenizer, 3):
        vectors, own = embeddings.spelling_vectors.numpy(), word_table(model)
        found = np.asarray(embeddings.look_up(np.arange(len(rows))))
        for piece, row in enumerate(rows):
            expected = own[piece] + (vectors[row].sum(axis=0) / np.sqrt(len(row)) if row else 0.0)
            np.testing.assert_allclose(found[piece], expected, atol=1e-5)
        untouched = [piece for piece, row in enumerate(rows) if not row]
        np.testing.assert_array_equal(own[untouched], before[untouched])
    np.testing.assert_allclose(word_table(model), found, atol=1e-6)  # and afterwards the table says it all


def test_training_moves_pieces_that_no_text_held(model, small_tokenizer):
    inputs = encode(small_tokenizer)
    names = [variable.path for variable in model.variables]
    with shared_spelling(model, small_tokenizer, 3):
        rows, _ = spelling_table(small_tokenizer, 3)
        used = set(inputs["input_ids"].ravel().tolist())
        grams = {gram for piece in used for gram in rows[piece]}
        relative = next(p for p, row in enumerate(rows) if p not in used and grams.intersection(row))
        first = np.asarray(model.rembert.embeddings.look_up(np.array([relative])))
        model.compile(optimizer=make_optimizer(1e-2, 10, weight_decay=0.0))
        model.fit(inputs, np.array([0, 1]), epochs=2, verbose=0)
        assert np.abs(np.asarray(model.rembert.embeddings.look_up(np.array([relative]))) - first).max() > 1e-4
        during = model.predict_on_batch(inputs)
    assert [variable.path for variable in model.variables] == names
    np.testing.assert_allclose(model.predict_on_batch(inputs), during, atol=1e-5)  # traced before, and right
    np.testing.assert_allclose(np.asarray(model(inputs)), during, atol=1e-5)


def test_xla_is_left_out_meanwhile(model, small_tokenizer):
    """A GPU's default would be to compile the step, and ragged gathers cannot be."""
    step = {"x": encode(small_tokenizer), "y": np.array([0, 1]), "verbose": 0}
    with shared_spelling(model, small_tokenizer, 3):
        with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
            model.compile("sgd", jit_compile=True)
        model.fit(**step)
    model.compile("sgd", jit_compile=True)
    assert model.jit_compile
    model.fit(**step)


def test_training_leaves_out_whole_ngrams_repeatably(model, small_tokenizer):
    rows, _ = spelling_table(small_tokenizer, 3)
    piece = np.array([max(range(len(rows)), key=lambda piece: len(rows[piece]))])

    def draws(count):
        keras.utils.set_random_seed(5)
        with shared_spelling(model, small_tokenizer, 3):
            look_up = model.rembert.embeddings.look_up
            whole = np.asarray(look_up(piece))
            return whole, np.stack([np.asarray(look_up(piece, training=True)) for _ in range(count)])

    whole, first = draws(100)
    assert np.ptp(first, axis=0).max() > 0
    standard_errors = first.std(axis=0) / np.sqrt(len(first))
    assert (np.abs(first.mean(axis=0) - whole) < 5 * standard_errors).all()  # on average nothing is lost
    np.testing.assert_array_equal(draws(3)[1], first[:3])


def test_a_checkpoint_of_a_model_in_training_is_an_ordinary_model(model, small_tokenizer, tmp_path):
    inputs = encode(small_tokenizer)
    with shared_spelling(model, small_tokenizer, 3):
        during, own = np.asarray(model(inputs)), word_table(model)
        with spelling_in_table(model):
            model.save_pretrained(tmp_path)
        np.testing.assert_array_equal(word_table(model), own)
    loaded = RemBertForSequenceClassification.from_pretrained(tmp_path)
    np.testing.assert_allclose(np.asarray(loaded(inputs)), during, atol=1e-5)


def test_off_changes_nothing(model, small_tokenizer):
    before = word_table(model)
    with shared_spelling(model, small_tokenizer, 0), spelling_in_table(model):
        assert model.rembert.embeddings.spelling is None
        np.testing.assert_array_equal(word_table(model), before)
