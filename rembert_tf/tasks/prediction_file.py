"""`rembert predict`: label every text of a file."""

import csv
import json
import sys
from pathlib import Path

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.tasks.classification import check_lengths, load_classifier, predict_logits
from rembert_tf.text_files.tables import TEXT, TEXT_PAIR, read_table
from rembert_tf.weights.atomic_files import write_files

STANDARD_OUTPUT = "-"


def predict_file(model_path, source, destination, columns=None, max_length=None, batch_size=64, report=None):
    """Writes a label and its probability for every row of a file.

    Args:
        model_path: directory of a trained classifier.
        source: `.csv`, `.tsv` or `.txt` file; see `read_table`.
        destination: `.jsonl`, `.csv` or `.tsv` file, written in one piece at the end, or "-" for JSON lines
            on standard output.
        columns: names of the columns of a file without a header.
        max_length: pieces of a row; None means what the model can take.
        batch_size: rows at a time.
        report: shows progress; see `predict_logits`.

    Returns:
        The number of rows written.
    """
    kind = Path(destination).suffix
    if destination != STANDARD_OUTPUT and kind not in (".jsonl", ".csv", ".tsv"):
        raise InputError(f"the output {destination!r} must end in .jsonl, .csv or .tsv, or be - for standard output.")
    table = read_table(source, columns)
    table.require(TEXT)
    model, tokenizer = load_classifier(model_path)
    max_length = max_length or model.config.max_position_embeddings
    check_lengths(model, tokenizer, max_length)
    texts, pairs = table.columns[TEXT], table.columns.get(TEXT_PAIR)
    logits = predict_logits(model, tokenizer, texts, pairs, max_length, batch_size, report)
    rows = list(_answers(table, logits, model.config.id2label))
    text = _as_jsonl(rows) if kind in ("", ".jsonl") else _as_table(rows, "\t" if kind == ".tsv" else ",")
    if destination == STANDARD_OUTPUT:
        sys.stdout.write(text)
    else:
        file = Path(destination)
        write_files(file.parent, {file.name: text.encode("utf-8")}, last=file.name)
    return len(rows)


def _answers(table, logits, names):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    for row, scores in enumerate(probabilities):
        best = int(scores.argmax())
        texts = {name: table.columns[name][row] for name in (TEXT, TEXT_PAIR) if name in table.columns}
        ranked = {names[index]: round(float(scores[index]), 6) for index in range(len(scores))}
        yield {**texts, "label": names[best], "score": round(float(scores[best]), 6), "probabilities": ranked}


def _as_jsonl(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _as_table(rows, delimiter):
    import io

    text = io.StringIO()
    names = [name for name in rows[0] if name != "probabilities"]
    writer = csv.DictWriter(text, names, delimiter=delimiter, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
