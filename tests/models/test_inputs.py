"""What a call accepts, and how it refuses the rest: one sentence that names the argument and the limit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf import RemBertConfig, RemBertForSequenceClassification, RemBertModel
from rembert_tf.errors import InputError

IDS = np.array([[1, 2, 3], [4, 5, 0]])


@pytest.fixture(scope="module")
def encoder(small_config):
    return RemBertModel(small_config)


def embeddings(*shape, dtype="float32"):
    return np.ones(shape, dtype)


REFUSED = {
    "nothing": ({}, "either input_ids or inputs_embeds"),
    "only a mask": ({"attention_mask": np.ones((2, 3))}, "either input_ids or inputs_embeds"),
    "ids and embeddings": ({"input_ids": IDS, "inputs_embeds": embeddings(2, 3, 8)}, "either input_ids or inputs_emb"),
    "an unknown name": ({"input_ids": IDS, "labels": IDS}, "unknown input labels.*input_ids.*attention_mask"),
    "no dictionary": (IDS, "dictionary.*not ndarray"),
    "a list": ([[1, 2]], "dictionary.*not list"),
    "float ids": ({"input_ids": IDS.astype("float32")}, "input_ids must be integers, not float32"),
    "boolean ids": ({"input_ids": IDS > 0}, "input_ids must be integers, not bool"),
    "strings": ({"input_ids": [["a", "b"]]}, "input_ids must be integers, not string"),
    "float token types": ({"input_ids": IDS, "token_type_ids": IDS * 0.5}, "token_type_ids must be integers"),
    "float positions": ({"input_ids": IDS, "position_ids": IDS * 1.0}, "position_ids must be integers"),
    "a mask of strings": ({"input_ids": [[1]], "attention_mask": [["x"]]}, "attention_mask must be numbers"),
    "integer embeddings": ({"inputs_embeds": embeddings(2, 3, 8, dtype="int32")}, "inputs_embeds must be floats"),
    "one text's ids": ({"input_ids": IDS[0]}, r"shape \(batch, length\), not \(3,\): a batch of one text is a list"),
    "ids of rank 3": ({"input_ids": IDS[None]}, r"input_ids must have shape \(batch, length\), not \(1, 2, 3\)"),
    "a mask of rank 3": ({"input_ids": IDS, "attention_mask": np.ones((2, 3, 3))}, r"attention_mask must.*\(2, 3, 3\)"),
    "a mask of rank 4": ({"input_ids": IDS, "attention_mask": np.ones((2, 1, 3, 3))}, "attention_mask must have shape"),
    "a short mask": ({"input_ids": IDS, "attention_mask": np.ones((2, 2))}, r"attention_mask.*\(2, 2\).*\(2, 3\)"),
    "a mask for one row": (
        {"input_ids": IDS, "attention_mask": np.ones((1, 3))},
        r"attention_mask.*\(1, 3\).*\(2, 3\)",
    ),
    "long positions": ({"input_ids": IDS, "position_ids": [[0, 1, 2, 3]]}, r"position_ids.*\(1, 4\).*\(2, 3\)"),
    "embeddings of the hidden width": ({"inputs_embeds": embeddings(2, 3, 12)}, "input embedding width 8, not 12"),
    "embeddings of rank 2": ({"inputs_embeds": embeddings(3, 8)}, r"inputs_embeds.*\(batch, length, 8\), not \(3, 8\)"),
    "too long": ({"input_ids": np.ones((1, 17), int)}, "17 positions.*max_position_embeddings is 16"),
    "no position": ({"input_ids": np.ones((2, 0), int)}, "at least one"),
    "rows of several lengths": ({"input_ids": [[1, 2], [3]]}, "input_ids must be a rectangular array"),
    "ragged": ({"input_ids": tf.ragged.constant([[1, 2], [3]])}, "input_ids is ragged.*padding=True"),
    "an id too large": ({"input_ids": IDS + 45}, "input_ids holds 50, but must be from 0 to 49: vocab_size is 50"),
    "a negative id": ({"input_ids": IDS - 1}, "input_ids holds -1.*0 to 49"),
    "a third kind of text": ({"input_ids": IDS, "token_type_ids": IDS}, "token_type_ids holds 2.*0 to 1: type_vocab_s"),
    "a position too far": ({"input_ids": IDS, "position_ids": IDS + 12}, "position_ids holds 16.*max_position_embedd"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_in_one_sentence(encoder, what):
    inputs, said = REFUSED[what]
    with pytest.raises(InputError, match=said) as error:
        encoder(inputs)
    assert "\n" not in str(error.value)


def test_a_head_refuses_in_the_same_words(small_config):
    model = RemBertForSequenceClassification(small_config)
    for inputs, said in REFUSED.values():
        with pytest.raises(InputError, match=said):
            model(inputs)


def test_a_model_takes_a_configuration_only():
    with pytest.raises(InputError, match=r"RemBertConfig, not 'some/directory'.*from_pretrained"):
        RemBertModel("some/directory")


def test_the_same_numbers_from_every_form_of_input(encoder):
    expected = encoder({"input_ids": IDS})["last_hidden_state"].numpy()
    same = [
        {"input_ids": IDS.tolist()},
        {"input_ids": tf.constant(IDS)},
        {"input_ids": IDS.astype("int64")},
        {"input_ids": IDS.astype("uint8")},
        {"input_ids": IDS, "attention_mask": None, "token_type_ids": None, "inputs_embeds": None},
        {"input_ids": IDS, "attention_mask": np.ones_like(IDS)},
        {"input_ids": IDS, "token_type_ids": np.zeros_like(IDS)},
        {"input_ids": IDS, "position_ids": np.arange(3)[None]},
        {"input_ids": IDS, "position_ids": np.tile(np.arange(3), (2, 1))},
        {"inputs_embeds": encoder.embeddings.word_embeddings(IDS)},
        {"inputs_embeds": encoder.embeddings.word_embeddings(IDS).numpy().astype("float64")},
    ]
    for inputs in same:
        np.testing.assert_allclose(encoder(inputs)["last_hidden_state"], expected, atol=1e-6)


def test_arrays_of_the_caller_stay_as_they_are(encoder):
    inputs = {"input_ids": IDS.copy(), "attention_mask": np.array([[1, 1, 1], [1, 1, 0]]), "token_type_ids": None}
    before = {name: None if value is None else value.copy() for name, value in inputs.items()}
    encoder(inputs)
    assert inputs.keys() == before.keys()
    np.testing.assert_array_equal(inputs["input_ids"], before["input_ids"])
    np.testing.assert_array_equal(inputs["attention_mask"], before["attention_mask"])


def test_an_empty_batch(encoder):
    outputs = encoder({"input_ids": np.zeros((0, 4), int)})
    assert outputs["last_hidden_state"].shape == (0, 4, 12)
    assert outputs["pooler_output"].shape == (0, 12)


def test_symbolic_inputs_are_checked_too(encoder):
    with pytest.raises(InputError, match="17 positions"):
        encoder({"input_ids": keras.Input((17,), dtype="int32")})
    with pytest.raises(InputError, match="input_ids must be integers"):
        encoder({"input_ids": keras.Input((4,))})


def test_the_example_of_the_documentation():
    config = RemBertConfig(vocab_size=1000, hidden_size=48, num_hidden_layers=2, num_attention_heads=4)
    outputs = RemBertModel(config)({"input_ids": [[312, 5, 6, 313]]})
    assert outputs["last_hidden_state"].shape == (1, 4, 48)
