"""Distillation on any task: a teacher's directory and files in, a run folder with a smaller student out."""

import dataclasses
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.tasks.finetune_task import finetune_seeds, finetune_task
from rembert_tf.tasks.student import TeacherAndStudent
from rembert_tf.tasks.student_comparison import compare_with_teacher
from rembert_tf.tasks.taught_task import TaughtTask
from rembert_tf.text_files.opening import open_text
from rembert_tf.training.distribution import training_scope
from rembert_tf.weights import model_directory


@dataclasses.dataclass(frozen=True)
class Files:
    """What a distillation reads.

    Args:
        train: files in the task's format; may be empty where there are texts without labels.
        dev: held-out files; where there are none, the figures are those of the training files, and the last epoch
            counts as the best.
        unlabelled: files of texts without labels, for tasks that classify texts; see `taught_task.read_unlabelled`.
    """

    train: list
    dev: list = ()
    unlabelled: list = ()

    def __post_init__(self):
        if not self.train and not self.unlabelled:
            raise InputError("there is nothing to learn from: give training files, or texts without labels.")
        if not self.train and not self.dev:
            raise InputError("texts without labels alone cannot be scored: give held-out files (dev) as well.")

    def require(self):
        """Raises a MissingFileError unless all files are there: before a large teacher is loaded."""
        for path in (*self.train, *self.dev, *self.unlabelled):
            next(open_text(path), None)


def distill_task(
    task, teacher, student, files, output, settings, distillation, seeds=None, resume=False, report=None, **more
):
    """Trains a student on a task's files and on what a teacher says about them.

    Args:
        task: a Task.
        teacher: path of the teacher's directory, with a head for the task.
        student: what makes the student: `student.from_blocks`, `from_config` or `from_student`.
        files: Files.
        output: the run folder, as in `finetune_task`; beside what is left there, `comparison.json`.
        settings: FinetuneSettings.
        distillation: DistillationSettings.
        seeds: how many runs, as in `finetune_seeds`; None for one.
        resume: as in `finetune_task`.
        report: as in `finetune_task`.
        **more: `teacher_dtype` and `gradient_checkpointing`, of TeacherAndStudent.

    Returns:
        What `finetune_task` or `finetune_seeds` returns, and the `comparison` with the teacher (of the first seed); see
        `compare_with_teacher`.

    Raises:
        InputError: teacher, student, task and files do not fit each other, or as in `finetune_task`.
    """
    files.require()
    config = model_directory.read_config(teacher)
    _check(files, settings, distillation, config)
    taught_task = TaughtTask(task, teacher, config, files.unlabelled, distillation.alpha)
    options = {name: str(value) for name, value in vars(task).items() if not name.startswith("_")}
    asked = {
        "teacher": str(teacher),
        **student.asked,
        "unlabelled": list(map(str, files.unlabelled)),
        "options": options,
        "distillation": dataclasses.asdict(distillation),
        **{name: value for name, value in more.items() if value},
    }
    start = TeacherAndStudent(teacher, student, distillation, asked=asked, **more)
    dev = files.dev or files.train
    if not files.dev:
        settings = dataclasses.replace(settings, choose="last")
    data = (taught_task, start, files.train, dev, output, settings)
    run = Path(output) / f"seed-{settings.seed}" if seeds else Path(output)
    with training_scope(settings) as place:
        found = finetune_seeds(*data, seeds, resume, report) if seeds else finetune_task(*data, resume, report)
        compared = place.by_chief(lambda: compare_with_teacher(task, start, taught_task.read, dev, run, settings))
    return {**found, "comparison": compared}


def _check(files, settings, distillation, config):
    if settings.max_length > config.max_position_embeddings:
        raise InputError(
            f"max_length is {settings.max_length}, but the teacher has {config.max_position_embeddings} positions "
            "(max_position_embeddings)."
        )
    if not files.train and distillation.alpha < 1:
        raise InputError(f"without labelled training files alpha must be 1, not {distillation.alpha}.")
    if distillation.alpha == 1 and settings.label_smoothing:
        raise InputError("label_smoothing changes nothing where alpha is 1: no label is learned from.")
    if distillation.alpha == 0 and files.unlabelled:
        raise InputError("texts without labels teach nothing where alpha is 0.")
    if settings.spelling_ngrams:
        raise InputError("spelling_ngrams is not for students: their input tables come from the teacher.")
