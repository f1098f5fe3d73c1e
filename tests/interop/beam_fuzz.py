"""Beam search against transformers on random small cases.

    python -m tests.interop.beam_fuzz                        # 150 searches, transformers 5.x
    python -m tests.interop.beam_fuzz --models 40 --seed 7 --line transformers-4

Run it from the repository's root, in the project's environment; environments are made as in
`transformers_check.py`. Tiny vocabularies make continuations end early, ties of length and beams without
a continuation. It prints every search whose sequences or scores differ, and ends with 1 if there is one.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.interop import ours
from tests.interop.cases import Case
from tests.interop.environments import run_in
from tests.interop.report import Report

SEARCHES = 10  # of every model


def random_case(name, random):
    """Returns a Case with a random architecture of a decoder."""
    heads = int(random.integers(1, 4))
    config = {
        "vocab_size": int(random.choice([3, 4, 6, 9, 14, 25])),
        "hidden_size": heads * int(random.integers(3, 7)),
        "num_hidden_layers": int(random.integers(1, 3)),
        "num_attention_heads": heads,
        "input_embedding_size": int(random.integers(4, 12)),
        "output_embedding_size": int(random.integers(4, 12)),
        "intermediate_size": int(random.integers(4, 20)),
        "max_position_embeddings": 32,
        "type_vocab_size": int(random.integers(1, 4)),
        "is_decoder": True,
    }
    return Case(name, "RemBertForCausalLM", config)


def random_prompt(config, random):
    rows, length = int(random.integers(1, 5)), int(random.integers(1, 7))
    mask = np.arange(length) >= random.integers(0, length, (rows, 1))
    ids = random.integers(1, config["vocab_size"], (rows, length)) * mask
    return {"prompt/input_ids": ids.astype("int32"), "prompt/attention_mask": mask.astype("int32")}


def random_settings(config, random):
    """Returns the arguments of a search; most have an end that is met now and then."""
    beams = int(random.integers(2, 7))
    settings = {
        "max_new_tokens": int(random.integers(1, 12)),
        "num_beams": beams,
        "num_return_sequences": int(random.integers(1, beams + 1)),
        "length_penalty": float(random.choice([-2, -1, -0.5, 0, 0.5, 1, 2, 3.5])),
        "early_stopping": [True, False, "never"][random.integers(3)],
        "repetition_penalty": float(random.choice([1, 1, 0.7, 1.3, 2])),
    }
    if random.random() < 0.85:
        settings["eos_token_id"] = int(random.integers(1, config["vocab_size"]))
    return settings


def check(line, folder, models=15, seed=0):
    """Compares searches.

    Args:
        line: name of the peer's environment.
        folder: an empty Path.
        models: how many architectures; each does `SEARCHES` searches.
        seed: of everything.

    Returns:
        A Report.
    """
    report, jobs, subjects = Report(line, "beam search"), [], []
    for index in range(models):
        random = np.random.default_rng([seed, index])
        case = random_case(f"model-{index}", random)
        model, arrays = ours.random_model(case, random), random_prompt(case.config, random)
        for weight in model.lm_head.decoder.weights:
            weight.assign(np.asarray(weight) * float(random.choice([1, 3])))  # some are sure of themselves
        searches = {f"search-{number}": random_settings(case.config, random) for number in range(SEARCHES)}
        jobs.append(write_job(folder / case.name, case, model, arrays, searches))
        subjects.append((case, model, arrays, searches))
    (folder / "jobs.json").write_text(json.dumps(jobs))
    report.loading("loading", json.loads(run_in(line, "transformers_peer.py", folder / "jobs.json").splitlines()[-1]))
    for (case, model, arrays, searches), job in zip(subjects, jobs, strict=True):
        theirs = dict(np.load(job["results"]))
        for name, settings in filter(lambda search: report.comparable(search[1]), searches.items()):
            label = f"{name} {settings}"
            results = {key.replace(name + "/", label + "/"): value for key, value in theirs.items()}
            with report.catching(f"{case.name} {label}"), ours.uncompiled():
                report.generated(case, label, *ours.generate(model, arrays, settings), results)
    return report


def write_job(folder, case, model, arrays, searches):
    folder.mkdir(parents=True)
    model.save_pretrained(folder / "model")
    np.savez(folder / "inputs.npz", **arrays, **{"in/input_ids": arrays["prompt/input_ids"]})
    return {
        "name": case.name,
        "class": case.hf_class,
        "pooler": True,
        "decoder": True,
        "directory": str(folder / "model"),
        "inputs": str(folder / "inputs.npz"),
        "results": str(folder / "results.npz"),
        "generate": searches,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--line", default="transformers-5")
    parser.add_argument("--models", type=int, default=15, help=f"each does {SEARCHES} searches")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = check(options.line, Path(folder), options.models, options.seed)
    report.print()
    sys.exit(bool(report.failures))


if __name__ == "__main__":
    main()
