"""The page beside a portable file: what goes in, what comes out, and how near it is to the model."""

import tensorflow as tf

from rembert_tf.tasks.error_report.hostile_texts import markdown_code
from rembert_tf.version import __version__

CARD = "model_card.md"
_MEANING = {
    "input_ids": "pieces, special tokens included; filled up with any id where the mask is 0",
    "attention_mask": "1 where a piece is, 0 where padding is",
    "token_type_ids": "0, and 1 in a second text",
    "encoder_hidden_states": "states of an encoder",
    "encoder_attention_mask": "as attention_mask, of the encoder's states",
}
_FORWARD_ONLY = (
    "One forward pass: no cache, no generation. `logits[:, i]` score the piece after position `i`. Pad on the right."
)


def write_card(graph, runtime, dtype, outputs, differences, directory):
    """Writes `model_card.md`.

    Args:
        graph: the PortableGraph that was written.
        runtime: the module of its format.
        dtype: of the file.
        outputs: {name: shape}, with the names of open axes.
        differences: {output name: Difference}.
        directory: to write into.
    """
    lines = _lines(graph, runtime, dtype, outputs, differences, directory)
    (directory / CARD).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _lines(graph, runtime, dtype, outputs, differences, directory):
    model, config = graph.model, graph.model.config
    size = sum((directory / name).stat().st_size for name in runtime.FILES if (directory / name).exists())
    yield f"# {type(model).__name__} for {runtime.NAME}"
    yield ""
    yield "Ids in, numbers out: the tokenizer is not part of the graph. Its files lie beside it."
    yield ""
    yield f"- file: `{runtime.FILES[0]}`, {size:,} bytes, {runtime.FORMAT}"
    yield f"- {config.num_hidden_layers} layers of {config.hidden_size}, {model.count_params():,} parameters,"
    yield f"  {config.vocab_size:,} pieces, at most {config.max_position_embeddings} positions"
    yield f"- number type of the weights: {dtype}; inputs and outputs do not depend on it"
    if "logits" in differences and hasattr(model, "classifier"):
        labels = ", ".join(map(markdown_code, config.id2label.values()))  # as code: they may look like markup
        yield f"- labels, in the order of the logits: {labels}"
    yield f"- written by rembert-tf {__version__} with TensorFlow {tf.__version__}"
    if type(model).__name__ == "RemBertForCausalLM":
        yield f"- {_FORWARD_ONLY}"
    yield ""
    yield "| input | type | shape | |"
    yield "|---|---|---|---|"
    for name, (dtype_, shape) in graph.inputs.items():
        yield f"| `{name}` | {dtype_.name} | {_shape(shape)} | {_MEANING[name]} |"
    yield ""
    yield f"Each output beside the Keras model's, in {runtime.NAME} {runtime.VERSION}, over batches of several shapes:"
    yield ""
    yield "| output | type | shape | largest difference | largest number |"
    yield "|---|---|---|---|---|"
    for name, difference in differences.items():
        shape = _shape(outputs[name])
        yield f"| `{name}` | float32 | {shape} | {difference.largest:.1e} | {difference.scale:.1f} |"


def _shape(axes):
    return f"[{', '.join(map(str, axes))}]"
