"""What does an export in fewer bits cost on a real task?

    python benchmarks/number_types.py runs/tydiqa/best --data tydiqa.goldp.en.dev.json tydiqa.goldp.fi.dev.json

Exports a question-answering model in float32, bfloat16 and int8, asks each SavedModel every question of the files,
string in, answer out, and prints F1 and exact match by language, the size of the weights, and the seconds that all
questions took (batches of 16, in file order, best of the rounds; the types take turns).
"""

import argparse
import tempfile
import time
from pathlib import Path

import tensorflow as tf

from rembert_tf.serving import export_saved_model
from rembert_tf.serving.precision import DTYPES
from rembert_tf.tasks.catalogue import get_task
from rembert_tf.tasks.start import load_task_model

BATCH_SIZE = 16


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="directory of a question-answering model")
    parser.add_argument("--data", nargs="+", type=Path, required=True, help="files in SQuAD's format")
    parser.add_argument("--max-length", type=int, default=384)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def weight_bytes(version_directory):
    return sum(file.stat().st_size for file in (version_directory / "variables").iterdir())


def answers(signature, examples):
    """Returns the texts of all answers, a batch at a time."""
    found = []
    for start in range(0, len(examples), BATCH_SIZE):
        batch = examples[start : start + BATCH_SIZE]
        questions, contexts = [each.text for each in batch], [each.context for each in batch]
        texts = signature(question=tf.constant(questions), context=tf.constant(contexts))["answer"].numpy()
        found += [text.decode() for text in texts]
    return found


def main():
    arguments = parse_arguments()
    task = get_task("tydiqa")
    examples = {task.language(path): task.read([path]) for path in arguments.data}
    model, tokenizer = load_task_model(arguments.model, task.architecture)
    loaded, sizes, seconds, scores = {}, {}, dict.fromkeys(DTYPES, float("inf")), {}
    with tempfile.TemporaryDirectory() as folder:
        for dtype in DTYPES:
            path = export_saved_model(
                model, tokenizer, Path(folder) / dtype, max_length=arguments.max_length, dtype=dtype, warmup=False
            )
            sizes[dtype], loaded[dtype] = weight_bytes(path), tf.saved_model.load(str(path)).signatures
        for _ in range(arguments.rounds):
            for dtype in DTYPES:
                start = time.perf_counter()
                found = {code: answers(loaded[dtype]["serving_default"], list(rows)) for code, rows in examples.items()}
                seconds[dtype] = min(seconds[dtype], time.perf_counter() - start)
                scores[dtype] = {code: task.score(rows, found[code]) for code, rows in examples.items()}
    print(f"| type | MB | s | {' | '.join(f'{code} F1 / EM' for code in examples)} |")
    print("|---|" + "---|" * (len(examples) + 2))
    for dtype in DTYPES:
        cells = [f"{100 * each['f1']:.1f} / {100 * each['exact_match']:.1f}" for each in scores[dtype].values()]
        print(f"| {dtype} | {sizes[dtype] / 1e6:.0f} | {seconds[dtype]:.1f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
