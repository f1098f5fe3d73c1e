"""Fine-tuning on any task: files in, a run folder with checkpoints, curves and dev metrics out."""

import dataclasses
import itertools
import json
import os
import shutil
from pathlib import Path

import keras
import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.tasks.evaluation import BATCH_SIZE, Evaluation, mean_scores, predict_parts, read_parts
from rembert_tf.tasks.piece_masking import mask_in_training
from rembert_tf.tasks.start import check_lengths, load_task_model
from rembert_tf.training.distribution import current_place, training_scope
from rembert_tf.training.finetune import finetune
from rembert_tf.training.parts import check_parts
from rembert_tf.training.run_folder import RunFolder
from rembert_tf.training.state import states
from rembert_tf.weights.atomic_files import write_files

# Added to the seed of a run that begins anew after it collapsed.
NEXT_SEED = 1000
# Where a saved configuration says what the model was trained for, as transformers does.
TASK_KEY = "finetuning_task"
# What of a prediction is its answer, the first that it has.
ANSWERS = ("label", "labels", "tags", "choice", "text", "score")
NOT_METRICS = ("epoch", "step", "seed", "collapsed")
DEV, SEEDS, CURVES = "dev", "seeds.json", "training_curves.png"


def finetune_task(task, start, train, dev, output, settings, resume=False, report=None):
    """Trains a model on a task's files.

    Args:
        task: a Task.
        start: `from_directory(path)` or `from_nothing(config, vocabulary)`.
        train: list of files in the task's format.
        dev: list of held-out files; where they are in several languages, the mean over these counts.
        output: the run folder; new or empty, or with `resume` the one of a run that was killed. Runs that
            collapsed are kept beside it, as `<output>-collapsed-0` and so on.
        settings: FinetuneSettings.
        resume: whether to go on with the run in `output`; one that has ended only returns its result.
        report: shows progress; see `finetune`.

    Returns:
        The chosen epoch's dev metrics, with its `epoch` and `step`, and the `seed` that was used; and
        `collapsed` where the model says the same whatever it reads.

    Raises:
        InputError: a file, a label, the model or the output folder cannot be used, and nothing was trained; or
            the loss became NaN.
    """
    with training_scope(settings):
        return _finetune_task(task, start, train, dev, Path(output), settings.decided(), resume, report)


def _finetune_task(task, start, train, dev, output, settings, resume, report):
    data = _Data.read(task, train, dev)
    if settings.label_smoothing and not task.has_classes:
        raise InputError(f"label_smoothing is for tasks whose labels are classes, and here {task.name} has none.")
    if settings.spelling_ngrams and not getattr(start, "new_weights", False):
        raise InputError("spelling_ngrams is for new weights, as from_nothing makes them: it would undo trained ones.")
    place = current_place()
    if settings.spelling_ngrams and place.is_tpu:
        raise InputError("spelling_ngrams must be 0 on a TPU, which computes nothing that XLA does not compile.")
    attempt = place.by_chief(lambda: _collapsed_before(output, resume)) if settings.restarts else 0
    while True:
        run = RunFolder(output, resume)
        tried = dataclasses.replace(settings, seed=settings.seed + NEXT_SEED * attempt)
        asked = {**data.asked, **getattr(start, "asked", {}), **dataclasses.asdict(tried)}
        run.check_settings(asked)
        ended = run.result
        if ended is not None:
            return ended
        result, collapsed = _train(task, start, data, run, tried, asked, report)
        if not collapsed or attempt >= settings.restarts:
            result |= {"collapsed": True} if collapsed else {}
            run.write_result(result)
            return result
        place.by_chief(lambda attempt=attempt: _keep_collapsed(output, attempt))
        attempt += 1


def _keep_collapsed(output, attempt):
    output.rename(_collapsed_folder(output, attempt))


def _collapsed_folder(output, attempt):
    output = Path(os.path.abspath(output))  # "." has no name
    return output.with_name(f"{output.name}-collapsed-{attempt}")


def _collapsed_before(output, resume):
    """Returns how often a run collapsed before it was killed."""
    count = next(attempt for attempt in itertools.count() if not _collapsed_folder(output, attempt).exists())
    if count and not resume:
        raise InputError(
            f"{str(_collapsed_folder(output, 0))!r} is left of an earlier run: remove it, or choose another output."
        )
    return count


@dataclasses.dataclass
class _Data:
    """What a run reads.

    Args:
        training: Examples.
        held_out: {language: Examples}.
        fields: of the configuration, as the training data decides them.
        asked: what `run.json` says about it.
    """

    training: object
    held_out: dict
    fields: dict
    asked: dict

    @classmethod
    def read(cls, task, train, dev):
        training = task.read(train)
        fields = task.config_fields(training)
        names = list(fields["id2label"].values()) if "id2label" in fields else None
        task.check_answers(training, "training")
        held_out = read_parts(task, dev, names)
        for examples in held_out.values():
            task.check_answers(examples, "scoring")
        options = {name: str(value) for name, value in vars(task).items() if not name.startswith("_")}
        asked = {"task": task.name, "options": options, "train": list(map(str, train)), "dev": list(map(str, dev))}
        asked |= {"rows": len(training), "dev_rows": sum(map(len, held_out.values()))}
        return cls(training, held_out, fields, {**asked, **({"labels": names} if names else {})})


def _train(task, start, data, run, settings, asked, report):
    """Trains once; returns the result, and whether the training collapsed."""
    keras.utils.set_random_seed(settings.seed)
    place = current_place()
    with place.model_scope():
        model, tokenizer = start(task.architecture, data.fields, settings.mixed_precision)
    check_lengths(model, tokenizer, settings.max_length)
    check_parts(model, settings.freeze)
    model.config = model.config.replace(extra={**model.config.extra, TASK_KEY: task.name})
    batches = task.batches(tokenizer, data.training, settings.batch_size, settings.max_length)
    if settings.static_shapes:
        batches.make_static(settings.max_length)
    if settings.mask_rate:
        mask_in_training(batches, settings.mask_rate, tokenizer)
    run.write_settings(asked)  # makes the folder: what cannot be done was refused before
    chosen, resumed = {}, place.by_chief(lambda: bool(states(run.path)))

    def evaluate():
        parts = predict_parts(task, model, tokenizer, data.held_out, BATCH_SIZE, settings.max_length)
        scores = mean_scores(parts)
        decisive = next(iter(scores))
        if not chosen or settings.choose == "last" or scores[decisive] > chosen["scores"][decisive]:
            chosen.update(parts=parts, scores=scores)
        return scores

    best = finetune(model, tokenizer, batches, settings, run, evaluate, report)

    def look_back():
        parts = chosen.get("parts")
        if resumed:  # the best epoch may be one before the kill, which was not seen here
            best_model = load_task_model(run.best, task.architecture)
            parts = predict_parts(task, *best_model, data.held_out, BATCH_SIZE, settings.max_length)
        _leave_pictures(run, Evaluation(task, parts))
        decisive = best[next(name for name in best if name not in NOT_METRICS)]
        answers = [prediction for part in parts.values() for prediction in part.predictions]
        return _collapsed(decisive, answers)

    return {**best, "seed": settings.seed}, place.by_chief(look_back)


def _collapsed(decisive, predictions):
    """Whether a model is never right, or says the same whatever it reads and is not always right.

    Predictions without an answer, those of language models, tell nothing: low accuracy is no collapse there.
    """
    answers = set()
    for prediction in predictions:
        name = next((name for name in ANSWERS if name in prediction), None)
        if name is None:
            return False
        answer = prediction[name]
        answers |= set(map(str, answer)) if name == "tags" else {f"{answer:.4f}" if name == "score" else str(answer)}
    return decisive == 0 or (decisive < 1 and len(predictions) > 1 and len(answers) == 1)


def _leave_pictures(run, evaluation):
    """Draws the curves, and writes what the chosen checkpoint got right and wrong on the held-out files."""
    from rembert_tf.training.pictures import draw_training_curves

    picture = run.path / CURVES
    try:
        draw_training_curves(run.history, picture)
    except OSError as problem:
        picture.unlink(missing_ok=True)  # a part of one shows nothing
        raise InputError(f"cannot write {str(picture)!r}: {problem.strerror or problem}.") from problem
    shutil.rmtree(run.path / DEV, ignore_errors=True)  # a run may be killed after it wrote this
    evaluation.write(run.path / DEV)


def finetune_seeds(task, start, train, dev, output, settings, seeds, resume=False, report=None):
    """Trains several times with different seeds.

    Args:
        task: a Task.
        start: as in `finetune_task`.
        train: list of files.
        dev: list of files.
        output: folder of the runs, `seed-0`, `seed-1` and so on.
        settings: FinetuneSettings; its seed is the first.
        seeds: how many runs.
        resume: whether to go on with runs that are there.
        report: shows progress; see `finetune`.

    Returns:
        {"runs": {folder: result}, "mean": {metric: number}, "deviation": {metric: number}}, which is also written
        to `seeds.json`; the deviation is that of a sample.
    """
    with training_scope(settings):
        return _finetune_seeds(task, start, train, dev, Path(output), settings, seeds, resume, report)


def _finetune_seeds(task, start, train, dev, output, settings, seeds, resume, report):
    results = {}
    folders = {seed: output / f"seed-{seed}" for seed in range(settings.seed, settings.seed + seeds)}
    for folder in folders.values():
        RunFolder(folder, resume)  # refuses an occupied one before the first is trained
    for seed, folder in folders.items():
        tried = dataclasses.replace(settings, seed=seed)
        results[str(folder)] = finetune_task(task, start, train, dev, folder, tried, resume, report)
    metrics = [name for name in next(iter(results.values())) if name not in NOT_METRICS]
    values = {name: [result[name] for result in results.values()] for name in metrics}
    found = {
        "runs": results,
        "mean": {name: float(np.mean(numbers)) for name, numbers in values.items()},
        "deviation": {name: float(np.std(numbers, ddof=1)) if seeds > 1 else 0.0 for name, numbers in values.items()},
    }
    content = (json.dumps(found, indent=2) + "\n").encode("utf-8")
    current_place().by_chief(lambda: write_files(output, {SEEDS: content}, last=SEEDS))
    return found
