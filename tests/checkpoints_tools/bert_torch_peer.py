"""The peer's side of the slow tests: makes models and tokenizers of the BERT family with torch and transformers.

It runs in an environment of its own and imports nothing of this repository:

    PYTHON bert_torch_peer.py JOB.json

The job names a folder, inputs, and what to make. A model's directory is written beside an npz file of what it
computes; a tokenizer's ids are printed as JSON.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
import transformers


def main(job):
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    warnings.simplefilter("ignore")
    job = json.loads(Path(job).read_text())
    folder = Path(job["folder"])
    for name, (model_class, config) in job.get("models", {}).items():
        write_model(folder / name, model_class, config, dict(np.load(job["inputs"])))
    print(json.dumps({name: ids_of(folder, name, *what) for name, what in job.get("tokenizers", {}).items()}))


def write_model(directory, model_class, config, inputs):
    torch.manual_seed(0)
    model_class = getattr(transformers, model_class)
    config = model_class.config_class(**config)
    config._attn_implementation = "eager"
    model = model_class(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            centre = 1.0 if name.endswith(("LayerNorm.weight", "layer_norm.weight")) else 0.0
            parameter.normal_(centre, 0.25)
        ids = torch.tensor(np.where(inputs["attention_mask"], inputs["input_ids"], config.pad_token_id)).long()
        types = torch.tensor(inputs["token_type_ids"]).long() % config.type_vocab_size
        mask = torch.tensor(inputs["attention_mask"]).long()
        output = model(input_ids=ids, attention_mask=mask, token_type_ids=types, output_hidden_states=True)
    model.save_pretrained(directory)
    results = {"last_hidden_state": output.hidden_states[-1].numpy()}
    kept = ("logits", "prediction_logits", "pooler_output")
    results |= {key: output[key].numpy() for key in kept if output.get(key) is not None}
    np.savez(f"{directory}.npz", **results)


def ids_of(folder, name, tokenizer_class, vocabulary, texts):
    """Returns the ids of texts; the tokenizer, made from a file or read from a directory, is written, too."""
    tokenizer_class = getattr(transformers, tokenizer_class)
    whole = Path(vocabulary).is_dir()
    tokenizer = tokenizer_class.from_pretrained(vocabulary) if whole else tokenizer_class(vocabulary)
    tokenizer.save_pretrained(folder / name)
    return [tokenizer(text)["input_ids"] for text in texts]


if __name__ == "__main__":
    main(sys.argv[1])
