"""The peer's side of `peft_check.py`: loads and writes adapters with the PEFT library.

    PYTHON peft_peer.py JOB.json

Every case names a base directory, our adapters and where to write its own ones.
"""

import json
import sys
from pathlib import Path

import numpy as np
import peft
import torch
import transformers


def main(job):
    transformers.logging.set_verbosity_error()
    for case in json.loads(Path(job).read_text()):
        inputs = {name: torch.tensor(value) for name, value in np.load(case["inputs"]).items()}
        inputs = {name: value if value.is_floating_point() else value.long() for name, value in inputs.items()}
        ours = peft.PeftModel.from_pretrained(base(case), case["adapters"])
        results = {f"read/{name}": value for name, value in outputs(ours, inputs).items()}
        if "settings" in case:
            model = peft.get_peft_model(base(case), peft.LoraConfig(**case["settings"]))
            torch.manual_seed(1)
            with torch.no_grad():
                for parameter in model.parameters():
                    if parameter.requires_grad:
                        parameter.normal_(0.0, 0.3)
            model.eval().save_pretrained(case["written"])
            results.update({f"written/{name}": value for name, value in outputs(model, inputs).items()})
        np.savez(case["results"], **results)


def base(case):
    options = {} if case["pooler"] else {"add_pooling_layer": False}
    return getattr(transformers, case["class"]).from_pretrained(case["base"], attn_implementation="eager", **options)


@torch.no_grad()
def outputs(model, inputs):
    """Returns what tells whether every adapter and head arrived."""
    # Not `model` itself: PEFT's wrapper for question answering drops token_type_ids.
    named = model.eval().base_model(**inputs, return_dict=True)
    wanted = ("logits", "start_logits", "end_logits", "last_hidden_state", "pooler_output")
    return {name: named[name].numpy() for name in wanted if named.get(name) is not None}


if __name__ == "__main__":
    main(sys.argv[1])
