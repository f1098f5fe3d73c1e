"""How long does training wait for its data?

    python benchmarks/input_pipeline.py --sentencepiece sentencepiece.model

For three kinds of tasks a step's time is split into waiting for `tf.data` and computing, with a model of 4 layers of
width 384. "alone" is what the pipeline takes for a batch when nothing else runs, its start left out: a step on a
faster device must not be shorter. Texts are random words of the vocabulary, in the tasks' own files.
"""

import argparse
import dataclasses
import json
import random
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from rembert_tf import RemBertConfig, RemBertTokenizerFast
from rembert_tf.tasks.catalogue import get_task
from rembert_tf.tasks.start import from_nothing
from rembert_tf.tasks.tagging.schemes import UPOS
from rembert_tf.training.optimizer import make_optimizer

CONFIG = RemBertConfig(
    hidden_size=384,
    num_hidden_layers=4,
    num_attention_heads=6,
    intermediate_size=1536,
    input_embedding_size=128,
    output_embedding_size=128,
)
TARGET = 0.05  # largest share of a step that may be waiting


@dataclasses.dataclass(frozen=True)
class Row:
    """What was measured of a task, in seconds of a step; `first` is until the first batch is there."""

    task: str
    batch: str
    first: float
    step: float
    waiting: float
    alone: float


def main():
    arguments = parse_arguments()
    words = [
        piece[1:]
        for piece in RemBertTokenizerFast.from_pretrained(arguments.sentencepiece).get_vocab()
        if piece.startswith("▁") and len(piece) > 1
    ]
    print(f"{'task':<8}{'batch':>10}{'step':>11}{'waiting':>11}{'share':>9}{'alone':>11}{'first batch':>14}")
    with tempfile.TemporaryDirectory() as folder:
        for name, write in WRITERS.items():
            path = write(Path(folder), random.Random(0), words)
            row = measure(name, path, arguments)
            share = row.waiting / row.step
            print(
                f"{row.task:<8}{row.batch:>10}{1000 * row.step:>8.1f} ms{1000 * row.waiting:>8.2f} ms{share:>9.2%}"
                f"{1000 * row.alone:>8.2f} ms{row.first:>12.2f} s" + ("" if share < TARGET else "  above the target"),
                flush=True,
            )


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentencepiece", required=True, help="vocabulary")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=30, help="that are measured, after three that are not")
    return parser.parse_args()


def measure(name, path, arguments):
    """Returns a Row: the pipeline alone first, then with a model."""
    task = get_task(name)
    length = min(task.recipe.max_length, CONFIG.max_position_embeddings)
    examples = task.read([path])
    keras.utils.set_random_seed(0)
    start = from_nothing(CONFIG, arguments.sentencepiece)
    model, tokenizer = start(task.architecture, task.config_fields(examples))
    model.compile(optimizer=make_optimizer(1e-4, 1000, 0.1, 0.01, 1.0))

    begin = time.perf_counter()
    batches = task.batches(tokenizer, examples, arguments.batch_size, length)
    epochs = 1 + 2 * (arguments.steps + 3) // batches.steps_per_epoch
    dataset = batches.training_dataset(epochs, seed=0)
    iterator = iter(dataset)
    inputs, _ = next(iterator)
    first = time.perf_counter() - begin

    for _ in range(10):  # what was prepared while the first one was waited for
        next(iterator)
    times = [timed(lambda: next(iterator))[0] for _ in range(arguments.steps)]
    alone = float(np.mean(times))
    waiting, step = train(model, iter(dataset), arguments.steps)
    return Row(name, "x".join(map(str, inputs["input_ids"].shape)), first, step, waiting, alone)


def train(model, iterator, steps):
    """Returns mean seconds of waiting for a batch, and of a whole step, over the steps after the first three."""
    waits, totals = [], []
    for _ in range(steps + 3):
        waiting, (inputs, labels) = timed(lambda: next(iterator))
        computing, _ = timed(lambda inputs=inputs, labels=labels: model.train_on_batch(inputs, labels))
        waits.append(waiting)
        totals.append(waiting + computing)
    return float(np.mean(waits[3:])), float(np.mean(totals[3:]))


def timed(work):
    """Returns (seconds, result) of a function without arguments."""
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def text_of(draw, words, shortest, longest):
    return " ".join(draw.choices(words, k=draw.randint(shortest, longest)))


def write_csv(folder, draw, words):
    """2,000 texts of 10 to 80 words with one of three labels."""
    rows = [f"{text_of(draw, words, 10, 80)}\tlabel {draw.randrange(3)}" for _ in range(2000)]
    return write(folder / "train.tsv", "\n".join(["text\tlabel", *rows]) + "\n")


def write_udpos(folder, draw, words):
    """2,000 sentences of 5 to 50 words with their tags."""
    sentences = [
        "".join(f"{word}\t{draw.choice(UPOS)}\n" for word in draw.choices(words, k=draw.randint(5, 50)))
        for _ in range(2000)
    ]
    return write(folder / "train-en.tsv", "\n".join(sentences))


def write_xquad(folder, draw, words):
    """100 contexts of 80 to 300 words, 5 questions each, the answer two words of the context."""
    paragraphs = []
    for number in range(100):
        context = text_of(draw, words, 80, 300)
        starts = [0, *(place + 1 for place, letter in enumerate(context) if letter == " ")]
        questions = []
        for question in range(5):
            start = draw.choice(starts[:-2])
            answer = " ".join(context[start:].split(" ")[:2])
            entry = {"id": f"{number}-{question}", "question": text_of(draw, words, 6, 15)}
            questions.append({**entry, "answers": [{"text": answer, "answer_start": start}]})
        paragraphs.append({"context": context, "qas": questions})
    return write(folder / "train.en.json", json.dumps({"data": [{"title": "", "paragraphs": paragraphs}]}))


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


WRITERS = {"csv": write_csv, "udpos": write_udpos, "xquad": write_xquad}

if __name__ == "__main__":
    main()
