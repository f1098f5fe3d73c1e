"""What is compared with transformers: architectures, inputs and labels."""

import dataclasses

import numpy as np

# Every width differs from every other one of its architecture, so that no two can be mixed up unnoticed.
_COMMON = {"initializer_range": 0.2, "classifier_dropout_prob": 0.1}
NARROW = {
    **_COMMON,
    "vocab_size": 60,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "input_embedding_size": 10,
    "output_embedding_size": 14,
    "intermediate_size": 40,
    "max_position_embeddings": 32,
}
ONE_HEAD = {
    **_COMMON,
    "vocab_size": 37,
    "hidden_size": 15,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "input_embedding_size": 20,
    "output_embedding_size": 9,
    "intermediate_size": 7,
    "max_position_embeddings": 24,
    "type_vocab_size": 3,
    "hidden_act": "gelu_new",
    "layer_norm_eps": 1e-5,
}
DEEP = {
    **_COMMON,
    "vocab_size": 90,
    "hidden_size": 32,
    "num_hidden_layers": 5,
    "num_attention_heads": 8,
    "input_embedding_size": 12,
    "output_embedding_size": 48,
    "intermediate_size": 64,
    "max_position_embeddings": 40,
    "type_vocab_size": 3,
    "layer_norm_eps": 1e-5,
}
DECODER = {"is_decoder": True}
CROSSED = {"is_decoder": True, "add_cross_attention": True}


@dataclasses.dataclass(frozen=True)
class Case:
    """A class with an architecture.

    Args:
        name: of the case, and of its folder.
        hf_class: the class's name, the same on both sides.
        config: fields of the configuration.
        variant: "plain"; "sharded" or "lora" (merged while saving) for how the directory was written.
        pooler: False for a RemBertModel without one.
        labels: kind of labels: "none", "class", "float", "floats", "tokens", "positions".
        inputs: names of inputs beside `input_ids`, or "inputs_embeds" for these instead.
    """

    name: str
    hf_class: str
    config: dict = dataclasses.field(hash=False)
    variant: str = "plain"
    pooler: bool = True
    labels: str = "none"
    inputs: tuple = ("attention_mask", "token_type_ids")


def _named(prefix, hf_class, rows):
    return [Case(f"{prefix}-{name}", hf_class, config, **options) for name, config, options in rows]


_STATES = ("attention_mask", "token_type_ids", "encoder_hidden_states", "encoder_attention_mask")
_CLASSES, _TOKENS = {"labels": "class"}, {"labels": "tokens"}
_MULTI_REGRESSION = {"num_labels": 5, "problem_type": "regression"}

CASES = [
    *_named(
        "model",
        "RemBertModel",
        [
            ("narrow", NARROW, {}),
            ("one-head", ONE_HEAD, {"inputs": ()}),
            ("deep", DEEP, {"inputs": ("attention_mask", "token_type_ids", "position_ids")}),
            ("embeds", DEEP, {"inputs": ("attention_mask", "inputs_embeds")}),
            ("no-pooler", NARROW, {"pooler": False}),
            ("sharded", DEEP, {"variant": "sharded"}),
            ("lora", NARROW, {"variant": "lora"}),
            ("decoder", {**DEEP, **DECODER}, {}),
            ("crossed", {**DEEP, **CROSSED}, {"inputs": _STATES}),
            ("crossed-no-mask", {**NARROW, **CROSSED}, {"inputs": _STATES[:3]}),
            ("crossed-lora", {**NARROW, **CROSSED}, {"inputs": _STATES, "variant": "lora"}),
        ],
    ),
    *_named(
        "masked-lm",
        "RemBertForMaskedLM",
        [
            ("narrow", NARROW, _TOKENS),
            ("one-head", ONE_HEAD, _TOKENS),
            ("deep", DEEP, _TOKENS),
            ("sharded", DEEP, {"variant": "sharded", **_TOKENS}),
            ("lora", ONE_HEAD, {"variant": "lora", **_TOKENS}),
        ],
    ),
    *_named(
        "causal-lm",
        "RemBertForCausalLM",
        [
            ("narrow", {**NARROW, **DECODER}, _TOKENS),
            ("one-head", {**ONE_HEAD, **DECODER}, _TOKENS),
            ("deep", {**DEEP, **DECODER}, {"variant": "sharded", **_TOKENS}),
            ("lora", {**NARROW, **DECODER}, {"variant": "lora", **_TOKENS}),
            ("crossed", {**NARROW, **CROSSED}, {"inputs": _STATES, **_TOKENS}),
            ("crossed-no-mask", {**ONE_HEAD, **CROSSED}, {"inputs": _STATES[:3], **_TOKENS}),
            ("not-a-decoder", NARROW, _TOKENS),
        ],
    ),
    *_named(
        "sequence-classification",
        "RemBertForSequenceClassification",
        [
            ("regression", {**NARROW, "num_labels": 1}, {"labels": "float"}),
            ("three", {**ONE_HEAD, "num_labels": 3}, _CLASSES),
            ("multi-label", {**DEEP, "num_labels": 5}, {"labels": "floats"}),
            ("multi-regression", {**DEEP, **_MULTI_REGRESSION}, {"labels": "floats", "variant": "sharded"}),
            ("lora", {**NARROW, "num_labels": 3}, {"variant": "lora", **_CLASSES}),
        ],
    ),
    *_named(
        "token-classification",
        "RemBertForTokenClassification",
        [
            ("one", {**NARROW, "num_labels": 1}, _TOKENS),
            ("three", {**ONE_HEAD, "num_labels": 3}, _TOKENS),
            ("five", {**DEEP, "num_labels": 5}, {"variant": "sharded", **_TOKENS}),
            ("lora", {**DEEP, "num_labels": 5}, {"variant": "lora", **_TOKENS}),
        ],
    ),
    *_named(
        "question-answering",
        "RemBertForQuestionAnswering",
        [
            ("narrow", NARROW, {"labels": "positions"}),
            ("one-head", ONE_HEAD, {"labels": "positions"}),
            ("deep", DEEP, {"labels": "positions", "variant": "sharded"}),
            ("lora", NARROW, {"labels": "positions", "variant": "lora"}),
        ],
    ),
    *_named(
        "multiple-choice",
        "RemBertForMultipleChoice",
        [
            ("narrow", NARROW, _CLASSES),
            ("one-head", ONE_HEAD, {"variant": "sharded", **_CLASSES}),
            ("deep", DEEP, {"variant": "lora", **_CLASSES}),
        ],
    ),
]

BATCH, LENGTH, CHOICES, ENCODER_LENGTH = 4, 9, 3, 6


def arrays_of(case, random):
    """Returns the arrays of a case: `in/<input>`, `labels/<labels>` and, for generation, `prompt/<input>`."""
    config = case.config
    shape = (BATCH, CHOICES, LENGTH) if "MultipleChoice" in case.hf_class else (BATCH, LENGTH)
    mask = (np.arange(LENGTH) < random.integers(3, LENGTH + 1, (*shape[:-1], 1))).astype("int32")
    mask.reshape(-1, LENGTH)[1, 1:3] = 0  # holes, too
    encoder_mask = (np.arange(ENCODER_LENGTH) < random.integers(2, ENCODER_LENGTH + 1, (BATCH, 1))).astype("int32")
    made = {
        "attention_mask": mask,
        "token_type_ids": random.integers(0, config.get("type_vocab_size", 2), shape),
        "position_ids": random.integers(0, config["max_position_embeddings"], shape),
        "inputs_embeds": random.normal(size=(*shape, config["input_embedding_size"])).astype("float32"),
        "encoder_hidden_states": random.normal(size=(BATCH, ENCODER_LENGTH, config["hidden_size"])).astype("float32"),
        "encoder_attention_mask": encoder_mask,
        "input_ids": random.integers(0, config["vocab_size"], shape),  # padding in plain sight, too
    }
    inputs = case.inputs if "inputs_embeds" in case.inputs else ("input_ids", *case.inputs)
    arrays = {f"in/{name}": made[name] for name in inputs}
    arrays.update({f"labels/{name}": value for name, value in _labels(case, random).items()})
    if case.hf_class == "RemBertForCausalLM":
        states = {f"prompt/{name}": made[name] for name in inputs if name.startswith("encoder")}
        arrays.update({**_prompt(config, random), **states})
    return {name: value.astype("int32") if value.dtype.kind == "i" else value for name, value in arrays.items()}


def _prompt(config, random, rows=BATCH, length=5):
    """Returns prompts of different lengths, padded on the left."""
    mask = np.arange(length) >= random.integers(0, length - 1, (rows, 1))
    ids = random.integers(1, config["vocab_size"], (rows, length)) * mask
    return {"prompt/input_ids": ids.astype("int32"), "prompt/attention_mask": mask.astype("int32")}


def _labels(case, random):
    outputs = case.config.get("num_labels", 2)
    if case.labels == "class":
        labels = random.integers(0, CHOICES if "MultipleChoice" in case.hf_class else outputs, BATCH)
        labels[-1] = -100
        return {"labels": labels}
    if case.labels == "float":
        return {"labels": random.normal(size=BATCH).astype("float32")}
    if case.labels == "floats":
        return {"labels": random.random((BATCH, outputs)).round().astype("float32")}
    if case.labels == "tokens":
        classes = outputs if "Token" in case.hf_class else case.config["vocab_size"]
        labels = random.integers(0, classes, (BATCH, LENGTH))
        return {"labels": np.where(random.random(labels.shape) < 0.4, -100, labels)}
    if case.labels == "positions":
        # At the length and beyond it: ignored on both sides. Negative ones differ on purpose.
        return {
            "start_positions": np.array([0, LENGTH - 1, LENGTH, 3]),
            "end_positions": np.array([2, LENGTH + 7, 5, LENGTH - 1]),
        }
    return {}
