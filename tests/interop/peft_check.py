"""Adapters exchanged with the PEFT library, in both directions.

    python -m tests.interop.peft_check

Run it from the repository's root, in the project's environment; the environment with PEFT is made as in
`transformers_check.py`. Ours: `save_lora`, read by `PeftModel.from_pretrained` onto the same base. Theirs:
`get_peft_model(...).save_pretrained`, read by `load_lora`. It ends with 1 if outputs differ.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.interop import ours
from tests.interop.cases import CASES, arrays_of
from tests.interop.environments import run_in
from tests.interop.report import Report

LINE = "transformers-5"
# A case of each class, and what a user of PEFT would ask for.
SETTINGS = {
    "model-narrow": {},
    "model-crossed": {},
    "masked-lm-one-head": {},
    "causal-lm-crossed": {"task_type": "CAUSAL_LM"},
    "sequence-classification-three": {"task_type": "SEQ_CLS"},
    "sequence-classification-multi-label": {"modules_to_save": ["classifier", "pooler"]},
    "token-classification-five": {"task_type": "TOKEN_CLS"},
    "question-answering-narrow": {"task_type": "QUESTION_ANS"},
    "multiple-choice-narrow": {"modules_to_save": ["classifier"]},
}
LORA = {"r": 3, "lora_alpha": 5, "target_modules": ["query", "value"]}


def check(folder):
    """Returns a Report of all cases; `folder` is an empty Path."""
    report, jobs, subjects = Report(LINE, "PEFT"), [], []
    for index, case in enumerate(case for case in CASES if case.name in SETTINGS):
        random = np.random.default_rng([5, index])
        own = folder / case.name
        own.mkdir(parents=True)
        model, arrays = ours.random_model(case, random), arrays_of(case, random)
        model.save_pretrained(own / "base")
        with_adapters(model, random).save_lora(own / "adapters")
        inputs = {name.removeprefix("in/"): value for name, value in arrays.items() if name.startswith("in/")}
        np.savez(own / "inputs.npz", **inputs)
        paths = {name: str(own / name) for name in ("base", "adapters", "written", "inputs.npz", "results.npz")}
        job = {name.removesuffix(".npz"): path for name, path in paths.items()}
        job |= {"class": case.hf_class, "pooler": case.pooler, "settings": {**LORA, **SETTINGS[case.name]}}
        jobs.append(job)
        subjects.append((case, model, inputs))
    (folder / "jobs.json").write_text(json.dumps(jobs))
    run_in(LINE, "peft_peer.py", folder / "jobs.json")
    for (case, model, inputs), job in zip(subjects, jobs, strict=True):
        theirs = dict(np.load(job["results"]))
        compare(report, f"{case.name} save_lora -> PEFT", model, inputs, theirs, "read/")
        with report.catching(f"{case.name} PEFT -> load_lora"):
            other = ours.load(case, job["base"])
            other.load_lora(job["written"])
            compare(report, f"{case.name} PEFT -> load_lora", other, inputs, theirs, "written/")
    return report


def with_adapters(model, random):
    """Gives a model adapters that were trained, as it were, and its head and pooler other weights."""
    model.enable_lora(rank=2, alpha=3, targets=("query", "key", "value"))
    for weight in model.trainable_weights:
        weight.assign(random.normal(0, 0.3, weight.shape))
    return model


def compare(report, label, model, inputs, theirs, start):
    outputs = model(inputs)
    for name, value in (outputs if isinstance(outputs, dict) else {"logits": outputs}).items():
        report.compare(label, value, theirs[start + name], 1e-4)


def main():
    with tempfile.TemporaryDirectory() as folder:
        report = check(Path(folder))
    report.print()
    sys.exit(bool(report.failures))


if __name__ == "__main__":
    main()
