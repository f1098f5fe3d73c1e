"""Outputs of the reference implementation for small random models, shipped with the package.

They were computed by Hugging Face transformers and PyTorch, not by this library; `provenance` says which
versions. A directory is recognised by the fingerprint of its weights, wherever it lies and whatever kind of
file holds them. `scripts/store_references.py` writes the two files from the fixtures.
"""

import dataclasses
import functools
import io
import json
from importlib import resources

import numpy as np

from rembert_tf.verification.named_tensors import fingerprint

ARRAYS_FILE = "stored_references.npz"
INDEX_FILE = "stored_references.json"
DIGEST_LENGTH = 12  # hexadecimal digits kept of a single weight's SHA-256: enough to tell which one differs
VOCABULARY_STEP = 16  # of logits over a vocabulary every 16th column is kept, for size
WHOLE_WIDTH = 64  # logits up to this width are kept whole

# What changes a model's numbers while its weights stay the same.
COMPUTING_FIELDS = ("hidden_act", "layer_norm_eps", "num_attention_heads", "is_decoder", "add_cross_attention")


@dataclasses.dataclass(frozen=True)
class Reference:
    """One model of the reference.

    Args:
        name: of the fixture.
        provenance: which versions computed the outputs.
        config: the COMPUTING_FIELDS with which they did.
        fingerprint: SHA-256 of the weights.
        digests: weight -> first digits of its SHA-256.
        cases: case -> (inputs, outputs by layer).
    """

    name: str
    provenance: str
    config: dict
    fingerprint: str
    digests: dict
    cases: dict

    def changed_weights(self, digests):
        """Returns the names of the weights whose digest is not the reference's."""
        return [name for name, digest in self.digests.items() if digests[name][:DIGEST_LENGTH] != digest]

    def changed_fields(self, config):
        """Returns {field: (config's value, the reference's)} of the fields that make other numbers."""
        pairs = {name: (getattr(config, name), value) for name, value in self.config.items()}
        return {name: (ours, theirs) for name, (ours, theirs) in pairs.items() if ours != theirs}


def recognise(digests):
    """Returns the Reference that a directory's weights are, or are a damaged copy of; None for other weights.

    A damaged copy has the same weights by name, most of them with the same numbers.

    Args:
        digests: weight -> SHA-256, from `named_tensors.digests`.
    """
    whole = fingerprint(digests)
    for reference in stored_references():
        if reference.fingerprint == whole:
            return reference
    for reference in stored_references():
        same_names = reference.digests.keys() == digests.keys()
        if same_names and len(reference.changed_weights(digests)) < len(digests) / 2:
            return reference
    return None


def stored_form(outputs):
    """Returns outputs as they are stored: of logits over a vocabulary only some columns."""
    return {
        layer: array[..., ::VOCABULARY_STEP] if layer == "logits" and array.shape[-1] > WHOLE_WIDTH else array
        for layer, array in outputs.items()
    }


@functools.cache
def stored_references():
    """Returns every Reference of the package."""
    folder = resources.files("rembert_tf.verification")
    index = json.loads((folder / INDEX_FILE).read_text(encoding="utf-8"))
    with np.load(io.BytesIO((folder / ARRAYS_FILE).read_bytes())) as file:
        arrays = dict(file)
    return tuple(
        Reference(name=name, provenance=index["provenance"], cases=_cases(name, model.pop("cases"), arrays), **model)
        for name, model in index["models"].items()
    )


def _cases(model, names, arrays):
    def below(start):
        return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}

    return {case: (below(f"{model}/{case}/in/"), below(f"{model}/{case}/out/")) for case in names}
