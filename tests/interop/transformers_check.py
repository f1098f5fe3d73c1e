"""Every class of the family against transformers, in both directions.

    python -m tests.interop.transformers_check                        # both lines, 4.57 and 5.x
    python -m tests.interop.transformers_check transformers-5 --seed 3 --only causal-lm

Run it from the repository's root, in the project's environment. The first run makes an environment for
each line with pip (about 2 GB, minutes), in a cache folder or where REMBERT_TF_INTEROP points; later runs
reuse it. For each case of `cases.py` this program

1. makes a model with random weights and writes its directory; the peer loads it, and must miss nothing;
2. lets the peer make a model and write its directory in all its flavours; we load each one;

and compares outputs, losses, hidden states, attentions, caches and generated text. It prints the worst
difference of every case and ends with 1 if one is beyond its limit. About 10 minutes a line on two
cores.
"""

import argparse
import contextlib
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.interop import ours
from tests.interop.cases import CASES, arrays_of
from tests.interop.environments import run_in
from tests.interop.generation_ways import WARPS, generation_settings
from tests.interop.report import Report

LINES = ("transformers-4", "transformers-5")
COMPILED = ("causal-lm-narrow", "causal-lm-crossed")  # generate as users do; the others step by step


def check(line, folder, seed=0, only=""):
    """Compares all cases with one line of transformers.

    Args:
        line: name of its environment.
        folder: an empty Path for directories and arrays.
        seed: of weights and inputs.
        only: a part of the names of the cases wanted.

    Returns:
        A Report.
    """
    report, jobs, checks = Report(line, "every class"), [], []
    for index, case in enumerate(case for case in CASES if only in case.name):
        random = np.random.default_rng([seed, index])
        for direction in (from_us, from_them):
            job, finish = direction(case, folder / f"{case.name}-{direction.__name__}", random, index)
            jobs.append(job)
            checks.append(finish)
    job_file = folder / "jobs.json"
    job_file.write_text(json.dumps(jobs))
    complaints = json.loads(run_in(line, "transformers_peer.py", job_file).splitlines()[-1])
    for finish, job in zip(checks, jobs, strict=True):
        report.loading(job["name"], complaints.get(job["name"]))
        with report.catching(job["name"]):
            finish(report, dict(np.load(job["results"])))
    return report


def from_us(case, folder, random, seed):
    """Writes our directory; returns the peer's job, and what to do with its results."""
    model, arrays = ours.random_model(case, random), arrays_of(case, random)
    directory = folder / "model"
    ours.save(case, model, directory)
    job = _job(case, folder, directory, arrays)
    if case.hf_class == "RemBertForCausalLM":
        job["generate"] = generation_settings(ours.piece_to_end_with(model, arrays))
        arrays["scores"] = random.normal(0, 3, (3, 40)).astype("float32")
        job["warp"] = WARPS
    np.savez(job["inputs"], **arrays)

    def finish(report, theirs):
        report.outputs(case, "ours -> theirs", ours.forward(model, arrays), theirs)
        with contextlib.nullcontext() if case.name in COMPILED else ours.uncompiled():
            for name, settings in filter(lambda way: report.comparable(way[1]), job["generate"].items()):
                report.generated(case, name, *ours.generate(model, arrays, settings), theirs)
        for name, settings in job.get("warp", {}).items():
            shares = ours.drawn_probabilities(arrays["scores"], settings)
            report.compare(f"{case.name} {name}", shares, theirs[f"{name}/probabilities"], 2 / ours.GRID)

    return job, finish


def from_them(case, folder, random, seed):
    """Lets the peer write directories; returns its job, and what to do with its results."""
    arrays, directory = arrays_of(case, random), folder / "model"
    job = _job(case, folder, directory, arrays) | {"write": {"config": case.config, "seed": seed}}
    np.savez(job["inputs"], **arrays)

    def finish(report, theirs):
        for written in sorted(folder.glob("model-*")):
            computed = ours.forward(ours.load(case, written), arrays)
            report.outputs(case, f"theirs ({written.name.removeprefix('model-')}) -> ours", computed, theirs)

    return job, finish


def _job(case, folder, directory, arrays):
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "name": folder.name,
        "class": case.hf_class,
        "pooler": case.pooler,
        "decoder": bool(case.config.get("is_decoder")),
        "directory": str(directory),
        "inputs": str(folder / "inputs.npz"),
        "results": str(folder / "results.npz"),
        "generate": {},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", nargs="*", default=LINES, help=f"default: {' '.join(LINES)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="a part of the names of cases")
    parser.add_argument("--keep", type=Path, help="folder for directories and arrays, kept")
    options = parser.parse_args()
    failed = False
    for line in options.lines:
        with tempfile.TemporaryDirectory() as temporary:
            report = check(line, (options.keep or Path(temporary)) / line, options.seed, options.only)
        report.print()
        failed |= bool(report.failures)
    sys.exit(failed)


if __name__ == "__main__":
    main()
