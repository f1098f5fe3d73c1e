"""transformers' PyTorch RemBERT on ids: forward, a step of training, the first answer."""

from pathlib import Path

import numpy as np
import torch
import transformers

transformers.logging.set_verbosity_error()


def forward(directory, dtype, batches, compiled):
    """Returns cases that run the encoder.

    Args:
        directory: of a model.
        dtype: that its weights are converted to.
        batches: path of an .npz file with arrays `CASE/input_ids` and `CASE/attention_mask`.
        compiled: whether `torch.compile` makes a program for each shape.
    """
    model = transformers.RemBertModel.from_pretrained(directory).eval().to(getattr(torch, dtype))
    run = torch.compile(model, dynamic=False) if compiled else model

    def once(inputs):
        with torch.inference_mode():
            run(**inputs)

    return {name: lambda inputs=inputs: once(inputs) for name, inputs in read_batches(batches).items()}


def training_step(directory, dtype, batches):
    """Returns cases that take one step: forward, loss, backward, gradients clipped to norm 1, AdamW.

    Args:
        directory: of a sequence classifier.
        dtype: "bfloat16" runs the forward pass under autocast; weights are float32 in any case.
        batches: path of the .npz file.
    """
    torch.manual_seed(0)
    model = transformers.RemBertForSequenceClassification.from_pretrained(directory).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.01)

    def step(inputs, labels):
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == "bfloat16"):
            loss = model(**inputs, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return float(loss.detach())

    def case(inputs):
        labels = torch.arange(len(inputs["input_ids"])) % model.config.num_labels
        return lambda: step(inputs, labels)

    return {name: case(inputs) for name, inputs in read_batches(batches).items()}


def first_answer(directory, dtype):
    """Returns the case that loads a model and answers one text; `result` is the memory before that, in bytes."""
    bare = int(Path("/proc/self/statm").read_text().split()[1]) * 4096 if Path("/proc/self/statm").exists() else 0

    def load_and_answer():
        model = transformers.RemBertForSequenceClassification.from_pretrained(directory, dtype=getattr(torch, dtype))
        tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
        with torch.inference_mode():
            model.eval()(**tokenizer(["warm"], return_tensors="pt")).logits.argmax(-1).tolist()
        return bare

    return {"first answer": load_and_answer}


def read_batches(path):
    """Returns {case: {input: tensor}} of an .npz file."""
    cases = {}
    with np.load(path) as file:
        for key in file.files:
            case, name = key.split("/")
            cases.setdefault(case, {})[name] = torch.from_numpy(file[key].astype("int64"))
    return cases
