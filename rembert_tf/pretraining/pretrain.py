"""Pre-training: a corpus in, a run folder with model directories, curves and each language's accuracy out."""

import dataclasses
import shutil
from pathlib import Path

from rembert_tf.errors import InputError
from rembert_tf.pretraining.batches import PretrainingBatches
from rembert_tf.pretraining.corpus.settings import CorpusSettings
from rembert_tf.pretraining.corpus_data import open_corpus
from rembert_tf.pretraining.corpus_folder import MANIFEST
from rembert_tf.pretraining.held_out import evaluate_languages, held_out_parts
from rembert_tf.pretraining.masking import RowMasking
from rembert_tf.pretraining.outcome import by_language, leave_pictures
from rembert_tf.pretraining.raw_text import CORPUS, check_texts, corpus_of_texts
from rembert_tf.training.distribution import training_scope
from rembert_tf.training.finetune import finetune
from rembert_tf.training.run_folder import SETTINGS, RunFolder


def pretrain(data, output, settings, origin, text_settings=None, resume=False, report=None):
    """Trains a RemBertForMaskedLM on text in many languages.

    Args:
        data: a list of the folder of a prepared corpus alone, or of files of raw text, from which one is prepared
            first, in the run folder.
        output: the run folder; new or empty, or with `resume` that of a run that was killed.
        settings: PretrainSettings.
        origin: an Origin.
        text_settings: for raw text, CorpusSettings; None means the defaults.
        resume: whether to go on with the run in `output`; one that has ended only returns its result.
        report: called as `report(step, total_steps, note)`, to show progress; or None.

    Returns:
        The chosen evaluation's `accuracy` (mean over languages), `perplexity`, `epoch` and `step`, and `languages`,
        {code: {"share", "accuracy", "perplexity"}}, where `share` is how often it was drawn; and the `seed`.

    Raises:
        InputError: text, corpus, model or output folder cannot be used; or the loss became NaN.
    """
    with training_scope(settings.of_loop()) as place:
        run = RunFolder(output, resume)
        corpus = _opened(data[0], place) if _is_corpus(data) else None
        if corpus is None:
            text_settings = text_settings or CorpusSettings()
        elif text_settings is not None or origin.vocab_size is not None:
            raise InputError(
                "max_length, vocab_size and other settings of raw text were decided when the corpus was prepared."
            )
        asked = {"data": list(map(str, data)), **origin.asked, **dataclasses.asdict(settings)}
        asked |= corpus.asked if corpus else {"text": dataclasses.asdict(text_settings)}
        run.check_settings(asked)
        if run.result is not None:
            return run.result
        origin.check_length((corpus or text_settings).max_length)
        if corpus is None:
            corpus = _made(data, run, origin, text_settings, settings.seed, asked, place, report)
        with place.model_scope():
            model, tokenizer = origin.load(corpus, settings)
        batches, evaluate = _prepared(corpus, model, tokenizer, settings)
        run.write_settings(asked)
        with batches.problems_named():
            best = finetune(model, tokenizer, batches, settings.of_loop(), run, evaluate, _short(report))
        result = {**by_language(best, batches.shares), "seed": settings.seed}
        place.by_chief(lambda: leave_pictures(run, result["languages"]))
        run.write_result(result)
        return result


def _opened(path, place):
    """Returns an opened corpus; the chief reads its shards first, and leaves what it found for the others."""
    place.by_chief(lambda: open_corpus(path) is None)
    return open_corpus(path)


def _made(data, run, origin, text_settings, seed, asked, place, report):
    """Returns the opened corpus of files of raw text."""
    origin.check_vocabulary_is_named()
    place.by_chief(lambda: check_texts(data, text_settings))
    begins = place.by_chief(lambda: not (run.path / SETTINGS).is_file())
    run.write_settings(asked)  # makes the folder

    def make():
        try:
            open_corpus(corpus_of_texts(data, run.path, origin, text_settings, seed, report))
        except InputError:
            if begins:  # nothing in it is worth going on with
                shutil.rmtree(run.path, ignore_errors=True)
            raise

    place.by_chief(make)
    return _opened(run.path / CORPUS, place)


def _is_corpus(data):
    """Whether the data is a prepared corpus; one among other things is refused."""
    folders = [path for path in data if Path(path).is_dir()]
    for folder in folders:
        if not (Path(folder) / MANIFEST).is_file():
            raise InputError(f"{str(folder)!r} is no prepared corpus (no {MANIFEST}): give one, or files of text.")
    if folders and len(data) > 1:
        raise InputError(f"give one prepared corpus, or files of text, not {str(folders[0])!r} beside others.")
    return bool(folders)


def _prepared(corpus, model, tokenizer, settings):
    """Returns the training batches and the function that evaluates."""
    masking = RowMasking(tokenizer, settings.mask_rate, corpus.max_length)
    row = corpus.max_length, tokenizer.pad_token_id
    batches = PretrainingBatches(
        corpus.train,
        settings.sampling_exponent,
        masking,
        settings.batch_size,
        *row,
        settings.steps_per_epoch,
    )
    held_out = held_out_parts(corpus.held_out, settings.evaluate_rows, masking, *row)
    return batches, lambda: evaluate_languages(model, held_out)


def _short(report):
    """Returns a report whose notes leave out the languages, which may be a hundred."""
    if report is None:
        return None
    return lambda step, total, note: report(step, total, ", ".join(x for x in note.split(", ") if "/" not in x))
