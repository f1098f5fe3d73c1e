"""How much load does one replica of `rembert serve` take? The figures of docs/guides/capacity.md.

    python benchmarks/capacity.py --exports exports/
    python benchmarks/capacity.py --exports exports/ --sizes demo --seconds 1 --concurrency 1 4

Two sequence classifiers with random weights are exported, unless the folder holds them: one of the size that
`make demo` trains, and one of RemBERT's widths with 4 layers, in bfloat16 where the processor multiplies it by itself.
Each is served over REST with batching off and on, by a server that may use `--server-cores` processors; the load
test runs on the others, so that neither takes the other's. It sends its own sentences in many languages, 1 and 32 a
request, to a server that was asked for some seconds before. Tables are those of `rembert load-test --pid`.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rembert_tf.load_testing.pictures import draw
from rembert_tf.load_testing.report import as_json, markdown
from rembert_tf.load_testing.run import run_load_test
from rembert_tf.load_testing.settings import LoadTestSettings

ROOT = Path(__file__).resolve().parent.parent
VOCABULARY = ROOT / "tests/fixtures/tokenizer/models/ctrl_16k/sentencepiece.model"
MAX_LENGTH = 128
SIZES = ("demo", "real")
BATCHING = {"off": None, "on": "max_batch_size { value: 32 }\nmax_enqueued_batches { value: 100 }\n"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exports", type=Path, required=True, help="folder for the exported models")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--layers", type=int, default=4, help="of the model of real widths")
    parser.add_argument("--concurrency", nargs="+", type=int, default=[1, 4, 16])
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[1, 32])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each point")
    parser.add_argument("--server-cores", type=int, default=max(1, os.cpu_count() // 2))
    parser.add_argument("--export-only", action="store_true", help="only make the models")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each server")
    parser.add_argument("--json", type=Path, help="file for all numbers")
    return parser.parse_args()


def config_of(size, layers):
    """Returns the configuration of a size, without its vocabulary's."""
    from rembert_tf import RemBertConfig
    from rembert_tf.demo.recipe import make_recipe

    if size == "demo":
        return make_recipe().config
    return RemBertConfig(num_hidden_layers=layers, initializer_range=0.05)


def export(size, layers, base_path):
    """Exports a classifier with random weights, in the form that is fastest on this machine."""
    import keras

    from rembert_tf import RemBertForSequenceClassification, RemBertTokenizerFast
    from rembert_tf.benchmarking.machine import has_bfloat16
    from rembert_tf.serving import export_saved_model

    keras.utils.set_random_seed(0)
    tokenizer = RemBertTokenizerFast.from_pretrained(VOCABULARY)
    config = config_of(size, layers).replace(vocab_size=len(tokenizer), num_labels=4)
    real = {"optimize": "cpu", "dtype": "bfloat16" if has_bfloat16() else "float32"}
    model = RemBertForSequenceClassification(config)
    export_saved_model(model, tokenizer, base_path, max_length=MAX_LENGTH, **(real if size == "real" else {}))


@contextlib.contextmanager
def serving(base_path, batching, cores):
    """Runs `rembert serve` on some processors; gives its process and its REST URL."""
    command = [sys.executable, "-m", "rembert_tf.cli.main", "serve", str(base_path), "--json"]
    command += ["--rest-port", "0", "--grpc-port", "0"]
    with tempfile.TemporaryDirectory() as folder:
        if batching is not None:
            parameters = Path(folder, "batching.txt")
            parameters.write_text(batching)
            command += ["--enable-batching", "--batching-parameters-file", str(parameters)]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"{' '.join(command)} ended with {process.wait()}")
            yield process, f"http://127.0.0.1:{json.loads(line)['rest_port']}"
        finally:
            process.terminate()
            process.wait()


def measure(path, batching, arguments, cores):
    """Tests one server; returns the load test's outcome."""
    with serving(path, BATCHING[batching], cores) as (process, url):
        settings = LoadTestSettings(
            url,
            concurrency=tuple(arguments.concurrency),
            batch_sizes=tuple(arguments.batch_sizes),
            seconds=arguments.seconds,
            pid=process.pid,
        )
        outcome = run_load_test(settings)
    name = f"{path.name}, batching {batching}, {len(cores)} of the processors"
    return dataclasses.replace(outcome, settings=dataclasses.replace(settings, url=name))


def main():
    arguments = parse_arguments()
    names = {size: size if size == "demo" else f"{size}-{arguments.layers}" for size in arguments.sizes}
    for size, name in names.items():
        if not (arguments.exports / name).exists():
            export(size, arguments.layers, arguments.exports / name)
    if arguments.export_only:
        return
    processors = sorted(os.sched_getaffinity(0))
    cores = processors[: arguments.server_cores]
    os.sched_setaffinity(0, processors[arguments.server_cores :] or processors)
    found = []
    for name in names.values():
        for batching in BATCHING:
            outcome = measure(arguments.exports / name, batching, arguments, cores)
            print(markdown(outcome), flush=True)
            found.append({"export": name, "batching": batching, **json.loads(as_json(outcome))})
            if arguments.pictures:
                draw(outcome, arguments.pictures / f"{name}-batching-{batching}.png")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
