"""The peer's side of `transformers_check.py`: answers a job file with torch and transformers.

It runs in an environment of its own and imports nothing of this repository:

    PYTHON transformers_peer.py JOB.json

The job is a list of cases. For each one the peer loads our directory (or, with "write", makes a model and
writes the directory itself), calls the model, generates, and writes what came out to an npz file. What
transformers said about missing and unexpected weights goes to standard output as JSON.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import generation

SHARDS = "20KB"


def main(job):
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    warnings.simplefilter("ignore")
    complaints = {}
    for case in json.loads(Path(job).read_text()):
        model = written(case) if case.get("write") else loaded(case, complaints)
        arrays = dict(np.load(case["inputs"]))
        with torch.no_grad():
            results = {f"forward/{name}": value for name, value in forward(model, arrays, case).items()}
            for name, settings in case["generate"].items():
                generated = generate(model, tensors(arrays, "prompt"), dict(settings))
                results.update({f"{name}/{key}": value for key, value in generated.items()})
            for name, settings in case.get("warp", {}).items():
                results[f"{name}/probabilities"] = warped(arrays["scores"], settings)
        np.savez(case["results"], **results)
    print(json.dumps(complaints))


def loaded(case, complaints):
    model_class = getattr(transformers, case["class"])
    model, said = model_class.from_pretrained(
        case["directory"], output_loading_info=True, attn_implementation="eager", **options_of(case)
    )
    said = {kind: sorted(map(str, names)) for kind, names in said.items() if names}
    if said:
        complaints[case["name"]] = said
    return model.eval()


def options_of(case):
    return {} if case["pooler"] else {"add_pooling_layer": False}


def written(case):
    """Makes a model in which no parameter is 0 or 1, and writes it in every flavour of this version."""
    torch.manual_seed(case["write"]["seed"])
    config = transformers.RemBertConfig(**case["write"]["config"])
    config._attn_implementation = "eager"
    model = getattr(transformers, case["class"])(config, **options_of(case)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.25)
    flavours = {"plain": {}, "sharded": {"max_shard_size": SHARDS}}
    if transformers.__version__.startswith("4."):
        flavours["bin"] = {"safe_serialization": False}
        flavours["bin-sharded"] = {"safe_serialization": False, "max_shard_size": SHARDS}
    for flavour, options in flavours.items():
        model.save_pretrained(f"{case['directory']}-{flavour}", **options)
    return model


def tensors(arrays, kind):
    """Returns the arrays of one kind ("in", "labels", "prompt") as torch tensors; integers become int64."""
    chosen = {name.split("/")[1]: torch.tensor(value) for name, value in arrays.items() if name.startswith(kind + "/")}
    return {name: value.long() if not value.is_floating_point() else value for name, value in chosen.items()}


def forward(model, arrays, case):
    asked = {"output_hidden_states": True, "output_attentions": True, "return_dict": True}
    if case["decoder"]:
        asked["use_cache"] = True
    output = model(**tensors(arrays, "in"), **tensors(arrays, "labels"), **asked)
    results = {}
    for name, value in output.items():
        if isinstance(value, torch.Tensor):
            results[name] = value.numpy()
        elif name == "past_key_values":
            results.update(cached(value))
        elif value is not None:
            results.update({f"{name}.{index}": entry.numpy() for index, entry in enumerate(value)})
    return results


def cached(cache):
    """Returns keys and values by layer: of the tokens themselves, then, after cross-attention, of the encoder."""
    parts = [("0", "1", getattr(cache, "self_attention_cache", cache))]
    if hasattr(cache, "cross_attention_cache"):
        parts.append(("2", "3", cache.cross_attention_cache))
    return {
        f"past_key_values.{index}.{number}": value.numpy()
        for first, second, part in parts
        for index, layer in enumerate(part.layers)
        for number, value in ((first, layer.keys), (second, layer.values))
        if value is not None and value.numel()
    }


def generate(model, prompt, settings):
    # A None among the arguments means "as configured" in some versions: the configuration itself is emptied.
    model.generation_config.eos_token_id = settings.pop("eos_token_id", None)
    model.generation_config.pad_token_id = 0
    # With encoder states the reference's own cache mixes both attentions up, and a model that is no decoder
    # has none, but 5.x shows it a single piece at a time all the same: both must do without.
    use_cache = model.config.is_decoder and "encoder_hidden_states" not in prompt
    output = model.generate(**prompt, **settings, use_cache=use_cache, return_dict_in_generate=True, output_scores=True)
    results = {"sequences": output.sequences.numpy()}
    if settings.get("num_beams", 1) > 1:
        results["scores"] = output.sequences_scores.numpy()
    else:
        results["step_scores"] = torch.stack(output.scores, dim=1).numpy()
    return results


def warped(scores, settings):
    """Returns the probabilities that sampling draws from."""
    scores, ids = torch.tensor(scores), torch.zeros((len(scores), 1), dtype=torch.long)
    warpers = []
    if "temperature" in settings:
        warpers.append(generation.TemperatureLogitsWarper(settings["temperature"]))
    if "top_k" in settings:
        warpers.append(generation.TopKLogitsWarper(settings["top_k"]))
    if "top_p" in settings:
        warpers.append(generation.TopPLogitsWarper(settings["top_p"]))
    for warper in warpers:
        scores = warper(ids, scores)
    return torch.softmax(scores, dim=-1).numpy()


if __name__ == "__main__":
    main(sys.argv[1])
