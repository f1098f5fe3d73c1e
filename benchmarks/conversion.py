"""How long does the conversion of an original checkpoint take, and how much memory?

    python benchmarks/conversion.py --folder /tmp/conversion
    python benchmarks/conversion.py --layers 4 --vocab-size 20000

Makes a checkpoint of the original release's sizes (32 layers, 250,300 pieces, head and two optimizer slots:
11.9 GB of random numbers), converts it in a process of its own, converts the result back, copies the same
bytes with `cp`, and deletes everything. Prints seconds, and each process's peak of resident memory over that of
one that only imports TensorFlow. It needs 40 GB of disk.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from rembert_tf import RemBertConfig
from rembert_tf.checkpoints_tools.source import shape_of, table

SLOTS = ("", "/adam_m", "/adam_v")
NOT_OF_THE_RELEASE = ("classifier.", "qa_outputs.")


def rows_of(config):
    return [row for row in table(config) if not row.name.startswith(NOT_OF_THE_RELEASE)]


def write_checkpoint(folder, config):
    """Writes random numbers under Google's names; returns how many bytes the largest tensor has."""
    from rembert_tf.checkpoints_tools.formats.google import JSON_FILE, google_json
    from rembert_tf.checkpoints_tools.formats.tf_checkpoint import CheckpointWriter
    from rembert_tf.checkpoints_tools.source import Source

    folder.mkdir(parents=True)
    rng, largest = np.random.default_rng(0), 0
    with CheckpointWriter(folder / "model.ckpt-1000000") as writer:
        for row in rows_of(config):
            shape = row.layout.two_axes_shape(shape_of(row, config))
            array = rng.standard_normal(shape, dtype=np.float32) * np.float32(0.02)
            largest = max(largest, array.nbytes)
            for slot in SLOTS:
                writer.add(row.google + slot, array)
        writer.add("global_step", np.array(1000000))
    content = google_json(Source("google", config, "RemBertForMaskedLM", []))
    (folder / JSON_FILE).write_text(json.dumps(content), encoding="utf-8")
    return largest


class Peak(threading.Thread):
    """Reads a process's peak memory until it ends: all of it, and what is its own and no file's."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.resident, self.anonymous = pid, 0, 0
        self.start()

    def run(self):
        while True:
            try:
                lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
            except OSError:
                return
            sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith(" kB")}
            if "VmHWM" not in sizes:
                return
            self.resident = max(self.resident, sizes["VmHWM"])
            self.anonymous = max(self.anonymous, sizes["RssAnon"])
            time.sleep(0.02)


def run(command):
    """Runs a command; returns its seconds and its Peak."""
    os.sync()
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    peak = Peak(process.pid)
    printed, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{printed}")
    return time.perf_counter() - begin, peak


def size_of(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folder", type=Path, default=Path("/tmp/rembert-conversion"), help="a new one; removed at the end"
    )
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--vocab-size", type=int, default=250300)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    config = RemBertConfig(num_hidden_layers=arguments.layers, vocab_size=arguments.vocab_size)
    original, ours, back = (arguments.folder / name for name in ("original", "ours", "back"))
    rembert = [sys.executable, "-m", "rembert_tf.cli.main"]
    _, bare = run([sys.executable, "-c", "import tensorflow"])
    try:
        largest = write_checkpoint(original, config)
        parameters = sum(math.prod(shape_of(row, config)) for row in rows_of(config))
        print(f"{parameters / 1e6:.1f} M parameters, largest tensor {largest / 1e9:.2f} GB; {os.cpu_count()} CPUs")
        print(
            f"import tensorflow: {bare.resident / 1e9:.2f} GB; allowed over it: {(1.3 * largest + 1e9) / 1e9:.2f} GB\n"
        )
        print(f"{'':<34}{'s':>8}{'GB':>8}{'GB over import':>16}{'of it anonymous':>17}")
        rows = (
            ("google -> hf", [*rembert, "convert", original, ours], ours),
            ("hf -> google", [*rembert, "convert", ours, back, "--to", "google"], back),
            ("cp of the original", ["cp", "-r", original, arguments.folder / "copy"], original),
            ("cp of the result", ["cp", "-r", ours, arguments.folder / "copy2"], ours),
        )
        for name, command, made in rows:
            seconds, peak = run(command)
            over = [
                max(0, (mine - its) / 1e9)
                for mine, its in ((peak.resident, bare.resident), (peak.anonymous, bare.anonymous))
            ]
            print(f"{name:<34}{seconds:>8.1f}{size_of(made) / 1e9:>8.2f}{over[0]:>16.2f}{over[1]:>17.2f}", flush=True)
    finally:
        shutil.rmtree(arguments.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
