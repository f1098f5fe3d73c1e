"""Makes checkpoints in the original release's form, with TensorFlow's own saving and nothing of ours."""

import json

import numpy as np
import tensorflow as tf

from tests.golden import fixture

SLOTS = ("adam_m", "adam_v")


def variables_of(variant):
    """Returns {name: array} of a recorded checkpoint."""
    reader = tf.train.load_checkpoint(str(fixture(f"google_tf1/{variant}")))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def json_of(variant):
    """Returns the JSON object of a recorded checkpoint."""
    return json.loads((fixture(f"google_tf1/{variant}") / "bert_config.json").read_text())


def write(folder, variables, content, prefix="model.ckpt-5"):
    """Writes a checkpoint, and the JSON beside it; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(variables)
    tf.raw_ops.SaveV2(
        prefix=str(folder / prefix),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tf.constant(variables[name]) for name in names],
    )
    if content is not None:
        (folder / "bert_config.json").write_text(json.dumps(content))
    return folder


def with_slots(variables):
    """Returns the variables with two optimizer slots each, and a step."""
    slots = {
        f"{name}/{slot}": value * 0.5 for name, value in variables.items() for slot in SLOTS if name != "global_step"
    }
    return {**variables, **slots, "global_step": np.int64(7)}
