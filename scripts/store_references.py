"""Writes the package's stored reference outputs from the fixtures: `python scripts/store_references.py FIXTURES`.

FIXTURES is a folder with `hf/models`, `hf/golden`, `hf/manifest.json` and `hf/provenance.json`, made with
transformers and PyTorch. Nothing here runs a model: the arrays are cut out of the golden files.
"""

import json
import sys
from pathlib import Path

import numpy as np

from rembert_tf.config import RemBertConfig
from rembert_tf.verification import stored_references as store
from rembert_tf.verification.layer_outputs import LOGITS, POOLER, layer_name
from rembert_tf.verification.named_tensors import digests, fingerprint, open_tensors

# The cases that say most about each kind of model; of "whole" ones every layer is kept, of others the last.
WHOLE = ("full", "loss")
LAST_ONLY = ("left_padded", "position_ids", "fully_masked_row", "no_encoder")
ROWS = 2  # of a batch, of which the second is padded in most cases; rows do not depend on each other


def main(fixtures):
    """Writes both files into the package."""
    folder = Path(fixtures) / "hf"
    versions = json.loads((folder / "provenance.json").read_text())["made_with"]
    models, arrays = {}, {}
    for directory in sorted((folder / "models").iterdir()):
        with np.load(folder / f"golden/{directory.name}.npz") as file:
            cases = cases_of(dict(file))
        models[directory.name] = {**description(directory), "cases": list(cases)}
        for case, named in cases.items():
            arrays.update({f"{directory.name}/{case}/{name}": array for name, array in named.items()})
    provenance = f"transformers {versions['transformers']}, torch {versions['torch'].split('+')[0]}"
    package = Path(store.__file__).parent
    index = {"provenance": provenance, "models": models}
    (package / store.INDEX_FILE).write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    np.savez_compressed(package / store.ARRAYS_FILE, **arrays)
    size = sum((package / name).stat().st_size for name in (store.INDEX_FILE, store.ARRAYS_FILE))
    print(f"{len(models)} models, {size} bytes")


def description(directory):
    """Returns the fingerprint, the weights' digests and the computing fields of a model directory."""
    config = RemBertConfig.from_pretrained(directory)
    with open_tensors(directory) as tensors:
        found = digests(tensors)
    return {
        "config": {name: getattr(config, name) for name in store.COMPUTING_FIELDS},
        "fingerprint": fingerprint(found),
        "digests": {name: digest[: store.DIGEST_LENGTH] for name, digest in found.items()},
    }


def cases_of(golden):
    """Returns {case: {"in/..." or "out/...": array}} for the cases worth keeping that have outputs by layer."""
    names = [case for case in WHOLE + LAST_ONLY if f"{case}/in/input_ids" in golden]
    names = [case for case in names if not (case == "loss" and "full" in names)]  # the same inputs again
    return {case: cut(golden, case) for case in names}


def cut(golden, case):
    """Returns a case's inputs and its outputs by layer, for the first rows of the batch."""
    choices = golden[f"{case}/in/input_ids"].shape[1] if golden[f"{case}/in/input_ids"].ndim == 3 else 1
    rows = ROWS if choices == 1 else 1
    start = f"{case}/in/"
    inputs = {name.removeprefix(start): golden[name][:rows] for name in golden if name.startswith(start)}
    kept = {f"in/{name}": array for name, array in inputs.items() if name not in ("labels", "start_positions")}
    states = [name for name in golden if name.startswith(f"{case}/out/hidden_states.")]
    for index in range(len(states)):
        if case in WHOLE or index == len(states) - 1:
            kept[f"out/{layer_name(index)}"] = golden[f"{case}/out/hidden_states.{index}"][: rows * choices]
    outputs = {POOLER: golden.get(f"{case}/out/pooler_output")}
    outputs.update({name: golden.get(f"{case}/out/{name}") for name in LOGITS})
    outputs = {name: array[:rows] for name, array in outputs.items() if array is not None}
    return kept | {f"out/{name}": array for name, array in store.stored_form(outputs).items()}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
