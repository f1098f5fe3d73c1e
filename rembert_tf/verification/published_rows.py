"""What is published of the released model's outputs: three features of five tokens, from two programs.

The rows stand in the tests of transformers 4.x (tests/models/rembert/test_modeling_rembert.py and
test_modeling_tf_rembert.py). One is the Hugging Face port's, with erf GELU. The other is the original TensorFlow
program's, which differs by 7e-3 for reasons never found: its GELU may be the tanh form, and a TPU rounds
the inputs of a matmul to bfloat16. So both rows are held against all four combinations.
"""

import dataclasses
import types

import numpy as np

from rembert_tf.verification.differences import largest_difference
from rembert_tf.verification.lockstep import in_lockstep
from rembert_tf.verification.plain_encoder import GELU_FORMS, PlainEncoder, bfloat16_matmul

EXACT = 1e-4  # the port's row is printed with four digits, and its own test allows this
FAR = 5e-2  # beyond what bfloat16 inputs explain: 1e-2 to 3e-2 in random models of this size
SEPARATION = 2.0  # of two combinations near the original's row one fits when the other is so many times as far

MATMULS = {"float32": np.matmul, "bfloat16": bfloat16_matmul}
PORT, ORIGINAL = "Hugging Face port", "original TensorFlow"


@dataclasses.dataclass(frozen=True)
class Published:
    """One released model.

    Args:
        name: on the hub.
        config: the fields by which its configuration is recognised.
        inputs: of the call.
        rows: program -> last_hidden_state[0, :, :3].
    """

    name: str
    config: types.MappingProxyType
    inputs: dict
    rows: dict

    def is_shape_of(self, config):
        """Whether a RemBertConfig describes a model of this shape."""
        return all(getattr(config, name) == value for name, value in self.config.items())


GOOGLE_REMBERT = Published(
    name="google/rembert",
    config=types.MappingProxyType(
        {
            "num_hidden_layers": 32,
            "hidden_size": 1152,
            "num_attention_heads": 18,
            "vocab_size": 250300,
            "input_embedding_size": 256,
        }
    ),
    inputs={
        "input_ids": np.array([[312, 56498, 313, 2125, 313]], np.int32),
        "token_type_ids": np.array([[0, 0, 0, 1, 1]], np.int32),
    },
    rows={
        PORT: [
            [0.0754, -0.2022, 0.1904],
            [-0.3354, -0.3692, -0.4791],
            [-0.2314, -0.6729, -0.0749],
            [-0.0396, -0.3105, -0.4234],
            [-0.1571, -0.0525, 0.5353],
        ],
        ORIGINAL: [
            [0.07630594, -0.20146066, 0.19107051],
            [-0.34056145, -0.36971670, -0.48082739],
            [-0.22587086, -0.66563159, -0.07844287],
            [-0.04145476, -0.30772182, -0.42316967],
            [-0.15887849, -0.05452993, 0.53561008],
        ],
    },
)
PUBLISHED = (GOOGLE_REMBERT,)


def published_shape(config):
    """Returns the Published whose shape a configuration has, or None."""
    return next((published for published in PUBLISHED if published.is_shape_of(config)), None)


def distances(published, config, tensors, report=None):
    """Returns {(GELU form, matmul inputs): {program: largest difference from its row}}.

    Args:
        published: a Published.
        config: the directory's RemBertConfig.
        tensors: its NamedTensors.
        report: called as `report(done, total)` before each block, or None.
    """
    combinations = [(gelu, precision) for gelu in GELU_FORMS for precision in MATMULS]
    encoders = [PlainEncoder(config, tensors, gelu, MATMULS[precision]) for gelu, precision in combinations]
    runs = [encoder.states(published.inputs) for encoder in encoders]
    *_, last_states = in_lockstep(runs, config.num_hidden_layers + 1, report)
    return {
        combination: {
            program: largest_difference(last[0, :, :3], np.array(row)) for program, row in published.rows.items()
        }
        for combination, last in zip(combinations, last_states, strict=True)
    }


def reproduces_port(found):
    """Whether erf in float32 gives the port's row: then the weights are the released ones."""
    return found["erf", "float32"][PORT] <= EXACT


def conclusions(found):
    """Returns a sentence for each row: which combination fits, or that the distances do not separate.

    Args:
        found: what `distances` returned.
    """
    return [_port_conclusion(found), _original_conclusion(found)]


def _port_conclusion(found):
    within = [_named(combination) for combination, rows in found.items() if rows[PORT] <= EXACT]
    if not within:
        nearest, _ = _by_distance(found, PORT)
        return (
            f"{PORT}: nothing comes within {EXACT:.0e} (nearest is {_named(nearest)}, {found[nearest][PORT]:.1e}): "
            "the weights are not the released ones, or were changed"
        )
    if len(within) > 1:
        return f"{PORT}: inconclusive about the arithmetic, {' and '.join(within)} are all within {EXACT:.0e}"
    return f"{PORT}: {within[0]} fits, and nothing else comes within {EXACT:.0e}"


def _original_conclusion(found):
    nearest, second = _by_distance(found, ORIGINAL)
    near, far = found[nearest][ORIGINAL], found[second][ORIGINAL]
    if not near <= FAR:
        return f"{ORIGINAL}: nothing is near (nearest is {_named(nearest)}, {near:.1e})"
    told = f"{_named(nearest)} is nearest ({near:.1e}), then {_named(second)} ({far:.1e})"
    if far < SEPARATION * near:
        return f"{ORIGINAL}: inconclusive, {told}"
    return f"{ORIGINAL}: {_named(nearest)} fits ({near:.1e}), the next is {_named(second)} ({far:.1e})"


def _by_distance(found, program):
    def distance(combination):
        value = found[combination][program]
        return value if value == value else np.inf  # a NaN is far

    return sorted(found, key=distance)[:2]


def _named(combination):
    gelu, precision = combination
    return f"{gelu} with {precision} matmul inputs"
