"""What a migrating user asks of models: it works, or one sentence says what to write."""

import numpy as np
import pytest

from rembert_tf import (
    RemBertConfig,
    RemBertForCausalLM,
    RemBertForMaskedLM,
    RemBertForSequenceClassification,
    RemBertModel,
    RemBertTokenizer,
    RemBertTokenizerFast,
)
from rembert_tf.errors import InputError
from rembert_tf.former_arguments import GENERATION_ARGUMENTS
from rembert_tf.former_members import MODEL_MEMBERS
from tests.migration.sentences import says

IDS = np.array([[1, 2, 3], [4, 5, 6]])
INPUTS = {"input_ids": IDS}
CLASSES = np.array([0, 2])


@pytest.fixture(scope="module")
def head(small_config):
    return RemBertForSequenceClassification(small_config)


@pytest.fixture(scope="module")
def decoder(small_config):
    return RemBertForCausalLM(small_config.replace(is_decoder=True, bos_token_id=1, eos_token_id=2))


@pytest.fixture(scope="module")
def directory(head, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "topic"
    head.save_pretrained(folder)
    return folder


class TestGeneration:
    @pytest.mark.parametrize("name", GENERATION_ARGUMENTS)
    def test_former_arguments(self, decoder, name):
        for call in (lambda: decoder.generate(INPUTS, **{name: 3}), lambda: decoder.generate(**{name: 3})):
            with says(InputError, f"generate does not take {name} (", GENERATION_ARGUMENTS[name]):
                call()

    def test_inputs_as_keywords(self, decoder):
        with says(InputError, "in one dictionary", "generate({'attention_mask': ..., 'input_ids': ...})"):
            decoder.generate(input_ids=IDS, attention_mask=np.ones_like(IDS), max_new_tokens=2)
        with says(InputError, "generate takes a dictionary with input_ids"):
            decoder.generate(IDS, max_new_tokens=2)

    def test_slips(self, decoder):
        with says(TypeError, "generate does not take max_new_token (did you mean max_new_tokens?)."):
            decoder.generate(INPUTS, max_new_token=2)

    def test_what_other_heads_answer(self, head):
        with says(AttributeError, "RemBertForCausalLM generates"):
            head.generate(INPUTS)


class TestModels:
    @pytest.mark.parametrize("name", MODEL_MEMBERS)
    def test_former_attributes(self, head, name):
        with says(AttributeError, f"RemBertForSequenceClassification has no {name}: ", MODEL_MEMBERS[name]):
            getattr(head, name)

    def test_what_the_sentences_name_is_there(self, head, small_config):
        assert head.rembert.embeddings.word_embeddings.embeddings.shape == (50, 8)
        assert head.rembert.embeddings.position_embeddings.embeddings.shape == (16, 8)
        language_model = RemBertForMaskedLM(small_config)
        assert language_model.lm_head.decoder.embeddings.shape == (50, 10)
        assert language_model.lm_head.decoder.bias.shape == (50,)
        assert head.count_params() == sum(int(np.prod(weight.shape)) for weight in head.weights)

    def test_unknown_attributes_fail_as_usual(self, head):
        with pytest.raises(AttributeError, match="object has no attribute 'classifer'"):
            assert head.classifer

    def test_the_internal_loss_by_its_former_name(self, head):
        found = []
        for arguments in ({}, {"loss": head.compute_loss}):
            head.compile(optimizer="adam", **arguments)
            found.append(head.evaluate(INPUTS, CLASSES, batch_size=2, verbose=0, return_dict=True)["loss"])
        assert head.loss is None and found[0] == found[1]

    def test_other_losses_are_given_on(self, head):
        head.compile("adam", "mse")
        assert head.loss == "mse"

    def test_from_config(self, small_config):
        model = RemBertModel.from_config(small_config)
        assert type(model) is RemBertModel and model.config == small_config
        again = RemBertModel.from_config(RemBertModel(small_config, add_pooling_layer=False).get_config())
        assert again.pooler is None
        for other in (small_config.to_dict(), "a/directory", None):
            with says(InputError, "from_config takes a RemBertConfig", "from_pretrained(directory)"):
                RemBertModel.from_config(other)

    def test_constructor(self, small_config):
        with says(InputError, "does not take num_labels", "RemBertModel(config.replace(num_labels=...))"):
            RemBertModel(small_config, num_labels=3)
        with says(TypeError, "does not take dtyp (did you mean dtype?)."):
            RemBertModel(small_config, dtyp="float32")

    @pytest.mark.parametrize("dtype", ["auto", "float61", "int8", 3])
    def test_dtypes_that_are_none(self, directory, small_config, dtype):
        for call in (lambda: RemBertModel(small_config, dtype=dtype), lambda: load(directory, dtype=dtype)):
            with says(InputError, "dtype must be a floating dtype policy of Keras", repr(dtype)):
                call()

    def test_dtypes(self, small_config):
        for dtype in ("bfloat16", "mixed_bfloat16", np.float32, None):
            assert RemBertModel(small_config, dtype=dtype).compute_dtype in ("bfloat16", "float32")

    def test_second_values_of_a_call(self, head):
        for second in (True, IDS):
            with says(InputError, "one dictionary", "model({'input_ids': ...}, training=True)"):
                head(INPUTS, second)

    def test_resizing_by_the_former_keyword(self, small_config):
        model = RemBertModel(small_config)
        assert model.resize_token_embeddings(new_num_tokens=60).config.vocab_size == 60
        with says(InputError, "does not take pad_to_multiple_of (", "round the number up yourself"):
            model.resize_token_embeddings(60, pad_to_multiple_of=64)


def load(directory, **arguments):
    return RemBertForSequenceClassification.from_pretrained(directory, **arguments)


class TestPlaces:
    @pytest.mark.parametrize("place", [None, "", 3, b"model"])
    def test_no_path_to_load(self, place):
        for kind in (RemBertConfig, RemBertModel, RemBertTokenizer, RemBertTokenizerFast):
            with says(InputError, "must be a path, or the id of a model on the Hugging Face hub", f"not {place!r}"):
                kind.from_pretrained(place)

    def test_no_vocabulary(self):
        with says(InputError, "the vocabulary must be the path of a SentencePiece model", "not None"):
            RemBertTokenizer(None)

    @pytest.mark.parametrize("place", [None, ""])
    def test_no_path_to_write(self, head, small_tokenizer, place, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for write in (head.save_pretrained, head.config.save_pretrained, small_tokenizer.save_pretrained):
            with says(InputError, "the directory to write into must be a path", f"not {place!r}"):
                write(place)
        with says(InputError, "the directory to write into must be a path"):
            small_tokenizer.save_vocabulary(place)
        assert not list(tmp_path.iterdir())


class TestOtherLabels:
    def test_the_sentence_says_how(self, directory, tmp_path):
        with says(InputError, "classifier.weight", "for other labels", "model.rembert.save_pretrained(directory)"):
            load(directory, num_labels=5)
        load(directory).rembert.save_pretrained(tmp_path / "encoder")
        with pytest.warns(UserWarning, match="they start new and must be trained"):
            assert load(tmp_path / "encoder", num_labels=5).config.num_labels == 5

    def test_only_where_nothing_else_differs(self, directory):
        with pytest.raises(InputError, match="do not fit") as raised:
            load(directory, num_labels=5, intermediate_size=24)
        assert "for other labels" not in str(raised.value)

    def test_ignoring_is_refused(self, directory):
        with says(InputError, "ignore_mismatched_sizes", "model.rembert.save_pretrained"):
            load(directory, num_labels=5, ignore_mismatched_sizes=True)
