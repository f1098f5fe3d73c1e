"""transformers' PyTorch RemBERT on texts, with its fast tokenizer."""

import json
from pathlib import Path

import torch
import transformers

transformers.logging.set_verbosity_error()


def classify(directory, dtype, texts, batch_size, max_length):
    """Returns cases that turn a file's texts into labels, padded to the longest of a batch; `result` is the labels.

    `NAME` takes the texts in their order; `NAME, sorted` puts those of like length into one batch.

    Args:
        directory: of a sequence classifier, with its tokenizer.
        dtype: that its weights are converted to.
        texts: path of a JSON file with {name: list of texts}.
        batch_size: texts a batch.
        max_length: pieces of a text.
    """
    model = transformers.RemBertForSequenceClassification.from_pretrained(directory).eval().to(getattr(torch, dtype))
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    names = model.config.id2label

    def labels_of(lines, by_length):
        encoded = tokenizer(lines, truncation=True, max_length=max_length)
        order = list(range(len(lines)))
        if by_length:
            order.sort(key=lambda row: len(encoded["input_ids"][row]))
        labels = [None] * len(lines)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            batch = {name: [column[row] for row in rows] for name, column in encoded.items()}
            with torch.inference_mode():
                logits = model(**tokenizer.pad(batch, padding="longest", return_tensors="pt")).logits
            for row, label in zip(rows, logits.argmax(-1).tolist(), strict=True):
                labels[row] = names[label]
        return labels

    cases = {}
    for name, lines in json.loads(Path(texts).read_text("utf-8")).items():
        cases[name] = lambda lines=lines: labels_of(lines, by_length=False)
        cases[f"{name}, sorted"] = lambda lines=lines: labels_of(lines, by_length=True)
    return cases
