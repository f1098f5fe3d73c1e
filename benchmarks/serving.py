"""How many requests a second does `rembert serve` answer, and how long do they take?

    python benchmarks/serving.py
    python benchmarks/serving.py --peer-python other-environment/bin/python --json serving.json
    python benchmarks/serving.py --requests 40 --repeats 1 --sizes small --concurrency 1 8

A sequence classifier with random weights, a small one (2 layers of width 128) and a middle one (6 layers of width
384), is exported and served with batching off and on; with `--peer-python`, an interpreter with torch, transformers
and aiohttp, the same model directory also by transformers' pipeline behind an aiohttp server, with and without a
batch of its own (`pipeline_server.py`). One sentence a request, over REST with keep-alive; at a concurrency of 8,
eight clients each send their next request when the last one is answered. The servers take turns in every repeat;
the table holds medians over the repeats of requests a second and of the milliseconds that half and 99 % of the
requests took. The clients run on the same machine, in one process. Compare numbers of one run only.
"""

import argparse
import asyncio
import contextlib
import json
import lzma
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from rembert_tf import RemBertConfig

ROOT = Path(__file__).resolve().parent.parent
VOCABULARY = ROOT / "tests/fixtures/tokenizer/models/ctrl_16k/sentencepiece.model"
SHARED_TEXTS = ROOT.parent / "shared/data/text/raw_text_packages.tsv.xz"
LABELS = ("culture", "economy", "science", "sport")
MAX_LENGTH = 128
BATCHING = 32
SIZES = {
    "small": {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 512},
    "middle": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 6, "intermediate_size": 1536},
}
PARAMETERS = f"max_batch_size {{ value: {BATCHING} }}\nmax_enqueued_batches {{ value: 100 }}\n"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--concurrency", nargs="+", type=int, default=[1, 8, 32])
    parser.add_argument("--requests", type=int, default=400, help="in each measurement, after a tenth to warm up")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--texts", type=Path, help="file with a text a line")
    parser.add_argument("--peer-python", help="interpreter of an environment with torch, transformers and aiohttp")
    parser.add_argument("--json", type=Path, help="file for all numbers")
    return parser.parse_args()


def load_texts(path):
    """Returns short texts, and where they come from: a file's lines, or a mixture of many languages."""
    if path or not SHARED_TEXTS.is_file():
        path = path or ROOT / "README.md"
        texts = path.read_text("utf-8").splitlines()
    else:
        path = SHARED_TEXTS
        with lzma.open(path, "rt", encoding="utf-8") as file:
            texts = [line.rstrip("\n").split("\t", 1)[1] for line in file]
    texts = [text[:200] for text in texts if text.strip()]
    random.Random(0).shuffle(texts)
    return texts[:2000], path.name


def write_model(folder, size):
    """Writes a model directory and its export; returns their paths."""
    import keras

    from rembert_tf import RemBertForSequenceClassification, RemBertTokenizerFast
    from rembert_tf.serving import export_saved_model

    keras.utils.set_random_seed(0)
    tokenizer = RemBertTokenizerFast.from_pretrained(VOCABULARY)
    model = RemBertForSequenceClassification(
        RemBertConfig(
            vocab_size=len(tokenizer),
            input_embedding_size=64,
            output_embedding_size=64,
            max_position_embeddings=MAX_LENGTH,
            initializer_range=0.2,  # so that labels differ between texts
            id2label=dict(enumerate(LABELS)),
            **SIZES[size],
        )
    )
    model.save_pretrained(folder / size)
    tokenizer.save_pretrained(folder / size)
    export_saved_model(model, tokenizer, folder / f"{size}-export", max_length=MAX_LENGTH)
    return folder / size, folder / f"{size}-export"


def commands(directory, export, folder, peer_python):
    """Server name -> the command that starts it."""
    parameters = folder / "batching.txt"
    parameters.write_text(PARAMETERS)
    serve = [
        sys.executable,
        "-m",
        "rembert_tf.cli.main",
        "serve",
        export,
        "--rest-port",
        "0",
        "--grpc-port",
        "0",
        "--json",
    ]
    batching = ["--enable-batching", "--batching-parameters-file", parameters]
    servers = {"rembert serve": serve, "rembert serve, batching": [*serve, *batching]}
    if peer_python:
        peer = [peer_python, "-P", ROOT / "benchmarks/pipeline_server.py", directory, "--max-length", str(MAX_LENGTH)]
        servers |= {"pipeline": peer, "pipeline, batching": [*peer, "--batching", str(BATCHING)]}
    return servers


@contextlib.contextmanager
def running(command):
    """Runs a server; gives its port."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.wait()}")
        yield json.loads(line)["rest_port"]
    finally:
        process.terminate()
        process.wait()


async def ask(session, port, text):
    url = f"http://127.0.0.1:{port}/v1/models/model:predict"
    async with session.post(url, json={"instances": [text]}) as response:
        answer = await response.json(content_type=None)
        if response.status != 200:
            raise RuntimeError(f"status {response.status}: {answer}")
        return answer["predictions"][0]["label"]


async def load(port, texts, concurrency, count):
    """Sends requests; returns those a second, and the seconds of each."""
    seconds, remaining = [], iter(range(count))

    async def client(session):
        for number in remaining:
            begin = time.perf_counter()
            await ask(session, port, texts[number % len(texts)])
            seconds.append(time.perf_counter() - begin)

    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(600)) as session:
        begin = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(concurrency)))
        return count / (time.perf_counter() - begin), seconds


async def labels_of(port, texts):
    async with aiohttp.ClientSession() as session:
        return [await ask(session, port, text) for text in texts]


def measure(ports, texts, arguments):
    """Lets the servers take turns; returns rows of medians."""
    found = {}
    for repeat in range(arguments.repeats):
        for concurrency in arguments.concurrency:
            for name, port in ports.items():
                chosen = texts[:]
                random.Random(repeat).shuffle(chosen)
                asyncio.run(load(port, chosen, concurrency, max(concurrency, arguments.requests // 10)))
                rate, seconds = asyncio.run(load(port, chosen, concurrency, arguments.requests))
                cuts = statistics.quantiles(seconds, n=100, method="inclusive")
                found.setdefault((name, concurrency), []).append((rate, 1000 * cuts[49], 1000 * cuts[98]))
    for (name, concurrency), rows in found.items():
        rate, half, most = (statistics.median(column) for column in zip(*rows, strict=True))
        yield {"server": name, "concurrency": concurrency, "requests_s": rate, "p50_ms": half, "p99_ms": most}


def print_table(rows, levels):
    print("| model | server | " + " | ".join(f"{level} at a time: requests/s, p50, p99 ms" for level in levels) + " |")
    print("|---|---|" + "---|" * len(levels))
    for size, server in dict.fromkeys((row["size"], row["server"]) for row in rows):
        cells = {
            row["concurrency"]: f"{row['requests_s']:.0f}, {row['p50_ms']:.1f}, {row['p99_ms']:.1f}"
            for row in rows
            if (row["size"], row["server"]) == (size, server)
        }
        print(f"| {size} | {server} | " + " | ".join(cells[level] for level in levels) + " |")


def main():
    arguments = parse_arguments()
    texts, source = load_texts(arguments.texts)
    print(f"{os.cpu_count()} CPUs, Python {platform.python_version()}; {len(texts)} texts of {source}\n", flush=True)
    rows, agreements = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for size in arguments.sizes:
            directory, export = write_model(Path(folder), size)
            with contextlib.ExitStack() as stack:
                starting = commands(directory, export, Path(folder), arguments.peer_python)
                ports = {name: stack.enter_context(running(command)) for name, command in starting.items()}
                labels = {name: asyncio.run(labels_of(port, texts[:50])) for name, port in ports.items()}
                first = next(iter(labels.values()))
                for name, found in labels.items():
                    agreements[f"{size}, {name}"] = sum(map(str.__eq__, first, found)) / len(first)
                rows += [{"size": size, **row} for row in measure(ports, texts, arguments)]
    print_table(rows, arguments.concurrency)
    print(
        "\nsame labels as the first server: " + "; ".join(f"{name} {share:.0%}" for name, share in agreements.items())
    )
    if arguments.json:
        content = {"cpus": os.cpu_count(), "texts": source, "requests": arguments.requests, "same_labels": agreements}
        arguments.json.write_text(json.dumps({**content, "repeats": arguments.repeats, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
