"""What does a step of masked language modelling take, in seconds and memory, beside transformers' full logits?

    python benchmarks/mlm_step.py --peer-python ~/peers-venv/bin/python --peer-script ../shared/peers/bench_hf_torch.py

One batch of 4 x 512 ids, 15 % of them to be predicted, goes through forward, loss, backward, clipping to norm 1 and
AdamW, in a model of 4 layers of the published width with all 250,300 pieces. Each candidate runs in a fresh process
of its own, in turns; its peak memory is the process's own high-water mark. "Excess" is what lies above 16 bytes a
parameter: weights, gradients and AdamW's two averages in float32. "Recomputed" is `gradient_checkpointing_enable()`:
a block's activations are computed again in the backward pass. "Lean" is recomputed with `--lean-memory`. Prints a
Markdown table and then the same as JSON.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

from rembert_tf.benchmarking.machine import Load, describe
from rembert_tf.benchmarking.worker import memory
from rembert_tf.lean_memory import use_lean_memory

OURS, RECOMPUTED, LEAN, PEER = "rembert-tf", "rembert-tf, recomputed", "rembert-tf, lean", "transformers"
BYTES_A_PARAMETER = 16
MASKED_SHARE = 0.15
POLICIES = {"fp32": "float32", "bf16": "mixed_bfloat16"}
# What is aimed at in float32: time, peak memory, and its excess, each as a share of the peer's.
TARGETS = {"seconds": 0.55, "peak": 0.75, "excess": 0.3}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", help="an interpreter with torch and transformers; none measures ours alone")
    parser.add_argument("--peer-script", help="bench_hf_torch.py, which times the peer's step")
    parser.add_argument("--dtypes", nargs="+", choices=POLICIES, default=["fp32", "bf16"])
    parser.add_argument("--rounds", type=int, default=3, help="fresh processes of each candidate")
    parser.add_argument("--steps", type=int, default=3, help="of each process, after one to warm up")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--vocab", type=int, default=250300)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--seq", type=int, default=512)
    parser.add_argument("--worker", nargs=2, metavar=("DTYPE", "CANDIDATE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if bool(arguments.peer_python) != bool(arguments.peer_script):
        parser.error("--peer-python and --peer-script belong together")
    return arguments


def timed_steps(arguments):
    """Takes the steps in this process and returns what they took, as a dictionary."""
    dtype, candidate = arguments.worker
    if candidate == LEAN:
        use_lean_memory()
    import keras
    import numpy as np

    from rembert_tf import RemBertConfig, RemBertForMaskedLM
    from rembert_tf.training.optimizer import make_optimizer

    bare = memory()["peak_bytes"]
    keras.utils.set_random_seed(0)
    config = RemBertConfig(vocab_size=arguments.vocab, num_hidden_layers=arguments.layers)
    model = RemBertForMaskedLM(config, dtype=POLICIES[dtype])
    if candidate in (RECOMPUTED, LEAN):
        model.gradient_checkpointing_enable()
    model.compile(optimizer=make_optimizer(1e-5, 1000))
    random = np.random.default_rng(0)
    shape = arguments.batch, arguments.seq
    ids = random.integers(min(315, arguments.vocab // 2), arguments.vocab, shape).astype("int32")
    masks = round(MASKED_SHARE * arguments.seq)
    places = np.sort(np.argsort(random.random(shape), axis=1)[:, :masks], axis=1).astype("int32")
    inputs = {"input_ids": ids, "attention_mask": np.ones(shape, "int32"), "masked_positions": places}
    labels = np.take_along_axis(ids, places, axis=1)
    seconds = []
    for _ in range(1 + arguments.steps):
        begin = time.perf_counter()
        loss = float(model.train_on_batch(inputs, labels))
        seconds.append(time.perf_counter() - begin)
    return {
        "parameters": model.count_params(),
        "seconds": statistics.median(seconds[1:]),
        "first_seconds": seconds[0],
        "peak_bytes": memory()["peak_bytes"],
        "bare_bytes": bare,
        "loss": loss,
    }


def run_ours(dtype, candidate):
    # The same command again, as a worker.
    return last_line([sys.executable, *sys.argv, "--worker", dtype, candidate])


def run_peer(arguments, dtype):
    shape = [f"--{name}={getattr(arguments, name)}" for name in ("layers", "vocab", "batch", "seq")]
    options = ["--mode", "mlm-train-step", "--width", "real", "--dtype", dtype, "--warmup", "1"]
    command = [arguments.peer_python, arguments.peer_script, *options, *shape, "--repeat", str(arguments.steps)]
    found = last_line(command)
    return {
        "parameters": found["parameters"],
        "seconds": found["median_ms"] / 1000,
        "peak_bytes": found["peak_rss_mb"] * 2**20,
        "loss": found["loss"],
    }


def last_line(command):
    """Runs a command and returns the JSON that is its last line."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def summed_up(runs):
    """Returns the medians of a candidate's processes, memory in gigabytes."""
    parameters = runs[0]["parameters"]
    peak = statistics.median(run["peak_bytes"] for run in runs) / 1e9
    return {
        "parameters": parameters,
        "seconds": statistics.median(run["seconds"] for run in runs),
        "least_seconds": min(run["seconds"] for run in runs),
        "peak": peak,
        "excess": peak - BYTES_A_PARAMETER * parameters / 1e9,
        "runs": runs,
    }


def table(results):
    """Returns the results as Markdown; a ratio stands behind each figure of ours that has the peer's beside it."""
    rows = ["| type | candidate | s a step | least | peak GB | excess GB |", "|---|---|---|---|---|---|"]
    for (dtype, name), found in results.items():
        peer = results.get((dtype, PEER)) if name != PEER else None
        cells = [f"{found[key]:.2f}" + ratio(found, peer, key, dtype) for key in TARGETS]
        rows.append(f"| {dtype} | {name} | {cells[0]} | {found['least_seconds']:.2f} | {cells[1]} | {cells[2]} |")
    return "\n".join(rows)


def ratio(found, peer, key, dtype):
    if peer is None:
        return ""
    share = found[key] / peer[key]
    if dtype != "fp32":
        return f" ({share:.2f} x)"
    return f" ({share:.2f} x; {'met' if share <= TARGETS[key] else '**missed**'}: {TARGETS[key]})"


def main():
    arguments = parse_arguments()
    if arguments.worker:
        print(json.dumps(timed_steps(arguments)))
        return
    load, found = Load(), {}
    for number in range(arguments.rounds):
        for dtype in arguments.dtypes:
            print(f"round {number + 1}, {dtype}", file=sys.stderr)
            for name in (OURS, RECOMPUTED, LEAN):
                found.setdefault((dtype, name), []).append(run_ours(dtype, name))
            if arguments.peer_python:
                found.setdefault((dtype, PEER), []).append(run_peer(arguments, dtype))
    results = {key: summed_up(runs) for key, runs in found.items()}
    machine = {**describe(os.cpu_count()), **load.finish()}
    print(f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB; {' '.join(machine['flags'])}")
    print(f"others kept busy: {machine['others']} cores\n\n{table(results)}\n")
    rows = [{"dtype": dtype, "candidate": name, **values} for (dtype, name), values in results.items()]
    print(json.dumps({"machine": machine, "results": rows}))


if __name__ == "__main__":
    main()
