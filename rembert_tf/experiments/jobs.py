"""The two kinds of work on a variant: its pre-training, and what is measured of it afterwards."""

import dataclasses
import gc
import json
import shutil
import time
from pathlib import Path

import keras
import numpy as np

from rembert_tf.checkpoints_tools.surgery.keep_layers import keep_layers
from rembert_tf.experiments.coupled import CoupledOrigin
from rembert_tf.experiments.probe import probe_layers
from rembert_tf.models.masked_lm import RemBertForMaskedLM
from rembert_tf.pretraining.origin import Origin
from rembert_tf.pretraining.pretrain import pretrain
from rembert_tf.pretraining.settings import PretrainSettings
from rembert_tf.tasks.evaluation import predict_parts, read_parts
from rembert_tf.tasks.finetune_task import finetune_task
from rembert_tf.tasks.retrieval.settings import PAPER
from rembert_tf.tasks.retrieval.tatoeba import Tatoeba
from rembert_tf.tasks.start import from_directory, load_encoder, load_task_model, special_ids
from rembert_tf.tasks.tagging.udpos import UdPos
from rembert_tf.tokenization.fast_tokenizer import RemBertTokenizerFast
from rembert_tf.training.finetune import FinetuneSettings
from rembert_tf.training.run_folder import LAST, RESULT, read_json
from rembert_tf.weights.atomic_files import write_files

PRETRAINED, MEASURED = "pretrained", "measured"  # folders of an experiment
ENGLISH = "en"
STATES_BETWEEN = 5  # parts of a pre-training after each of which a state is saved


@dataclasses.dataclass(frozen=True)
class Job:
    """A piece of work with a folder and a `result.json` of its own.

    Args:
        kind: PRETRAINED or MEASURED.
        variant: a Variant.
        seed: of weights and the order of rows.
    """

    kind: str
    variant: object
    seed: int

    def __str__(self):
        what = "pre-training" if self.kind == PRETRAINED else "fine-tuning and measuring"
        return f"{what} {self.name}, seed {self.seed}"

    @property
    def name(self):
        """Of the variant whose folder this is."""
        return self.variant.pretrained if self.kind == PRETRAINED else self.variant.name

    def folder(self, output):
        """Returns the job's folder below that of the experiment."""
        return Path(output, self.kind, self.name, f"seed-{self.seed}")

    def result(self, output):
        """Returns what it found, or None while it has not ended."""
        file = self.folder(output) / RESULT
        return read_json(file) if file.is_file() else None


def pretraining_of(variant, seed):
    """Returns the Job that a variant's measurements go on from."""
    return Job(PRETRAINED, variant, 0 if variant.one_pretraining else seed)


def run_job(job, output, corpus, tasks, scale, report):
    """Does a job, or what is left of it.

    Args:
        job: a Job.
        output: folder of the experiment, a Path.
        corpus: that of the prepared corpus.
        tasks: TaskFiles, or None.
        scale: a Scale.
        report: called as `report(done, total, note)`.
    """
    began = time.monotonic()
    if job.kind == MEASURED:
        found = _measured(job, output, tasks, scale, report)
        found["seconds"] = round(time.monotonic() - began, 1)
        write_files(job.folder(output), {RESULT: _json(found)}, last=RESULT)
    elif job.variant.steps_factor:
        _pretrain(job, output, corpus, scale, report)
    else:
        _draw_weights(job, output, corpus)
    keras.utils.clear_session()  # dozens of models follow each other in one process
    gc.collect()


def _pretrain(job, output, corpus, scale, report):
    steps = scale.steps * job.variant.steps_factor
    settings = PretrainSettings(
        max_steps=steps,
        batch_size=scale.batch_size,
        learning_rate=scale.learning_rate,
        evaluate_every=steps if job.variant.steps_factor == 1 else scale.steps,
        evaluate_rows=scale.evaluate_rows,
        save_every=max(1, steps // STATES_BETWEEN),
        choose="last",
        seed=job.seed,
    )
    origin = (CoupledOrigin if job.variant.coupled else Origin)(config=job.variant.config)
    pretrain([str(corpus)], job.folder(output), settings, origin, resume=True, report=report)


def _draw_weights(job, output, corpus):
    """Leaves a model directory of new weights where a pre-training would leave its last one."""
    keras.utils.set_random_seed(job.seed)
    tokenizer = RemBertTokenizerFast.from_pretrained(str(corpus))
    model = RemBertForMaskedLM(job.variant.config.replace(**special_ids(tokenizer)))
    folder = job.folder(output)
    tokenizer.save_pretrained(folder / LAST)
    model.save_pretrained(folder / LAST)
    write_files(folder, {RESULT: _json({"seed": job.seed})}, last=RESULT)


def _measured(job, output, tasks, scale, report):
    """Returns {metric: number}; "metric/de" is a language's, "metric/layer 3" that of a layer."""
    before = pretraining_of(job.variant, job.seed)
    result, model = before.result(output), before.folder(output) / LAST
    found = {name: result[name] for name in ("accuracy", "perplexity") if name in result}
    found = {f"mlm_{name}": value for name, value in found.items()}
    for language, row in result.get("languages", {}).items():
        found |= {f"mlm_accuracy/{language}": row["accuracy"]} if "accuracy" in row else {}
    if tasks is None:
        return found
    folder = job.folder(output)
    if job.variant.kept_layers is not None:
        found = {}  # the whole model's, not this one's
        model = _without_top(model, folder / "encoder", job.variant.kept_layers)
    found |= _parts_of_speech(model, tasks, folder / "udpos", job.seed, scale, report)
    return found | _layers(model, tasks, scale, report)


def _without_top(model, place, layers):
    shutil.rmtree(place, ignore_errors=True)
    keep_layers(model, place, layers)
    return place


def _parts_of_speech(model, tasks, folder, seed, scale, report):
    """Fine-tunes on English and returns the F1 of every language."""
    settings = FinetuneSettings(
        epochs=scale.epochs, learning_rate=1e-3, max_length=scale.max_length, choose="last", seed=seed
    )
    task = UdPos()
    start = from_directory(str(model))
    finetune_task(task, start, [tasks.pos_train], [tasks.pos_dev], folder, settings, resume=True, report=report)
    tagger, tokenizer = load_task_model(folder / LAST, task.architecture)
    parts = predict_parts(task, tagger, tokenizer, read_parts(task, tasks.pos_tests), 64, scale.max_length, report)
    return _by_language("pos_f1", {language: part.scores["f1"] for language, part in parts.items()})


def _layers(model, tasks, scale, report):
    """Returns the nearest neighbours and the probe of every layer, all weights frozen."""
    encoder, tokenizer = load_encoder(str(model))
    task = Tatoeba(PAPER)
    found = {}
    shown = report and (lambda done, total: report(done, total, "Tatoeba"))
    by_layer = task.evaluate(
        encoder,
        tokenizer,
        task.read(tasks.tatoeba),
        layers="all",
        batch_size=64,
        max_length=scale.max_length,
        report=shown,
    )
    for row in by_layer["by_layer"]:
        found[f"tatoeba/layer {row['layer']}"] = row["accuracy"]
    found["tatoeba"] = by_layer["accuracy"]
    found |= {f"tatoeba/{language}": row["accuracy"] for language, row in by_layer["by_language"].items()}
    tagging = UdPos()
    tests = read_parts(tagging, tasks.pos_tests)
    probes = probe_layers(encoder, tokenizer, tagging.read([tasks.pos_train]), tests, scale.max_length)
    for layer, scores in enumerate(probes):
        summary = _by_language("probe", scores)
        found |= {f"{name}/layer {layer}": summary[name] for name in ("probe_en", "probe_others") if name in summary}
    return found


def _by_language(metric, scores):
    """Returns a metric of English, its mean over the other languages, and that of each."""
    others = [score for language, score in scores.items() if language != ENGLISH]
    found = {f"{metric}_en": scores[ENGLISH]} if ENGLISH in scores else {}
    found |= {f"{metric}_others": float(np.mean(others))} if others else {}
    return found | {f"{metric}/{language}": score for language, score in scores.items()}


def _json(content):
    return (json.dumps(content, indent=2) + "\n").encode("utf-8")
