"""Model directories as the source of a conversion: what they must not hold, and what can be asked for."""

import os
import pickle

import numpy as np
import pytest
from safetensors.numpy import save_file

from rembert_tf import RemBertConfig
from rembert_tf.checkpoints_tools import convert
from tests.checkpoints_tools.refusals import refuse
from tests.golden import fixture


def test_a_malicious_pickle_runs_nothing(tmp_path):
    class Payload:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path}/owned",)

    source = tmp_path / "theirs"
    source.mkdir()
    RemBertConfig.from_pretrained(fixture("hf/models/base_model")).save_pretrained(source)
    with open(source / "pytorch_model.bin", "wb") as file:
        pickle.dump({"embeddings.word_embeddings.weight": Payload()}, file)
    refuse(source, tmp_path / "ours", "pytorch_model.bin")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"bert.embeddings.word_embeddings.weight": (4, 4)}, "looks like a BERT"),
        ({"deberta.embeddings.word_embeddings.weight": (4, 4)}, "looks like a DeBERTa"),
        ({"transformer.h.0.attn.c_attn.weight": (4, 4)}, "looks like a GPT"),
    ],
)
def test_a_directory_of_another_family(arrays, message, tmp_path):
    source = tmp_path / "theirs"
    source.mkdir()
    RemBertConfig().save_pretrained(source)
    save_file({name: np.zeros(shape, "float32") for name, shape in arrays.items()}, source / "model.safetensors")
    refuse(source, tmp_path / "ours", message)


def test_a_directory_loads_with_the_activation_that_was_asked_for(tmp_path):
    convert(fixture("hf/models/base_model"), tmp_path / "ours", hidden_act="gelu_new")
    assert RemBertConfig.from_pretrained(tmp_path / "ours").hidden_act == "gelu_new"
