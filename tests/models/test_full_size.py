"""The released architecture: its number of parameters, and that building it takes one copy of them."""

import json
import subprocess
import sys

import pytest
import tensorflow as tf

import rembert_tf
from rembert_tf import RemBertConfig
from rembert_tf.weights.weight_table import weights_of

# Counted in the reference's models; the paper says 995 M for the pre-training model, pooler included.
PARAMETERS = {"RemBertModel": 575_920_384, "RemBertForMaskedLM": 993_263_548}
BYTES = 4
ROOM = 1.2  # for the temporaries of one tensor at a time, and what the allocator keeps

PEAK_SCRIPT = """
import json, resource, sys
import rembert_tf
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
model_class = getattr(rembert_tf, sys.argv[1])
config = rembert_tf.RemBertConfig()
small = dict(vocab_size=400, hidden_size=36, num_hidden_layers=1, intermediate_size=8, output_embedding_size=8)
model_class(config.replace(**small))
before = peak()
model = model_class(config)
print(json.dumps({"before": before, "after": peak(), "parameters": model.count_params()}))
"""


@pytest.fixture(params=PARAMETERS)
def blueprint(request):
    """A full-size model whose variables are nodes of a graph that never runs: nothing is allocated."""
    with tf.Graph().as_default():
        yield getattr(rembert_tf, request.param)(RemBertConfig())


def test_number_of_parameters(blueprint):
    assert blueprint.count_params() == PARAMETERS[type(blueprint).__name__]


def test_the_weight_table_covers_every_parameter_once(blueprint):
    weights = weights_of(blueprint)
    assert len({weight.name for weight in weights}) == len({id(weight.variable) for weight in weights}) == len(weights)
    sizes = [tf.TensorShape(weight.file_shape).num_elements() for weight in weights]
    assert sum(sizes) == PARAMETERS[type(blueprint).__name__]


@pytest.mark.slow
@pytest.mark.parametrize("name", PARAMETERS)
def test_building_takes_one_copy_of_the_weights(name):
    done = subprocess.run([sys.executable, "-c", PEAK_SCRIPT, name], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout.splitlines()[-1])
    assert measured["parameters"] == PARAMETERS[name]
    copy, taken = BYTES * PARAMETERS[name], measured["after"] - measured["before"]
    print(f"{name}: {copy / 1e9:.2f} GB of weights; peak {taken / 1e9:.2f} GB over {measured['before'] / 1e9:.2f} GB")
    assert taken < ROOM * copy, f"{taken / 1e9:.2f} GB, {taken / copy:.2f} copies"
