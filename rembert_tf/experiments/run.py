"""An experiment from raw text to tables: one corpus, every model once, a table and a picture for each question."""

import contextlib
import dataclasses
import json
import shutil
import time
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.experiments.jobs import MEASURED, Job, pretraining_of, run_job
from rembert_tf.experiments.outcome import Outcome, Row
from rembert_tf.experiments.pictures import draw
from rembert_tf.experiments.task_files import find_task_files, shortened_tasks, shortened_texts
from rembert_tf.experiments.variants import make_variants
from rembert_tf.pretraining.corpus_data import open_corpus
from rembert_tf.pretraining.origin import Origin
from rembert_tf.pretraining.raw_text import check_texts, corpus_of_texts
from rembert_tf.training.run_folder import SETTINGS, RunFolder
from rembert_tf.weights.atomic_files import write_files

SHORTENED = "shortened"  # folder with the copies that a trial reads


@contextlib.contextmanager
def no_progress(description):
    """Shows nothing; the form of a progress bar."""
    yield lambda done, total, note="": None


def run_experiment(data, output, settings, tasks=None, resume=False, tell=print, progress=no_progress):
    """Answers questions of the paper with models trained here.

    Args:
        data: list of files of raw text.
        output: folder of everything; new or empty, or with `resume` that of an experiment that was killed, or that
            shall answer more.
        settings: ExperimentSettings.
        tasks: folder with UD-POS and Tatoeba in XTREME's layout; None leaves pre-training alone to be measured.
        resume: whether to go on with what is in `output`; what has ended stays.
        tell: called with a line about what begins, and what is left.
        progress: a context manager that takes what is being done and yields `report(done, total, note)`.

    Returns:
        List of Outcome, one a question; each is also written as `<question>.md`, `.json` and `.png`.

    Raises:
        InputError: text, tasks or folder cannot be used, or a question needs tasks and there are none.
    """
    lacking = [question.name for question in settings.questions if question.needs_tasks]
    if tasks is None and lacking:
        raise InputError(f"{', '.join(lacking)} cannot be answered without --tasks, a folder with UD-POS and Tatoeba.")
    output, scale = Path(output), settings.scale
    folder = RunFolder(output, resume)
    asked = settings.asked(data, tasks)
    folder.check_settings(asked)
    check_texts(data, settings.text_settings())
    files = None if tasks is None else find_task_files(tasks)
    begins = not (output / SETTINGS).is_file()
    folder.write_settings(asked)
    with _removed_on_mistakes(output if begins else None):
        if files is not None and scale.most_examples is not None:
            files = shortened_tasks(files, output / SHORTENED, scale.most_examples)
        corpus, vocab_size = _corpus(data, output, settings, tell, progress)
    variants = make_variants(scale, vocab_size)
    plan = _Plan(settings, variants, output)
    outcomes = []
    for seed in range(settings.seeds):
        _work(plan, seed, corpus, files, scale, tell, progress)
        outcomes = _outcomes(settings.questions, variants, seed + 1, output)  # whoever stops later has these
    return outcomes


@contextlib.contextmanager
def _removed_on_mistakes(folder):
    """Removes a folder, if not None, where an InputError is raised: nothing in it is worth going on with."""
    try:
        yield
    except InputError:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _corpus(data, output, settings, tell, progress):
    """Returns the folder of the prepared corpus, and how many tokens its tokenizer has."""
    scale, text_settings = settings.scale, settings.text_settings()
    if scale.most_lines is not None:
        data = shortened_texts(data, output / SHORTENED, scale.most_lines)
    own = settings.sentencepiece is None
    origin = Origin(
        config=make_variants(scale, scale.vocab_size)["decoupled"].config,
        sentencepiece=settings.sentencepiece,
        vocab_size=scale.vocab_size if own else None,
    )
    tell("preparing the text" + (f", with a vocabulary of {scale.vocab_size} pieces" if own else ""))
    with progress("text") as report:
        corpus = corpus_of_texts(list(map(str, data)), output, origin, text_settings, 0, report)
    return corpus, open_corpus(corpus).vocab_size


@dataclasses.dataclass
class _Plan:
    """All work, in the order in which it is done: a seed of everything, then the next."""

    settings: object
    variants: dict
    output: Path

    def __post_init__(self):
        self.began, self.done_now = time.monotonic(), 0

    def jobs(self, seeds):
        """Returns the jobs of some seeds that have not ended."""
        jobs = {}
        for seed in seeds:
            for question in self.settings.questions:
                for name in question.variants:
                    before = pretraining_of(self.variants[name], seed)
                    for job in (before, Job(MEASURED, self.variants[name], seed)):
                        jobs.setdefault(job.folder(self.output), job)
        return [job for job in jobs.values() if job.result(self.output) is None]

    def left(self):
        """Returns what is left, in words."""
        count = len(self.jobs(range(self.settings.seeds)))
        if not self.done_now:
            return f"jobs left: {count}"
        minutes = (time.monotonic() - self.began) / self.done_now * count / 60
        return f"jobs left: {count}, about {minutes:.0f} minutes"


def _work(plan, seed, corpus, files, scale, tell, progress):
    for job in plan.jobs([seed]):
        tell(f"{job} ({plan.left()})")
        with progress(str(job)) as report:
            run_job(job, plan.output, corpus, files, scale, report)
        plan.done_now += 1


def _outcomes(questions, variants, seeds, output):
    """Returns the Outcomes of all questions over so many seeds, and writes them."""
    outcomes = []
    for question in questions:
        rows = [
            Row(variants[name], {s: Job(MEASURED, variants[name], s).result(output) for s in range(seeds)})
            for name in question.variants
        ]
        outcomes.append(Outcome(question, rows))
    for outcome in outcomes:
        name = outcome.question.name
        content = json.dumps(outcome.to_dict(), indent=2, ensure_ascii=False) + "\n"
        files = {f"{name}.json": content.encode("utf-8"), f"{name}.md": outcome.markdown().encode("utf-8")}
        write_files(output, files, last=f"{name}.md")
        draw(outcome, output / f"{name}.png")
    return outcomes
