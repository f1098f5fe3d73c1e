"""Is every row answered once, whatever is killed meanwhile, and how many rows a second is that?

    python benchmarks/predict_batch.py --data ../shared/data/text/raw_text_packages.tsv.xz \\
        --sentencepiece ../shared/data/text/sp16k_demo.model

Writes the lines of DATA (language, tab, text), again and again with a running number, as text, JSON lines (plain and
.gz), Parquet and TFRecord, some of them broken; exports a classifier of the demo's size with random weights; runs
`rembert predict-batch`, kills all its processes at random moments, and types the same command again. At the end each
row must be answered or rejected, once, with its own text, and the answers to a sample must be those of a direct call
of the SavedModel. Prints what was found as JSON.

With --workers 2 the rows are answered by processes of Beam, and each kill takes one of them alone.
"""

import argparse
import collections
import gzip
import json
import lzma
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the SentencePiece operations

from rembert_tf import RemBertForSequenceClassification, RemBertTokenizerFast
from rembert_tf.demo.recipe import MAX_LENGTH, make_recipe
from rembert_tf.serving import export_saved_model

BROKEN_EVERY = 1000  # rows of text and JSON
TOLERANCE = 1e-5


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="lines of language, tab, text, as .xz")
    parser.add_argument("--sentencepiece", required=True)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--part-rows", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--workers", type=int, default=0, help="processes of Beam; 0: the command does all itself")
    parser.add_argument("--sample", type=int, default=20_000, help="rows that are compared with a direct call")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def write_rows(folder, data, count):
    """Writes five files; returns ({(file, row): (number or None, text)} of good rows, (file, row) of bad ones)."""
    with lzma.open(data, "rt", encoding="utf-8") as file:
        lines = [line.split("\t", 1)[1].strip() for line in file]
    texts = [f"{lines[number % len(lines)]} {number}" for number in range(count)]
    names = ("a.txt", "b.jsonl", "c.jsonl.gz", "d.parquet", "e.tfrecord")
    good, bad = {}, set()
    for place, name in enumerate(names):
        numbers = range(place, count, len(names))
        path, broken = str(folder / name), set(numbers[::BROKEN_EVERY]) if place < 3 else set()
        for row, number in enumerate(numbers, start=1):
            if number in broken:
                bad.add((path, row))
            else:
                good[path, row] = (number if place else None), texts[number]
        _WRITERS[place](path, [(number, texts[number], number in broken) for number in numbers])
    return good, bad


def _write_text(path, rows):
    with open(path, "wb") as file:
        file.writelines((b"\xff\xfe" if broken else text.encode()) + b"\n" for _, text, broken in rows)


def _write_json(path, rows):
    with (gzip.open if path.endswith(".gz") else open)(path, "wt", encoding="utf-8") as file:
        for number, text, broken in rows:
            file.write('{"text": \n' if broken else json.dumps({"number": number, "text": text}) + "\n")


def _write_parquet(path, rows):
    table = pyarrow.table({"number": [row[0] for row in rows], "text": [row[1] for row in rows]})
    pyarrow.parquet.write_table(table, path, row_group_size=10_000)


def _write_records(path, rows):
    with tf.io.TFRecordWriter(path) as writer:
        for number, text, _ in rows:
            example = tf.train.Example()
            example.features.feature["number"].int64_list.value.append(number)
            example.features.feature["text"].bytes_list.value.append(text.encode())
            writer.write(example.SerializeToString())


_WRITERS = (_write_text, _write_json, _write_json, _write_parquet, _write_records)


def write_model(folder, sentencepiece):
    """Exports a classifier of the demo's size with random weights; returns the version's directory."""
    tokenizer = RemBertTokenizerFast.from_pretrained(sentencepiece)
    config = make_recipe().config.replace(vocab_size=len(tokenizer), num_labels=6)
    model = RemBertForSequenceClassification(config)
    return export_saved_model(model, tokenizer, folder / "model", max_length=MAX_LENGTH, warmup=False, check=False)


def run_killed(command, folder, kills, workers, draw):
    """Runs a command, again after each kill; returns (its summary, seconds of all runs, records at each kill)."""
    records = folder / "answers" / "rows.in-progress"
    parts, begin, killed, process = 0, time.monotonic(), [], None
    while True:
        if process is None:
            with open(folder / "log", "wb") as log:
                process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        wanted = parts + draw.randrange(2, 6) if len(killed) < kills else None
        while process.poll() is None and (wanted is None or parts < wanted):
            time.sleep(0.05)
            parts = len(list(records.glob("part-*.json"))) if records.is_dir() else parts
        if process.poll() is not None:
            summary, _ = process.communicate()
            assert process.returncode == 0, (folder / "log").read_text(errors="replace")[-2000:]
            return json.loads(summary), time.monotonic() - begin, killed
        time.sleep(draw.random() * 2)  # anywhere within a part
        if workers:
            while not (running := beam_workers(process.pid)) and process.poll() is None:
                time.sleep(0.05)  # they are about to begin
            if running:
                os.kill(draw.choice(running), signal.SIGKILL)
        else:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            process = None
        killed.append(parts)


def beam_workers(pid):
    """Returns the ids of the processes below one that are workers of Beam."""
    below, found = {pid}, []
    rows = subprocess.run(["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout.splitlines()[1:]
    for _ in range(4):  # the command, the one that runs the pipeline, a shell, a worker
        for row in rows:
            child, parent, words = row.split(None, 2)
            if int(parent) in below and int(child) not in below:
                below.add(int(child))
                if "sdk_worker_main" in words and "/bin/sh" not in words:
                    found.append(int(child))
    return found


def check(folder, good, bad):
    """Asserts that each row is there once, as it was; returns {(file, row): output}."""
    answers = {}
    for path in sorted((folder / "answers").glob("rows-*.jsonl")):
        for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
            answer = json.loads(line)
            key = answer["file"], answer["row"]
            assert key not in answers, f"{key} is answered twice"
            number, text = good[key]
            assert answer["input"]["text"] == text and answer["input"]["number"] == number, key
            answers[key] = answer["output"]
    rejected = collections.Counter()
    for line in (folder / "answers" / "rows.rejected.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rejected[row["file"], row["row"]] += 1
    assert answers.keys() == good.keys(), f"{len(good.keys() - answers.keys())} rows have no answer"
    assert rejected == dict.fromkeys(bad, 1), "other rows are rejected than were broken"
    left = [path.name for path in (folder / "answers").iterdir() if "partial" in path.name or path.is_dir()]
    assert not left, f"{left} are left"
    return answers


def compare(answers, good, model, sample, draw):
    """Asserts that answers are those of a direct call; returns the largest difference of a probability."""
    signature = tf.saved_model.load(str(model)).signatures["serving_default"]
    keys, worst = draw.sample(sorted(answers), min(sample, len(answers))), 0.0
    for begin in range(0, len(keys), 64):
        batch = keys[begin : begin + 64]
        direct = signature(text=tf.constant([good[key][1] for key in batch]))
        mine = np.array([answers[key]["probabilities"] for key in batch])
        worst = max(worst, float(np.abs(direct["probabilities"].numpy() - mine).max()))
        assert [answers[key]["label"].encode() for key in batch] == direct["label"].numpy().tolist()
    assert worst < TOLERANCE, f"probabilities differ by {worst}"
    return worst


def main():
    arguments = parse_arguments()
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "rows").mkdir()
        good, bad = write_rows(folder / "rows", arguments.data, arguments.rows)
        model = write_model(folder, arguments.sentencepiece)
        command = [sys.executable, "-m", "rembert_tf.cli.main", "predict-batch", str(model)]
        command += ["--input", str(folder / "rows" / "*"), "--output", str(folder / "answers" / "rows"), "--json"]
        command += ["--keep", "number", "--part-rows", str(arguments.part_rows)]
        if arguments.workers:
            command += ["--runner", "DirectRunner", "--direct_running_mode", "multi_processing"]
            command += ["--direct_num_workers", str(arguments.workers)]
        summary, seconds, killed = run_killed(command, folder, arguments.kills, arguments.workers, draw)
        answers = check(folder, good, bad)
        worst = compare(answers, good, model, arguments.sample, draw)
    found = {"rows": len(good) + len(bad), "answered": len(answers), "rejected": len(bad), "lost": 0, "doubled": 0}
    found |= {"kills": len(killed), "parts_done_at_each_kill": killed, "seconds": round(seconds, 1)}
    found |= {"rows_per_second_of_the_last_run": summary["rows_per_second"], "worst_difference": worst}
    assert (summary["rows"], summary["answered"], summary["rejected"]) == (
        found["rows"],
        found["answered"],
        found["rejected"],
    )
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
