"""How many texts a second do our tokenizers, the sentencepiece package and Hugging Face's cut into ids?

    python benchmarks/tokenizers.py
    python benchmarks/tokenizers.py --texts my.txt --sentencepiece model/sentencepiece.model --repeats 9
    python benchmarks/tokenizers.py --hf-python other-environment/bin/python

Every engine runs with 1 and with 2 threads, each in a process of its own, since TensorFlow and `tokenizers`
fix their threads at the start. The processes take turns, so that a busy machine slows all of them alike. The
table holds medians over the repeats, and the processor time of a text, which suffers least from others.
It takes about a minute; compare numbers of one run only.
All encode the same texts in batches and give rows with [CLS] and [SEP] (the sentencepiece package:
without), not padded:

- `RemBertTokenizerFast` in a `tf.function`, and in a `tf.data` pipeline; `RemBertTokenizer` on lists;
- `tokenizers`, with the tokenizer.json that `save_pretrained` writes, and with the plainer one that
  transformers 4.57 writes (whose ids differ for some texts); rows as lists, without offsets where the
  installed version can leave them out.
"""

import argparse
import importlib.util
import json
import lzma
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "tests/fixtures/tokenizer/models/ctrl_16k/sentencepiece.model"
SHARED_TEXTS = ROOT.parent / "shared/data/text/raw_text_packages.tsv.xz"
HUGGING_FACE = ("tokenizers", "tokenizers, plain file")
THREADS = (1, 2)


def load_texts(path, count):
    """Returns texts, and where they come from: a file's lines, or a mixture of many languages."""
    if path:
        texts, source = Path(path).read_text("utf-8").splitlines(), str(path)
    elif SHARED_TEXTS.is_file():
        with lzma.open(SHARED_TEXTS, "rt", encoding="utf-8") as file:
            texts = [line.rstrip("\n").split("\t", 1)[1] for line in file]
        source = SHARED_TEXTS.name
    else:
        from rembert_tf.demo.catalogues import read_catalogues

        texts, source = [text.text for text in read_catalogues()[0]], "the demo's message catalogues"
    random.Random(0).shuffle(texts)
    return [text for text in texts if text.strip()][:count], source


def write_job(folder, model, texts, batch):
    """Writes what the processes read: the texts, a directory of ours, and the plainer tokenizer.json."""
    from rembert_tf.tokenization.tokenizer_base import TokenizerBase

    tokenizer = TokenizerBase.from_pretrained(model)
    tokenizer.save_pretrained(folder)
    file = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    steps = file["normalizer"]["normalizers"]
    spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    file["normalizer"]["normalizers"] = [spaces, *(step for step in steps if step["type"] == "Precompiled")]
    file["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    (folder / "plain.json").write_text(json.dumps(file), "utf-8")
    (folder / "texts.json").write_text(json.dumps({"texts": texts, "batch": batch}), "utf-8")
    return tokenizer


def in_batches(texts, batch):
    return (texts[start : start + batch] for start in range(0, len(texts), batch))


# In the processes: a function that encodes everything once and returns the number of pieces.


def fast_tokenizer(folder, texts, batch, threads):
    tf, tokenizer = load_fast_tokenizer(folder, threads)
    encode = tf.function(tokenizer, input_signature=[tf.TensorSpec([None], tf.string)])
    batches = [tf.constant(rows) for rows in in_batches(texts, batch)]
    return lambda: sum(int(encode(rows)["input_ids"].row_splits[-1]) for rows in batches)


def fast_tokenizer_in_pipeline(folder, texts, batch, threads):
    tf, tokenizer = load_fast_tokenizer(folder, threads)
    options = tf.data.Options()
    options.threading.private_threadpool_size = threads
    batches = tf.data.Dataset.from_tensor_slices(texts).batch(batch).repeat().with_options(options)
    # One iterator for all rounds: starting one takes a tenth of a second, whatever it goes through.
    encoded = iter(batches.map(lambda rows: tokenizer(rows), num_parallel_calls=threads))
    rounds = range(-(-len(texts) // batch))
    return lambda: sum(int(next(encoded)["input_ids"].row_splits[-1]) for _ in rounds)


def load_fast_tokenizer(folder, threads):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    from rembert_tf import RemBertTokenizerFast

    return tf, RemBertTokenizerFast.from_pretrained(folder)


def python_tokenizer(folder, texts, batch, threads):
    from rembert_tf import RemBertTokenizer

    tokenizer = RemBertTokenizer.from_pretrained(folder)
    return lambda: sum(sum(map(len, tokenizer(rows)["input_ids"])) for rows in in_batches(texts, batch))


def sentencepiece_alone(folder, texts, batch, threads):
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.model"))
    return lambda: sum(sum(map(len, processor.encode(rows, num_threads=threads))) for rows in in_batches(texts, batch))


def hugging_face(file):
    def prepare(folder, texts, batch, threads):
        import tokenizers

        tokenizer = tokenizers.Tokenizer.from_file(str(folder / file))
        encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)
        return lambda: sum(sum(len(row.ids) for row in encode(rows)) for rows in in_batches(texts, batch))

    return prepare


PREPARE = {
    "RemBertTokenizerFast": fast_tokenizer,
    "- in tf.data": fast_tokenizer_in_pipeline,
    "RemBertTokenizer": python_tokenizer,
    "sentencepiece": sentencepiece_alone,
    "tokenizers": hugging_face("tokenizer.json"),
    "tokenizers, plain file": hugging_face("plain.json"),
}


def work(engine, threads, folder):
    """Encodes everything once for every line on standard input; prints seconds and pieces."""
    job = json.loads((folder / "texts.json").read_text("utf-8"))
    encode_all = PREPARE[engine](folder, job["texts"], job["batch"], threads)
    encode_all()
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter(), time.process_time()
        pieces = encode_all()
        print(json.dumps([time.perf_counter() - begin[0], time.process_time() - begin[1], pieces]), flush=True)


class Worker:
    """A process that has prepared one engine and waits."""

    def __init__(self, python, engine, threads, folder):
        settings = {
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
            "RAYON_NUM_THREADS": str(threads),
            "TOKENIZERS_PARALLELISM": "true" if threads > 1 else "false",
        }
        self.engine, self.threads, self.seconds, self.busy, self.pieces = engine, threads, [], [], None
        # -P: this file's own name must not hide the package `tokenizers`.
        command = [python, "-P", __file__, "--worker", engine, "--threads", str(threads), "--folder", str(folder)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env={**os.environ, **settings}, cwd=ROOT, **pipes)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{engine} failed:\n{self.process.stderr.read()[-2000:]}")

    def run(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        seconds, busy, self.pieces = json.loads(self.process.stdout.readline())
        self.seconds.append(seconds)
        self.busy.append(busy)


def measure(folder, hf_python, repeats):
    """Returns the workers after `repeats` rounds in which each of them encoded everything once."""
    workers = []
    try:
        for threads in THREADS:
            for engine in PREPARE:
                python = hf_python if engine in HUGGING_FACE else sys.executable
                if python:
                    workers.append(Worker(python, engine, threads, folder))
        for _ in range(repeats):
            for worker in workers:
                worker.run()
    finally:
        for worker in workers:
            worker.process.communicate()
    return workers


def print_table(workers, count):
    """Prints each engine's speed, and how it compares with the fastest `tokenizers` of as many threads."""
    rate = {(worker.engine, worker.threads): count / statistics.median(worker.seconds) for worker in workers}
    busy = {(worker.engine, worker.threads): statistics.median(worker.busy) / count * 1e6 for worker in workers}
    print(f"{'engine':<24}{'threads':>8}{'texts/s':>10}{'x':>7}{'CPU us/text':>13}{'x':>7}{'pieces':>10}")
    for worker in workers:
        key = worker.engine, worker.threads
        theirs = [(engine, worker.threads) for engine in HUGGING_FACE if (engine, worker.threads) in rate]
        by_rate = f"{rate[key] / max(rate[other] for other in theirs):.2f}" if theirs else "-"
        by_busy = f"{min(busy[other] for other in theirs) / busy[key]:.2f}" if theirs else "-"
        numbers = f"{rate[key]:>10,.0f}{by_rate:>7}{busy[key]:>13.1f}{by_busy:>7}{worker.pieces:>10,}"
        print(f"{worker.engine:<24}{worker.threads:>8}{numbers}")
    print("\nx: times as fast as the faster of the two `tokenizers` rows with as many threads.")


def versions(python, packages):
    code = f"import importlib.metadata as m; print(', '.join(p + ' ' + m.version(p) for p in {packages!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", metavar="FILE", help="a text a line (default: a mixture of many languages)")
    parser.add_argument("--sentencepiece", type=Path, default=MODEL, metavar="FILE", help="default: a test vocabulary")
    parser.add_argument("--count", type=int, default=4000, help="texts (default: 4000)")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--hf-python", metavar="PYTHON", help="an interpreter that has `tokenizers`")
    for name, kind in (("--worker", str), ("--threads", int), ("--folder", Path)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if arguments.worker:
        return work(arguments.worker, arguments.threads, arguments.folder)
    hf_python = arguments.hf_python or (sys.executable if importlib.util.find_spec("tokenizers") else None)
    texts, source = load_texts(arguments.texts, arguments.count)
    with tempfile.TemporaryDirectory() as folder:
        size = len(write_job(Path(folder), arguments.sentencepiece, texts, arguments.batch))
        workers = measure(Path(folder), hf_python, arguments.repeats)
    print(versions(sys.executable, ["tensorflow", "tensorflow-text", "sentencepiece"]))
    print(versions(hf_python, ["tokenizers"]) if hf_python else "without Hugging Face's: pip install tokenizers")
    length = sum(map(len, texts)) / len(texts)
    print(f"{len(texts)} texts of {length:.0f} characters from {source}; {size} pieces; {os.cpu_count()} CPUs\n")
    print_table(workers, len(texts))


if __name__ == "__main__":
    # The folder of this file would otherwise offer it as the package `tokenizers`.
    sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent)]
    main()
