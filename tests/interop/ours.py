"""Our side of the comparison with transformers: models with random weights, and what they compute."""

import contextlib
import warnings

import numpy as np
import tensorflow as tf

import rembert_tf
from rembert_tf import RemBertConfig
from rembert_tf.generation.scores import draw
from rembert_tf.generation.settings import GenerationSettings

SHARDS = "20KB"
GRID = 20_000  # uniforms that sampling is tried with: probabilities are then known to 1 / GRID


def random_model(case, random):
    """Returns a model in which no weight is 0 or 1: a forgotten one shows."""
    options = {} if case.pooler else {"add_pooling_layer": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one case is a causal model that is no decoder
        model = getattr(rembert_tf, case.hf_class)(RemBertConfig(**case.config), **options)
    if case.variant == "lora":
        model.enable_lora(rank=2, alpha=3, targets=("query", "key", "value"))
    for weight in model.weights:
        if "float" in str(weight.dtype):
            mean = 1.0 if weight.path.endswith("gamma") else 0.0
            weight.assign(random.normal(mean, 0.25, weight.shape).astype("float32"))
    return model


def save(case, model, directory):
    """Writes a model directory the way the case wants it."""
    model.save_pretrained(directory, max_shard_size=SHARDS if case.variant == "sharded" else None)


def load(case, directory):
    options = {"add_pooling_layer": False} if not case.pooler else {}
    with warnings.catch_warnings():
        # A directory that has everything is loaded without a word about new weights.
        warnings.filterwarnings("error", message=".*they start new.*")
        warnings.filterwarnings("ignore", message=".*is_decoder=False.*")
        model_class = getattr(rembert_tf, case.hf_class)
        if not options:
            return model_class.from_pretrained(directory)
        from rembert_tf.weights import model_directory

        model = model_class(model_directory.read_config(directory), **options)
        model_directory.load_weights(model, directory)
        return model


def forward(model, arrays):
    """Returns every output of a call under the reference's name for it."""
    inputs, labels = _of_kind(arrays, "in"), _of_kind(arrays, "labels")
    outputs = model(inputs)
    named = dict(outputs) if isinstance(outputs, dict) else {"logits": outputs}
    if labels:
        named["loss"] = np.float32(_loss(model, inputs, labels))
        named["loss (function)"] = model.task_loss(labels if len(labels) > 1 else labels["labels"], outputs)
    named.update(_states(model, inputs))
    if type(model).__name__ == "RemBertForMaskedLM":
        named["logits (masked positions)"] = _at_every_position(model, inputs)
    return {name: np.asarray(value) for name, value in named.items()}


def _of_kind(arrays, kind):
    return {name.split("/")[1]: value for name, value in arrays.items() if name.startswith(kind + "/")}


def _loss(model, inputs, labels):
    """Returns the loss that Keras reports for the whole batch."""
    model.compile(optimizer="sgd", jit_compile=False, run_eagerly=True)  # for one step compiling takes longer
    y = labels if len(labels) > 1 else labels["labels"]
    return model.evaluate(inputs, y, batch_size=len(inputs["attention_mask"]), return_dict=True, verbose=0)["loss"]


def _states(model, inputs):
    encoder = getattr(model, "rembert", model)
    if "MultipleChoice" in type(model).__name__:
        inputs = {name: value.reshape(-1, *value.shape[2:]) for name, value in inputs.items()}
    outputs = encoder(inputs, output_hidden_states=True, output_attentions=True, use_cache=True)
    named = {}
    for group in ("hidden_states", "attentions", "cross_attentions", "past_key_values"):
        for index, value in enumerate(outputs.get(group, ())):
            parts = enumerate(value) if isinstance(value, tuple) else [(None, value)]
            named.update({f"{group}.{index}" + ("" if part is None else f".{part}"): one for part, one in parts})
    return named


def _at_every_position(model, inputs):
    batch, length = inputs["input_ids"].shape
    positions = np.broadcast_to(np.arange(length)[::-1], (batch, length))
    return np.asarray(model({**inputs, "masked_positions": positions}))[:, ::-1]


def generate(model, arrays, settings):
    """Returns sequences and scores (None for a single continuation) for a peer's settings."""
    settings = {"eos_token_id": None, **settings}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is_decoder=False.*")
        sequences, scores = model.generate(_of_kind(arrays, "prompt"), **settings, return_scores=True)
    return np.asarray(sequences), None if scores is None else np.asarray(scores)


@contextlib.contextmanager
def uncompiled():
    """Lets `tf.function` run step by step: for one call of a small model compiling takes far longer."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def piece_to_end_with(model, arrays):
    """Returns a piece that stands in the middle of a greedy continuation."""
    with uncompiled():
        sequences, _ = generate(model, arrays, {"max_new_tokens": 9})
    return int(sequences[0, -6])


def drawn_probabilities(scores, settings):
    """Returns the share of equally spaced uniforms that each piece is drawn for, (rows, vocab_size)."""
    settings = GenerationSettings(max_new_tokens=1, do_sample=True, **settings)
    uniforms = (np.arange(GRID) + 0.5) / GRID
    shares = []
    for row in scores:
        pieces = np.asarray(draw(np.tile(row, (GRID, 1)), uniforms.astype("float32"), settings))
        shares.append(np.bincount(pieces, minlength=len(row)) / GRID)
    return np.array(shares)
