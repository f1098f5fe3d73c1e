"""The `tokenizers` package on the tokenizer.json of a directory; `result` is the number of pieces."""

import json
from pathlib import Path

import tokenizers


def encode(directory, texts, batch_size, passes):
    """Returns cases that encode a file's texts with [CLS] and [SEP], not padded, as lists.

    Args:
        directory: with tokenizer.json.
        texts: path of a JSON file with {name: list of texts}.
        batch_size: texts a call.
        passes: how often all texts are encoded in one turn.
    """
    tokenizer = tokenizers.Tokenizer.from_file(str(Path(directory) / "tokenizer.json"))
    # Without offsets, where the installed version can leave them out.
    fast = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)

    def count(lines):
        batches = (lines[start : start + batch_size] for start in range(0, len(lines), batch_size))
        return sum(sum(len(row.ids) for row in fast(batch)) for batch in batches)

    contents = json.loads(Path(texts).read_text("utf-8"))
    return {name: lambda lines=lines * passes: count(lines) for name, lines in contents.items()}
