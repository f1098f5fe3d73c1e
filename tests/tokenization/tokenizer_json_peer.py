"""The peer's side of `test_tokenizer_json.py`: what transformers makes of directories that we wrote.

It runs in an environment of its own and imports nothing of this repository:

    PYTHON tokenizer_json_peer.py JOB.json

The job is a list of {"directory", "texts", "pairs"}; for each one, what AutoTokenizer loads and returns is
written into the directory as `peer.json`.
"""

import json
import sys
from pathlib import Path

import transformers

ROLES = ("cls", "sep", "unk", "pad", "mask", "bos", "eos")


def main(job):
    transformers.logging.set_verbosity_error()
    for case in json.loads(Path(job).read_text()):
        answer = encoded(transformers.AutoTokenizer.from_pretrained(case["directory"]), case)
        Path(case["directory"], "peer.json").write_text(json.dumps(answer))


def encoded(tokenizer, case):
    rows = [tokenizer(text) for text in case["texts"]] + [tokenizer(*pair) for pair in case["pairs"]]
    return {
        "class": type(tokenizer).__name__,
        "length": len(tokenizer),
        "model_max_length": tokenizer.model_max_length,
        "special": {f"{role}_token": getattr(tokenizer, f"{role}_token_id") for role in ROLES},
        "vocabulary": tokenizer.get_vocab(),
        "rows": [[row[name] for name in ("input_ids", "token_type_ids", "attention_mask")] for row in rows],
        "decoded": [tokenizer.decode(row["input_ids"], skip_special_tokens=True) for row in rows],
    }


if __name__ == "__main__":
    main(sys.argv[1])
