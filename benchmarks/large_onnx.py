"""Does a model above 2 GB hold in ONNX, and what does its export take?

    python benchmarks/large_onnx.py --folder /tmp/large
    python benchmarks/large_onnx.py --folder /tmp/large --architecture RemBertForSequenceClassification --layers 32

Makes a model of RemBERT's widths and 250,300 pieces with random weights, exports it with `rembert export`, loads the
result in ONNX Runtime in a fresh process, and compares the logits of some sentences with the Keras model's in another.
Prints sizes, seconds and each process's peak of resident memory, and deletes everything. It takes a few minutes, 5 GB
of disk and memory for four copies of the model.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PIECES = ROOT / "tests/fixtures/tokenizer/models/ctrl_16k"
TEXTS = [
    "The museum opens at nine.",
    "昨日の午後三時に来た。",
    "Passwort vergessen?",
    "Музей открывается в девять часов утра, но не по понедельникам.",
]


def make(folder, arguments):
    """Writes the model directory."""
    import keras

    import rembert_tf

    keras.utils.set_random_seed(0)
    config = rembert_tf.RemBertConfig(num_hidden_layers=arguments.layers)
    model = getattr(rembert_tf, arguments.architecture)(config)
    model({"input_ids": np.zeros((1, 2), "int32")})
    model.save_pretrained(folder / "model")
    rembert_tf.RemBertTokenizer.from_pretrained(PIECES).save_pretrained(folder / "model")
    print(f"{model.count_params():,} weights, {4 * model.count_params() / 1e9:.2f} GB in float32")


def batch(folder):
    from rembert_tf import RemBertTokenizer

    rows = RemBertTokenizer.from_pretrained(folder / "model")(TEXTS, padding=True)
    return {name: np.array(values, np.int64) for name, values in rows.items()}


def answer_keras(folder, arguments):
    """Writes the Keras model's logits."""
    import rembert_tf

    model = getattr(rembert_tf, arguments.architecture).from_pretrained(folder / "model")
    np.save(folder / "keras.npy", np.asarray(model(batch(folder))))


def answer_onnx(folder, arguments):
    """Writes the logits of ONNX Runtime, which alone is in this process's memory."""
    import onnxruntime

    begin = time.perf_counter()
    session = onnxruntime.InferenceSession(folder / "onnx" / "model.onnx", providers=["CPUExecutionProvider"])
    print(f"ONNX Runtime loads it in {time.perf_counter() - begin:.1f} s")
    with np.load(folder / "batch.npz") as rows:
        np.save(folder / "onnx.npy", session.run(["logits"], dict(rows))[0])


WORK = {"make": make, "keras": answer_keras, "onnx": answer_onnx}


def run(name, command):
    """Runs a command and prints its seconds and its peak of memory."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{name} failed:\n{said[-2000:]}")
    print(f"{name}: {time.perf_counter() - begin:.0f} s, peak {usage.ru_maxrss * 1024 / 1e9:.1f} GB", flush=True)
    return said


def compare(folder):
    theirs, ours = (np.load(folder / f"{name}.npy") for name in ("keras", "onnx"))
    with np.load(folder / "batch.npz") as rows:
        mask = rows["attention_mask"] == 1
    if theirs.ndim == 3:  # logits of every piece; those of padding mean nothing
        theirs, ours = theirs[mask], ours[mask]
    same = (theirs.argmax(-1) == ours.argmax(-1)).mean()
    print(f"largest difference {np.abs(theirs - ours).max():.1e} of logits up to {np.abs(theirs).max():.1f}, ", end="")
    print(f"the same likeliest in {same:.0%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="new; deleted at the end")
    parser.add_argument("--architecture", default="RemBertForMaskedLM", help="with logits (default: %(default)s)")
    parser.add_argument("--layers", type=int, default=4, help="default: 4, of which a masked LM has 2.19 GB")
    parser.add_argument("--work", choices=WORK, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    folder = arguments.folder
    if arguments.work:
        return WORK[arguments.work](folder, arguments)
    folder.mkdir(parents=True)
    try:
        model = ["--architecture", arguments.architecture, "--layers", str(arguments.layers)]
        again = [sys.executable, __file__, "--folder", str(folder), *model, "--work"]
        run("making the model", [*again, "make"])
        np.savez(folder / "batch.npz", **batch(folder))
        export = [sys.executable, "-m", "rembert_tf", "export", str(folder / "model"), str(folder / "onnx")]
        print(run("export", [*export, "--format", "onnx"]).strip().splitlines()[-1])
        for file in sorted((folder / "onnx").glob("model.onnx*")):
            print(f"{file.name}: {file.stat().st_size / 1e6:,.1f} MB")
        run("Keras", [*again, "keras"])
        run("ONNX Runtime", [*again, "onnx"])
        compare(folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
