"""What do training and inference take on one GPU, in seconds and memory, beside transformers with PyTorch?

    python benchmarks/gpu.py --peer-python ~/peers-venv/bin/python

Three cases in a model of the published size with random weights: "finetune", a step of a classifier on 32 rows of 128
pieces; "mlm", a step of masked language modelling on 8 rows of 512, 15 % of them to be predicted; "forward", the
encoder on 64 rows of 128. A step is forward, loss, backward, clipping to norm 1 and AdamW; "bf16" is mixed precision
with float32 weights in training, and bfloat16 weights in "forward". "Recomputed" is `gradient_checkpointing_enable()`,
on both sides; "without XLA" is `compile(jit_compile=False)`, where Keras' default on one GPU is to compile the step.
"Warm-up" is the first three steps, with all that is compiled in them. Each candidate runs in a fresh process of its
own, in turns, one process at a time; memory is the most that the framework held on the GPU at once, as the framework
counts it. Float32 multiplies in TF32 on both sides, as TensorFlow does by default. Prints a Markdown table and then the
same as JSON.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

OURS, OURS_RECOMPUTED, WITHOUT_XLA = "rembert-tf", "rembert-tf, recomputed", "rembert-tf, without XLA"
PEER, PEER_RECOMPUTED = "transformers", "transformers, recomputed"
RECOMPUTED = OURS_RECOMPUTED, PEER_RECOMPUTED
TRAINING_ONLY = *RECOMPUTED, WITHOUT_XLA
SHAPES = {"finetune": (32, 128), "mlm": (8, 512), "forward": (64, 128)}
MASKED_SHARE = 0.15
FIRST_ID = 315  # lower ones may be special
POLICIES = {"fp32": "float32", "bf16": "mixed_bfloat16"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", help="an interpreter with torch and transformers; none measures ours alone")
    parser.add_argument("--cases", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--dtypes", nargs="+", choices=POLICIES, default=list(POLICIES))
    parser.add_argument("--rounds", type=int, default=3, help="fresh processes of each candidate")
    parser.add_argument("--steps", type=int, default=20, help="timed in each process, after three to warm up")
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--vocab", type=int, default=250300)
    parser.add_argument("--worker", nargs=3, metavar=("CASE", "DTYPE", "CANDIDATE"), help=argparse.SUPPRESS)
    return parser.parse_args()


def batch_of(case, vocabulary):
    """Returns ids, places to predict and a label for each row: int32 arrays (rows, pieces), (rows, n), (rows,)."""
    import numpy as np

    random, shape = np.random.default_rng(0), SHAPES[case]
    ids = random.integers(min(FIRST_ID, vocabulary // 2), vocabulary, shape).astype("int32")
    count = round(MASKED_SHARE * shape[1])
    places = np.sort(np.argsort(random.random(shape), axis=1)[:, :count], axis=1).astype("int32")
    return ids, places, random.integers(0, 2, shape[0]).astype("int32")


def our_step(arguments, case, dtype, candidate):
    """Returns a function that takes one step and waits for it, and one that returns the bytes held at most."""
    import keras
    import numpy as np
    import tensorflow as tf

    import rembert_tf
    from rembert_tf.training.optimizer import make_optimizer

    if not tf.config.list_physical_devices("GPU"):
        raise SystemExit("TensorFlow finds no GPU here: see docs/troubleshooting.md.")
    keras.utils.set_random_seed(0)
    config = rembert_tf.RemBertConfig(
        vocab_size=arguments.vocab, num_hidden_layers=arguments.layers, attention_probs_dropout_prob=0.0
    )
    ids, places, labels = batch_of(case, arguments.vocab)
    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}

    def peak():
        return tf.config.experimental.get_memory_info("GPU:0")["peak"]

    if case == "forward":
        model = rembert_tf.RemBertModel(config, dtype="bfloat16" if dtype == "bf16" else "float32")
        inputs = {name: tf.constant(value) for name, value in inputs.items()}
        compiled = tf.function(lambda: model(inputs)["last_hidden_state"][0, 0, 0], jit_compile=True, autograph=False)
        return lambda: float(compiled()), peak
    if case == "mlm":
        head, inputs["masked_positions"] = rembert_tf.RemBertForMaskedLM, places
        labels = np.take_along_axis(ids, places, axis=1)
    else:
        head = rembert_tf.RemBertForSequenceClassification
    model = head(config, dtype=POLICIES[dtype])
    if candidate in RECOMPUTED:
        model.gradient_checkpointing_enable()
    model.compile(optimizer=make_optimizer(1e-5, 1000), jit_compile=False if candidate == WITHOUT_XLA else "auto")
    return lambda: float(model.train_on_batch(inputs, labels)), peak


def peer_step(arguments, case, dtype, candidate):
    """As `our_step`, for transformers."""
    import torch
    import transformers

    torch.manual_seed(0)
    torch.set_float32_matmul_precision("high")  # TF32
    config = transformers.RemBertConfig(
        vocab_size=arguments.vocab, num_hidden_layers=arguments.layers, num_labels=2, attention_probs_dropout_prob=0.0
    )
    ids, places, labels = (torch.tensor(array).long().cuda() for array in batch_of(case, arguments.vocab))
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if case == "forward":
        model = transformers.RemBertModel(config).cuda().eval()
        model = torch.compile(model.bfloat16() if dtype == "bf16" else model)

        def forward():
            with torch.inference_mode():
                return float(model(**inputs).last_hidden_state[0, 0, 0])

        return forward, torch.cuda.max_memory_allocated
    if case == "mlm":
        head = transformers.RemBertForMaskedLM
        labels = torch.full_like(ids, -100).scatter(1, places, ids.gather(1, places))
    else:
        head = transformers.RemBertForSequenceClassification
    model = head(config).cuda().train()
    if candidate in RECOMPUTED:
        model.gradient_checkpointing_enable()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.01)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=dtype == "bf16"):
            loss = model(**inputs, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return float(loss)

    return step, torch.cuda.max_memory_allocated


def timed_steps(arguments):
    """Takes the steps in this process and returns what they took, as a dictionary."""
    case, dtype, candidate = arguments.worker
    make = peer_step if candidate in (PEER, PEER_RECOMPUTED) else our_step
    step, peak = make(arguments, case, dtype, candidate)
    begin = time.perf_counter()
    for _ in range(3):
        step()
    warm, seconds = time.perf_counter() - begin, []
    for _ in range(arguments.steps):
        begin = time.perf_counter()
        result = step()
        seconds.append(time.perf_counter() - begin)
    return {"seconds": statistics.median(seconds), "warm_up": warm, "peak": peak() / 1e9, "result": result}


def run(python, key):
    """Runs this program as a worker and returns what it found, or why it found nothing."""
    command = [python, "-P", *sys.argv, "--worker", *key]  # not beside tokenizers.py, which is not the package
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        return {"error": done.stderr.strip()[-2000:]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def table(found):
    """Returns {(case, dtype, candidate): runs} as Markdown; a ratio compares with the peer's candidate of like kind."""
    rows = ["| case | type | candidate | ms a step | GB on the GPU | warm-up s |", "|---|---|---|---|---|---|"]
    medians = {
        key: {name: statistics.median(run[name] for run in runs) for name in ("seconds", "peak", "warm_up")}
        for key, runs in found.items()
        if not any("error" in run for run in runs)
    }
    for key in found:
        case, dtype, candidate = key
        if key not in medians:
            rows.append(f"| {case} | {dtype} | {candidate} | failed | | |")
            continue
        mine = medians[key]
        peer = medians.get((case, dtype, {OURS: PEER, OURS_RECOMPUTED: PEER_RECOMPUTED}.get(candidate)))
        speed = f" ({mine['seconds'] / peer['seconds']:.2f} x)" if peer else ""
        size = f" ({mine['peak'] / peer['peak']:.2f} x)" if peer else ""
        rows.append(
            f"| {case} | {dtype} | {candidate} | {1000 * mine['seconds']:.1f}{speed} | {mine['peak']:.2f}{size} "
            f"| {mine['warm_up']:.0f} |"
        )
    return "\n".join(rows)


def main():
    arguments = parse_arguments()
    if arguments.worker:
        print(json.dumps(timed_steps(arguments)))
        return
    pythons = dict.fromkeys((OURS, OURS_RECOMPUTED, WITHOUT_XLA), sys.executable)
    if arguments.peer_python:
        pythons |= {PEER: arguments.peer_python, PEER_RECOMPUTED: arguments.peer_python}
    found = {}
    for number in range(arguments.rounds):
        for case in arguments.cases:
            for dtype in arguments.dtypes:
                for candidate, python in pythons.items():
                    if case == "forward" and candidate in TRAINING_ONLY:
                        continue
                    print(f"round {number + 1}: {case}, {dtype}, {candidate}", file=sys.stderr)
                    result = run(python, (case, dtype, candidate))
                    if "error" in result:
                        print(result["error"], file=sys.stderr)
                    found.setdefault((case, dtype, candidate), []).append(result)
    print(f"{table(found)}\n")
    print(
        json.dumps(
            [{"case": key[0], "dtype": key[1], "candidate": key[2], "runs": runs} for key, runs in found.items()]
        )
    )


if __name__ == "__main__":
    main()
