"""What a migrating user asks of configurations and tokenizers: it works, or one sentence says what to write."""

import copy
import dataclasses
import inspect
import json
import pickle

import pytest

from rembert_tf import RemBertConfig, RemBertTokenizer, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.former_arguments import FORMER_ARGUMENTS, FORMER_FIELDS
from rembert_tf.former_members import CONFIG_MEMBERS, TOKENIZER_MEMBERS
from tests.migration.sentences import says


@pytest.fixture(scope="module")
def directory(small_config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "topic"
    small_config.save_pretrained(folder)
    return folder


class TestConfiguration:
    @pytest.mark.parametrize("name", ["output_attentions", "output_hidden_states", "return_dict", *FORMER_FIELDS])
    def test_former_arguments(self, small_config, name):
        advice = {**FORMER_ARGUMENTS, **FORMER_FIELDS}[name]
        with says(InputError, f"RemBertConfig does not take {name} (", advice):
            RemBertConfig(**{name: True})
        with says(InputError, f"RemBertConfig has no field {name} (", advice, "its fields are"):
            small_config.replace(**{name: True})

    def test_slips(self, small_config):
        with says(TypeError, "RemBertConfig does not take num_lables (did you mean num_labels?)."):
            RemBertConfig(num_lables=3)
        with says(InputError, "RemBertConfig has no field num_lables (did you mean num_labels?); its fields are"):
            small_config.replace(num_lables=3)

    @pytest.mark.parametrize("name", CONFIG_MEMBERS)
    def test_former_attributes(self, small_config, name):
        assert not hasattr(small_config, name)
        with says(AttributeError, f"RemBertConfig has no {name}: ", CONFIG_MEMBERS[name]):
            getattr(small_config, name)

    def test_assignment(self, small_config):
        with says(dataclasses.FrozenInstanceError, "does not change", "config.replace(num_labels=...)"):
            small_config.num_labels = 7
        assert small_config.num_labels == 3

    def test_model_type(self, small_config):
        assert RemBertConfig.model_type == small_config.model_type == small_config.to_dict()["model_type"] == "rembert"

    def test_changes_while_reading(self, directory):
        config = RemBertConfig.from_pretrained(directory, num_labels=5, hidden_dropout_prob=0.25)
        assert (config.num_labels, config.hidden_dropout_prob) == (5, 0.25)
        assert config == RemBertConfig.from_pretrained(directory).replace(num_labels=5, hidden_dropout_prob=0.25)
        with says(InputError, "no field output_attentions"):
            RemBertConfig.from_pretrained(directory, output_attentions=True)

    def test_unknown_keys_of_a_file_are_kept_and_named(self, directory, tmp_path):
        content = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        unknown = {"output_attentions": True, "torch_dtype": "float32", "custom": {"a": [1]}, "extra": 3, "name": "x"}
        (tmp_path / "config.json").write_text(json.dumps({**content, **unknown}), encoding="utf-8")
        config = RemBertConfig.from_pretrained(tmp_path)
        assert unknown.items() <= config.extra.items() and unknown.items() <= config.to_dict().items()
        with says(AttributeError, "custom is no field", "config.extra['custom']"):
            assert config.custom

    def test_it_is_still_a_frozen_dataclass(self, small_config):
        assert list(inspect.signature(RemBertConfig).parameters)[:2] == ["vocab_size", "hidden_size"]
        for same in (copy.deepcopy(small_config), pickle.loads(pickle.dumps(small_config))):
            assert same == small_config and hash(same) == hash(small_config)
        with pytest.raises(AttributeError, match="no attribute 'hiden_size'"):
            assert small_config.hiden_size


@pytest.fixture(scope="module", params=[RemBertTokenizer, RemBertTokenizerFast])
def tokenizer(request, small_vocabulary):
    return request.param.from_pretrained(small_vocabulary)


class TestTokenizers:
    def test_former_methods(self, tokenizer):
        for name, advice in TOKENIZER_MEMBERS.items():
            assert not hasattr(tokenizer, name)
            with says(AttributeError, f"{type(tokenizer).__name__} has no {name}: ", advice):
                getattr(tokenizer, name)

    @pytest.mark.parametrize("name", ["return_tensors", "text_target", "truncation_strategy", "max_len"])
    def test_former_arguments(self, tokenizer, name):
        with says(InputError, f"does not take {name} (", FORMER_ARGUMENTS[name]):
            tokenizer("a", **{name: "tf"})

    def test_targets_alone(self, tokenizer):
        with says(InputError, "does not take text_target (", 'tokenizer(targets)["input_ids"]'):
            tokenizer(text_target="a")
        with says(InputError, "text must be a string or a list of strings, not None"):
            tokenizer()

    def test_methods_with_former_arguments(self, tokenizer, tmp_path):
        for call, name in (
            (lambda **old: tokenizer.decode([5], **old), "clean_up_tokenization_spaces"),
            (lambda **old: tokenizer.batch_decode([[5]], **old), "clean_up_tokenization_spaces"),
            (lambda **old: tokenizer.tokenize("a", **old), "add_special_tokens"),
            (lambda **old: tokenizer.save_pretrained(tmp_path / "new", **old), "push_to_hub"),
        ):
            with says(InputError, f"does not take {name} (", FORMER_ARGUMENTS[name]):
                call(**{name: True})
        assert not (tmp_path / "new").exists()

    @pytest.mark.parametrize("role", ["pad_token", "pad_token_id", "mask_token"])
    def test_roles_are_not_assigned(self, tokenizer, role):
        before = getattr(tokenizer, role)
        with says(AttributeError, f'add_special_tokens({{"{role.removesuffix("_id")}": token}})'):
            setattr(tokenizer, role, f"{before}0")
        assert getattr(tokenizer, role) == before

    def test_unknown_arguments_are_guessed(self, tokenizer, small_vocabulary):
        with says(InputError, "unknown argument do_lower: expected one of", "(did you mean do_lower_case?)"):
            type(tokenizer).from_pretrained(small_vocabulary, do_lower=True)

    def test_unknown_attributes_fail_as_usual(self, tokenizer):
        with pytest.raises(AttributeError, match="object has no attribute 'encode_pluss'"):
            assert tokenizer.encode_pluss
