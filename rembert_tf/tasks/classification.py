"""The `csv` task: train a single-label classifier on tables, evaluate it, predict with it."""

import dataclasses
import json

import keras
import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.models.sequence_classification import RemBertForSequenceClassification
from rembert_tf.tasks.classification_data import read_classification_data
from rembert_tf.tasks.classification_metrics import classification_metrics
from rembert_tf.tasks.text_batches import TextBatches
from rembert_tf.tokenization.fast_tokenizer import RemBertTokenizerFast
from rembert_tf.training.finetune import finetune
from rembert_tf.training.run_folder import RunFolder
from rembert_tf.weights import model_directory

PREDICT_BATCH = 64


def finetune_csv(start, train, dev, output, settings, columns=None, label_column="label", report=None):
    """Fine-tunes a classifier on tables of texts and labels.

    Args:
        start: a function that returns (model, tokenizer) for a list of label names: `from_directory`
            or `from_nothing`.
        train: list of files; see `read_classification_data`.
        dev: list of held-out files with the same columns.
        output: the run folder, new or empty.
        settings: FinetuneSettings.
        columns: names of the columns of files without a header.
        label_column: the column that holds the label.
        report: shows progress; see `finetune`.

    Returns:
        The chosen epoch's dev metrics.

    Raises:
        InputError: a file, a label, the model or the output folder cannot be used; nothing was trained.
    """
    training = read_classification_data(train, columns=columns, label_column=label_column)
    held_out = read_classification_data(dev, training.names, columns=columns, label_column=label_column)
    if (training.pairs is None) != (held_out.pairs is None):
        raise InputError("the training and the dev files must both have a text_pair column, or neither.")
    if settings.spelling_ngrams and not getattr(start, "new_weights", False):
        raise InputError("spelling_ngrams is for new weights, as from_nothing makes them: it would undo trained ones.")
    run = RunFolder(output)
    keras.utils.set_random_seed(settings.seed)
    model, tokenizer = start(training.names)
    check_lengths(model, tokenizer, settings.max_length)
    asked = {"task": "csv", "train": train, "dev": dev, "rows": len(training), "dev_rows": len(held_out)}
    run.write_settings({**asked, "labels": training.names, **dataclasses.asdict(settings)})
    batches = TextBatches(
        tokenizer, training.texts, training.pairs, training.labels, settings.batch_size, settings.max_length
    )

    dev_batches = TextBatches(tokenizer, held_out.texts, held_out.pairs, None, PREDICT_BATCH, settings.max_length)

    def evaluate():
        predictions = logits_of_batches(model, dev_batches).argmax(axis=1)
        metrics = classification_metrics(held_out.labels, predictions, held_out.names)
        return {"accuracy": metrics.accuracy, "macro_f1": metrics.macro_f1}

    best = finetune(model, tokenizer, batches, settings, run, evaluate, report)
    _leave_pictures(run, held_out, settings)
    return best


def _leave_pictures(run, held_out, settings):
    from rembert_tf.training.pictures import draw_confusion_matrix, draw_training_curves

    model, tokenizer = load_classifier(run.best)
    metrics = evaluate_classifier(model, tokenizer, held_out, settings.max_length)
    (run.path / "dev_metrics.json").write_text(json.dumps(metrics.to_dict(), indent=2, ensure_ascii=False) + "\n")
    draw_training_curves(run.history, run.path / "training_curves.png")
    draw_confusion_matrix(metrics.confusion, held_out.names, run.path / "dev_confusion.png")


def from_directory(path):
    """Returns a start for `finetune_csv`: a model directory, whose head stays when its labels are the same."""

    def start(names):
        config = model_directory.read_config(path)
        labels = dict(enumerate(names))
        tokenizer = RemBertTokenizerFast.from_pretrained(path)
        model = RemBertForSequenceClassification(config.replace(id2label=labels))
        # Only the encoder: a head for other labels has nothing to give.
        same_head = model_directory.has_head(path) and config.id2label == labels
        model_directory.load_weights(model if same_head else model.rembert, path)
        return model, tokenizer

    return start


def from_nothing(config, vocabulary):
    """Returns a start for `finetune_csv`: new weights for a RemBertConfig and a SentencePiece model file."""

    def start(names):
        tokenizer = RemBertTokenizerFast.from_pretrained(vocabulary)
        labels = dict(enumerate(names))
        fitted = config.replace(id2label=labels, **special_ids(tokenizer), vocab_size=len(tokenizer))
        return RemBertForSequenceClassification(fitted), tokenizer

    start.new_weights = True
    return start


def special_ids(tokenizer):
    """Returns the configuration fields that name a tokenizer's special ids."""
    return {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
    }


def load_classifier(path):
    """Returns (model, tokenizer) of a trained classifier's directory.

    Raises:
        InputError: the directory holds no classification head.
    """
    config = model_directory.read_config(path)
    if not model_directory.has_head(path):
        raise InputError(f"{str(path)!r} has no classification head: fine-tune it first with `rembert finetune csv`.")
    model = RemBertForSequenceClassification(config)
    model_directory.load_weights(model, path)
    return model, RemBertTokenizerFast.from_pretrained(path)


def check_lengths(model, tokenizer, max_length):
    """Raises an InputError unless every id and every position that the tokenizer makes exists in the model."""
    config = model.config
    if max_length > config.max_position_embeddings:
        raise InputError(
            f"max_length is {max_length}, but the model has {config.max_position_embeddings} positions "
            "(max_position_embeddings)."
        )
    if len(tokenizer) > config.vocab_size:
        raise InputError(
            f"the tokenizer has {len(tokenizer)} tokens, but the model's table has {config.vocab_size} rows "
            "(vocab_size): they do not belong together."
        )


def predict_logits(model, tokenizer, texts, pairs=None, max_length=128, batch_size=PREDICT_BATCH, report=None):
    """Returns logits (rows, num_labels) for texts, in their order.

    Args:
        model: a classifier.
        tokenizer: its tokenizer.
        texts: list of strings.
        pairs: second texts, or None.
        max_length: pieces of a row.
        batch_size: rows at a time.
        report: called as `report(rows_done, rows)` after each batch, or None.
    """
    return logits_of_batches(model, TextBatches(tokenizer, texts, pairs, None, batch_size, max_length), report)


def logits_of_batches(model, batches, report=None):
    """Returns logits (rows, num_labels) for TextBatches without labels; see `predict_logits`."""
    dataset, order = batches.ordered_dataset()
    logits = np.zeros((len(batches), model.config.num_labels), "float32")
    done = 0
    for inputs in dataset:
        part = model.predict_on_batch(inputs)
        logits[order[done : done + len(part)]] = part
        done += len(part)
        if report is not None:
            report(done, len(batches))
    return logits


def evaluate_classifier(model, tokenizer, data, max_length=128):
    """Returns the ClassificationMetrics of a model on ClassificationData."""
    logits = predict_logits(model, tokenizer, data.texts, data.pairs, max_length)
    return classification_metrics(data.labels, logits.argmax(axis=1), data.names)
