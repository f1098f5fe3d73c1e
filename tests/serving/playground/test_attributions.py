"""Attention and attributions of every kind of model, against the Keras model itself."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rembert_tf
from rembert_tf.errors import InputError
from rembert_tf.serving.playground import Explainer
from rembert_tf.serving.playground.explained.catalogue import row_maker
from rembert_tf.serving.playground.explainer import ReadingSettings
from rembert_tf.serving.playground.integrated_gradients import integrated_gradients

TEXT = "The museum opens at nine."
CASES = {
    "RemBertForSequenceClassification": ({"num_labels": 3}, {"text": TEXT}, {"label": 1}),
    "RemBertForTokenClassification": ({"num_labels": 3}, {"text": TEXT}, {"start": 4}),
    "RemBertForQuestionAnswering": (
        {"num_labels": 2},
        {"question": "When?", "context": TEXT},
        {"start": 17, "end": 24},
    ),
    "RemBertForMultipleChoice": ({}, {"prompt": TEXT, "choices": ["Yes.", "No, never."]}, {"choice": 1}),
    "RemBertForMaskedLM": ({}, {"text": "The museum [MASK] at nine."}, {"mask": 0, "token": "s"}),
    "RemBertForCausalLM": ({"is_decoder": True}, {"prompt": TEXT}, {}),
    "RemBertModel": ({}, {"text": TEXT}, {"other": "Das Museum öffnet um neun."}),
}


@pytest.fixture(scope="module")
def make(text_config):
    """Makes a small model of a class with weights that matter."""

    def make(architecture, **fields):
        keras.utils.set_random_seed(1)
        return getattr(rembert_tf, architecture)(text_config.replace(initializer_range=0.4, **fields))

    return make


@pytest.fixture(scope="module")
def directory(make, small_tokenizer, tmp_path_factory):
    """The directory of a small classifier."""
    path = tmp_path_factory.mktemp("model")
    make("RemBertForSequenceClassification", num_labels=3).save_pretrained(path)
    small_tokenizer.save_pretrained(path)
    return path


def log_odds(logits, chosen):
    """log p - log(1 - p) of a class, from the probabilities in 64 bits."""
    exponentials = np.exp(np.float64(logits) - np.max(logits))
    p = exponentials[chosen] / exponentials.sum()
    return np.log(p) - np.log1p(-p)


def expected_score(architecture, model, row, tokenizer):
    """What the model says of the row's ids when it is called as anybody would."""
    outputs = None if "Choice" in architecture else model(row.inputs())
    match architecture:
        case "RemBertForSequenceClassification":
            return log_odds(outputs[0], 1)
        case "RemBertForTokenClassification":
            place = _first_of_second_word(tokenizer, row.ids)
            return log_odds(outputs[0, place], int(np.argmax(outputs[0, place])))
        case "RemBertForQuestionAnswering":
            pieces = tokenizer(["When?"], [TEXT], return_offsets_mapping=True, padding=True)
            spans, second = pieces["offset_mapping"][0].numpy(), pieces["token_type_ids"][0].numpy() == 1
            first = min(i for i in range(len(spans)) if second[i] and spans[i][0] <= 17 < spans[i][1])
            last = max(i for i in range(len(spans)) if second[i] and spans[i][0] < 24 <= spans[i][1])
            return log_odds(outputs["start_logits"][0], first) + log_odds(outputs["end_logits"][0], last)
        case "RemBertForMultipleChoice":
            both = tokenizer([TEXT, TEXT], ["Yes.", "No, never."], padding=True)
            return float(model({name: value[tf.newaxis] for name, value in both.items()})[0, 1])
        case "RemBertForMaskedLM":
            place = list(row.ids).index(tokenizer.mask_token_id)
            return log_odds(outputs[0, place], tokenizer.convert_tokens_to_ids("s"))
        case "RemBertForCausalLM":
            return log_odds(outputs[0, -1], int(np.argmax(outputs[0, -1])))
        case "RemBertModel":
            other = model(tokenizer(["Das Museum öffnet um neun."], padding=True))
            vectors = [np.float64(each["last_hidden_state"][0]).mean(axis=0) for each in (outputs, other)]
            return vectors[0] @ vectors[1] / np.prod([np.linalg.norm(vector) for vector in vectors])


def _first_of_second_word(tokenizer, ids):
    """The position of the first piece after the first word, "The"."""
    tokens, spelled = tokenizer.convert_ids_to_tokens(ids), ""
    for place, token in enumerate(tokens[1:], start=1):
        if spelled.replace("▁", "") == "The":
            return place
        spelled += token
    raise AssertionError(tokens)


@pytest.mark.parametrize("architecture", CASES)
def test_attributions_add_up_and_score_what_the_model_says(make, small_tokenizer, architecture):
    fields, inputs, target = CASES[architecture]
    model = make(architecture, **fields)
    row = row_maker(architecture)(model, small_tokenizer, inputs, target, ReadingSettings(64))
    vectors = tf.constant(model_encoder(model).embeddings.word_embeddings(row.ids))
    score = float(row.score(vectors[tf.newaxis])[0])
    assert score == pytest.approx(expected_score(architecture, model, row, small_tokenizer), abs=1e-3, rel=1e-4)

    baseline = tf.zeros_like(vectors)
    shares = integrated_gradients(row.score, vectors, baseline).numpy()
    change = score - float(row.score(baseline[tf.newaxis])[0])
    assert np.abs(shares).max() > 1e-3
    assert shares.sum() == pytest.approx(change, abs=2e-3 * float(np.abs(shares).sum()))


def model_encoder(model):
    return getattr(model, "rembert", model)


def test_attributions_equal_a_fine_sum_of_gradients(make, small_tokenizer):
    """The definition, summed in 1000 steps by another rule, one point at a time and by way of the table's rows."""
    model = make("RemBertForSequenceClassification", num_labels=3)
    row = row_maker("RemBertForSequenceClassification")(
        model, small_tokenizer, {"text": "Nine."}, {"label": 2}, ReadingSettings(64)
    )
    vectors = tf.constant(model.rembert.embeddings.word_embeddings(row.ids))
    baseline = 0.5 * vectors[::-1]
    types, mask = np.zeros((1000, len(row.ids)), int), np.ones((1000, len(row.ids)), int)
    steps = (np.arange(1000, dtype=np.float32) + 0.5) / 1000
    with tf.GradientTape() as tape:
        points = tf.Variable(baseline + steps[:, None, None] * (vectors - baseline))
        logits = model({"inputs_embeds": tf.convert_to_tensor(points), "token_type_ids": types, "attention_mask": mask})
        total = tf.reduce_sum(logits[:, 2] - tf.math.log(tf.exp(logits[:, 0]) + tf.exp(logits[:, 1])))
    gradients = tf.reduce_mean(tape.gradient(total, points), axis=0)
    expected = tf.reduce_sum(gradients * (vectors - baseline), axis=1).numpy()
    shares = integrated_gradients(row.score, vectors, baseline).numpy()
    np.testing.assert_allclose(shares, expected, atol=1e-3 * np.abs(expected).max())


def test_a_linear_score_is_shared_exactly():
    weights = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    vectors = tf.constant(np.random.default_rng(1).normal(size=(5, 3)), tf.float32)
    shares = integrated_gradients(lambda x: tf.einsum("nlw,lw->n", x, weights), vectors, tf.ones([5, 3]))
    np.testing.assert_allclose(shares, ((vectors.numpy() - 1) * weights).sum(axis=1), atol=1e-5)


def test_the_explainer_loads_the_directory_and_tells_how_exact_it_is(directory):
    explainer = Explainer(directory, max_length=64)
    found = explainer.attributions({"text": TEXT}, {})
    pieces = [piece["piece"] for piece in found["pieces"]]
    assert "".join(pieces[1:-1]).replace("▁", " ").strip() == TEXT and pieces[0] == "[CLS]"
    assert found["attributions"][0] == found["attributions"][-1] == 0  # special tokens stay as they are
    total = sum(found["attributions"])
    assert total == pytest.approx(found["score"] - found["baseline"], rel=0.01, abs=0.01)
    logits = rembert_tf.RemBertForSequenceClassification.from_pretrained(directory)(
        {"input_ids": [[piece["id"] for piece in found["pieces"]]]}
    )
    assert found["score"] == pytest.approx(log_odds(logits[0], int(np.argmax(logits[0]))), abs=1e-3)
    assert found["about"] == f"the log-odds of LABEL_{int(np.argmax(logits[0]))}"


def test_attention_is_that_of_the_model(directory):
    explainer = Explainer(directory, max_length=64)
    model = rembert_tf.RemBertForSequenceClassification.from_pretrained(directory)
    for layer, head in ((0, "mean"), (1, 2)):
        found = explainer.attention({"text": TEXT}, {}, layer, head)
        ids = [[piece["id"] for piece in found["pieces"]]]
        expected = model.rembert({"input_ids": ids}, output_attentions=True)["attentions"][layer][0].numpy()
        expected = expected.mean(axis=0) if head == "mean" else expected[head]
        np.testing.assert_allclose(found["weights"], expected, atol=1e-4)
        np.testing.assert_allclose(np.sum(found["weights"], axis=1), 1, atol=1e-2)
    assert (found["layers"], found["heads"]) == (2, 3)


@pytest.mark.parametrize(
    "inputs, target, shown, message",
    [
        ({}, {}, {}, "text must be a string, not None"),
        ({"text": "\ud800"}, {}, {}, "half of a surrogate pair"),
        ({"text": TEXT}, {"label": 3}, {}, "target.label must be an integer from 0 to 2, not 3"),
        ({"text": TEXT}, {"label": True}, {}, "target.label must be an integer"),
        ({"text": TEXT}, {}, {"layer": 2}, "layer must be an integer from 0 to 1, not 2"),
        ({"text": TEXT}, {}, {"head": "all"}, "head must be an integer from 0 to 2, not 'all'"),
    ],
)
def test_mistakes(directory, inputs, target, shown, message):
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        Explainer(directory, max_length=64).attention(inputs, target, **shown)


@pytest.mark.parametrize(
    "architecture, inputs, target, message",
    [
        ("RemBertForTokenClassification", {"text": TEXT}, {"start": 3}, "target.start must be a character of a word"),
        ("RemBertForTokenClassification", {"text": "a " * 70}, {}, "is read in windows of 62"),
        ("RemBertForMultipleChoice", {"prompt": TEXT, "choices": []}, {}, "choices must be a list of strings"),
        ("RemBertForMaskedLM", {"text": TEXT}, {"token": "s"}, "must hold \\[MASK\\]"),
        (
            "RemBertForQuestionAnswering",
            {"question": "?", "context": TEXT},
            {"start": 99, "end": 100},
            "must be the characters of an answer",
        ),
    ],
)
def test_what_cannot_be_explained(make, small_tokenizer, architecture, inputs, target, message):
    model = make(architecture, **CASES[architecture][0])
    with pytest.raises(InputError, match=message):
        row_maker(architecture)(model, small_tokenizer, inputs, target, ReadingSettings(64))
