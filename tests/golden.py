"""The reference's numbers: where they lie, which cases there are, and how far ours are from them.

`tests/fixtures` holds what every checkout has. A folder `shared/fixtures` beside the repository, of the
same layout, adds further models where it exists.
"""

import dataclasses
import functools
import gzip
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOTS = [
    root for root in (HERE / "fixtures", HERE.parent.parent / "shared" / "fixtures") if (root / "hf/models").is_dir()
]

# The reference's own float32 is up to 2e-6 (states) and 1.5e-5 (logits) from its float64, and the two
# forms of GELU differ by 4e-3 in the logits: these limits leave room for rounding and for nothing else.
STATES = 1e-5
LOGITS = 2e-5
LOSS = 1e-5

# label -> (worst difference, its limit), for the summary that pytest prints last; label -> sentence.
WORST = {}
NOTES = {}


def fixture(path):
    """Returns where a file or folder of the fixtures lies, or None."""
    return next((root / path for root in ROOTS if (root / path).exists()), None)


def model_directory(name):
    """Returns a reference model's directory as a string."""
    return str(fixture(f"hf/models/{name}"))


LABELS = ("labels", "start_positions", "end_positions")


@dataclasses.dataclass(frozen=True)
class Case:
    """One call of one reference model: what went in, and what came out.

    Args:
        model: name of the model's directory.
        name: of the case.
    """

    model: str
    name: str

    def __str__(self):
        return f"{self.model}-{self.name}"

    @property
    def inputs(self):
        """The arguments of the call, labels excluded."""
        return {name: value for name, value in self._arrays("in").items() if name not in LABELS}

    @property
    def labels(self):
        """The labels: an array, or for question answering a dictionary of two."""
        found = {name: value for name, value in self._arrays("in").items() if name in LABELS}
        return found.get("labels", found)

    @property
    def expected(self):
        """The reference's tensors by name."""
        return self._arrays("out")

    def _arrays(self, direction):
        start = f"{self.name}/{direction}/"
        arrays = _golden(self.model)
        return {name.removeprefix(start): arrays[name] for name in arrays if name.startswith(start)}


@functools.cache
def _golden(model):
    with np.load(fixture(f"hf/golden/{model}.npz")) as file:
        return dict(file)


def cases(hf_class, output):
    """Returns the cases of the models of one class that record a certain output."""
    manifest = json.loads(fixture("hf/manifest.json").read_text())
    return [
        Case(model, name)
        for model, description in manifest.items()
        if description["hf_class"] == hf_class and fixture(f"hf/models/{model}")
        for name, case in description["cases"].items()
        if output in case["outputs"]
    ]


def tokenizer_golden(name):
    """Returns the recorded tokenizations of one vocabulary."""
    with gzip.open(HERE / f"fixtures/tokenizer/golden_{name}.json.gz", "rt", encoding="utf-8") as file:
        return json.load(file)


def assert_close(label, ours, reference, limit):
    """Asserts that no entry differs by more than `limit`, and keeps the worst difference for the summary."""
    ours, reference = np.asarray(ours, "float64"), np.asarray(reference, "float64")
    assert ours.shape == reference.shape, f"{label}: shape {ours.shape}, the reference has {reference.shape}"
    worst = float(np.max(np.abs(ours - reference), initial=0.0))
    WORST[label] = max(WORST.get(label, (0.0, limit)), (worst, limit))
    assert worst <= limit, f"{label}: differs from the reference by {worst:.2e}, more than {limit:.0e}"
