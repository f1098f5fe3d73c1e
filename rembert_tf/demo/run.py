"""The demo from the first file to the last answer; each step is one function."""

import contextlib
import json
import time
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec

from rembert_tf.demo import report
from rembert_tf.demo.baseline import fit_ngram_baseline
from rembert_tf.demo.comparison import compare, language_rows
from rembert_tf.demo.corpus import build_corpus, read_examples
from rembert_tf.demo.folder import DemoFolder
from rembert_tf.demo.leakage import check_no_leakage
from rembert_tf.demo.live_query import ask_server
from rembert_tf.demo.live_sentences import LIVE_SENTENCES
from rembert_tf.demo.next_commands import next_commands
from rembert_tf.demo.resources import resources_used
from rembert_tf.demo.server_process import ServerProcess
from rembert_tf.demo.sources import LABELS
from rembert_tf.errors import MissingExtraError

PACKAGES = ("django", "allauth", "sphinx", "babel", "sklearn", "grpc", "tensorflow_serving")


@contextlib.contextmanager
def no_progress(description):
    """Shows nothing; the form of a progress bar."""
    yield lambda done, total, note="": None


@dataclass
class Demo:
    """One run: its folder, its ways to talk, and the figures that end in `metrics.json`."""

    folder: DemoFolder
    quick: bool
    seed: int
    tell: object
    progress: object
    figures: dict = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def step(self, title):
        """Prints a step's title with the time since the start."""
        self.tell(f"\n{title}  [{time.monotonic() - self.started:.0f} s]")

    def show(self, lines):
        """Prints lines."""
        for line in lines:
            self.tell(line)


def run_demo(output, quick=False, seed=0, tell=print, progress=no_progress):
    """Trains a small RemBERT on real text, measures it, serves it and asks it.

    Args:
        output: the run folder: new, empty, or with an earlier demo, which is replaced.
        quick: one pass over the texts, for a first look; the figures are lower.
        seed: of the corpus' split, the weights, dropout and order; the same one gives the same figures.
        tell: called with each line of the results.
        progress: a context manager that takes what is being done and yields `report(done, total, note)`.

    Returns:
        The content of `metrics.json`.

    Raises:
        MissingExtraError: a package of the `demo` or `serving` extra is not installed.
        InputError: the folder holds something else.
    """
    if any(find_spec(package) is None for package in PACKAGES):
        raise MissingExtraError("The demo", "demo,serving")
    folder = DemoFolder(output, quick=quick, seed=seed)
    demo = Demo(folder, quick, seed, tell, progress, {"quick": quick, "seed": seed})
    make_corpus(demo)
    train(demo)
    evaluate(demo)
    export(demo)
    serve_and_ask(demo)
    finish(demo)
    return demo.figures


def make_corpus(demo):
    """Writes the corpus and checks it for leaks."""
    demo.step("1  Real text, in many languages")
    summary = build_corpus(demo.folder.corpus, demo.seed)
    compared = check_no_leakage(demo.folder.corpus)
    demo.figures |= {"corpus": asdict(summary), "leak_check": compared}
    demo.show(report.corpus_lines(summary, compared))


def train(demo):
    """Trains the vocabulary and, from nothing, the classifier."""
    from rembert_tf.demo.recipe import make_recipe
    from rembert_tf.tasks.csv_task import CsvTask
    from rembert_tf.tasks.finetune_task import finetune_task
    from rembert_tf.tasks.start import from_nothing
    from rembert_tf.tokenization.train_vocabulary import train_vocabulary_files

    demo.step("2  A vocabulary and a classifier, trained from nothing")
    recipe, folder = make_recipe(demo.quick, demo.seed), demo.folder
    files = {split: str(folder.corpus / f"{split}.csv") for split in ("train", "dev")}
    size, texts = train_vocabulary_files(
        [files["train"]], folder.vocabulary, recipe.config.vocab_size, language_column="language", seed=demo.seed
    )
    steps = recipe.settings.total_steps(-(-texts // recipe.settings.batch_size))
    demo.show(report.model_lines(recipe.config, size, texts, steps))
    start = from_nothing(recipe.config, folder.vocabulary)
    with demo.progress("training") as bar:
        best = finetune_task(
            CsvTask(), start, [files["train"]], [files["dev"]], folder.training, recipe.settings, report=bar
        )
    demo.figures |= {"config": recipe.config.to_dict(), "settings": asdict(recipe.settings), "dev": best}
    demo.tell(f"  On dev.csv after epoch {best['epoch']}: accuracy {best['accuracy']:.1%}")


def evaluate(demo):
    """Measures the model, the baseline and the most frequent class on the test."""
    from rembert_tf.training.pictures import draw_confusion_matrix, draw_language_bars

    demo.step("3  Held-out texts: the model, and character n-grams on the same texts")
    folder, labels = demo.folder, list(LABELS)
    rows, test = read_examples(folder.corpus / "train.csv"), read_examples(folder.corpus / "test.csv")
    baseline = fit_ngram_baseline(rows)([example.text for example in test])
    compared = compare(rows, test, model_answers(demo, test), baseline, labels)
    demo.figures["test"] = {kind: asdict(comparison) for kind, comparison in compared.items()}
    demo.show(report.comparison_lines(compared))
    seen = compared["seen"].model
    draw_confusion_matrix(seen.confusion, labels, folder.confusion_matrix, "Test, seen languages")
    draw_language_bars(language_rows(compared), folder.languages, "Test accuracy by language")


def model_answers(demo, examples):
    """Labels examples with the model of the chosen epoch."""
    from rembert_tf.tasks.csv_task import CsvTask
    from rembert_tf.tasks.evaluation import BATCH_SIZE
    from rembert_tf.tasks.pairs.examples import TextExamples
    from rembert_tf.tasks.start import load_task_model

    model, tokenizer = load_task_model(demo.folder.model, CsvTask.architecture)
    texts, max_length = TextExamples([example.text for example in examples]), model.config.max_position_embeddings
    with demo.progress("testing") as bar:
        answers = CsvTask().predict(model, tokenizer, texts, BATCH_SIZE, max_length, bar)
    return [answer["label"] for answer in answers]


def export(demo):
    """Writes the SavedModel with its warm-up requests."""
    from rembert_tf.serving import export_saved_model
    from rembert_tf.tasks.start import load_task_model

    demo.step("4  A SavedModel that takes raw text")
    trained = load_task_model(demo.folder.model, "RemBertForSequenceClassification")
    path = export_saved_model(*trained, demo.folder.exports, warmup=True)
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    demo.tell(f"  {path} ({size / 1e6:.1f} MB), with warm-up requests")


def serve_and_ask(demo):
    """Starts the server, asks it the sentences typed by hand over both interfaces, and stops it."""
    demo.step("5  A model server, asked over REST and over gRPC")
    with ServerProcess(demo.folder.exports, demo.folder.server_log) as server:
        demo.tell(f"  rembert serve listens on {server.rest_url} and {server.grpc_url}")
        answers, difference = ask_server(server.rest_url, server.grpc_url)
    demo.figures["live"] = {
        "answers": [
            {**asdict(answer.sentence), "answer": answer.label, "score": answer.score, "expected": answer.expected}
            for answer in answers
        ],
        "largest_difference": difference,
    }
    demo.show(report.answer_lines(answers, difference))


def finish(demo):
    """Writes the figures and says what there is and what to try next."""
    folder = demo.folder
    folder.sentences.write_text("".join(s.text + "\n" for s in LIVE_SENTENCES), encoding="utf-8")
    demo.figures["resources"] = resources_used(demo.started)
    folder.metrics.write_text(json.dumps(demo.figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    demo.step("6  What you have now")
    demo.show(report.folder_lines(folder))
    demo.tell(
        "  {wall_seconds:.0f} s, {cpu_seconds:.0f} s of CPU time, {peak_memory_gb:.1f} GB of memory at most".format(
            **demo.figures["resources"]
        )
    )
    demo.tell("\nTry next:")
    demo.show(report.command_lines(next_commands(folder)))
