"""Copies of reference models with something changed, in whatever kind of file."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from tests.golden import model_directory

WEIGHTS, CONFIG = "model.safetensors", "config.json"


@pytest.fixture
def changed_copy(tmp_path):
    """Returns a function that copies a reference model's directory and changes the copy."""

    def changed_copy(model, change_weights=None, name="copy", **config_changes):
        directory = tmp_path / name
        shutil.copytree(model_directory(model), directory)
        if change_weights is not None:
            weights = {key: array.copy() for key, array in load_file(directory / WEIGHTS).items()}
            weights = change_weights(weights) or weights
            save_file(weights, directory / WEIGHTS, metadata={"format": "pt"})
        config = json.loads((directory / CONFIG).read_text())
        (directory / CONFIG).write_text(json.dumps({**config, **config_changes}))
        return directory

    return changed_copy


def add_to_one_number(name, index, amount):
    """Returns a change of weights: one number of one weight moves."""

    def change(weights):
        weights[name][index] += amount

    return change


def split_in_two(directory):
    """Turns a directory's single file into two shards with an index."""
    directory = Path(directory)
    weights = load_file(directory / WEIGHTS)
    names, where = sorted(weights), {}
    for number, part in enumerate((names[::2], names[1::2]), start=1):
        file = f"model-{number:05d}-of-00002.safetensors"
        save_file({name: weights[name] for name in part}, directory / file, metadata={"format": "pt"})
        where.update(dict.fromkeys(part, file))
    index = {"metadata": {"total_size": sum(array.nbytes for array in weights.values())}, "weight_map": where}
    (directory / f"{WEIGHTS}.index.json").write_text(json.dumps(index))
    (directory / WEIGHTS).unlink()
    return directory
